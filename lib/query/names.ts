/** By what the answers of `--unique` and `--top` are told apart. */
import type { Connection } from "../connection.ts";
import { FOLD_FIELDS, isFoldField } from "../pipeline/fold/fields.ts";
import { endsOf, hostMatcher, nameOf, plainName } from "./hosts.ts";
import type { Question } from "./question.ts";

/** What `--by` takes. */
export const NAME_FIELDS: readonly string[] = ["from", "to", "host", ...Object.keys(FOLD_FIELDS)];

/** Names of a record; none where it has none. */
export type NamesOf = (record: Connection) => readonly string[];

function known(name: string | undefined): readonly string[] {
  return name === undefined ? [] : [name];
}

/** Both ends, each once. */
function bothEnds(record: Connection): readonly string[] {
  const { from, to } = endsOf(record);
  const [first, second] = [nameOf(from), to && nameOf(to)];
  return first === second ? known(first) : [...known(first), ...known(second)];
}

/** The ends that are not those that were asked for. */
function otherEnds({ host }: Question): NamesOf {
  const asked = host.map(hostMatcher);
  const isAsked = (end: Parameters<ReturnType<typeof hostMatcher>>[0]) =>
    asked.some((matches) => matches(end));
  return (record) => {
    const { from, to } = endsOf(record);
    const others = [from, to].filter((end) => end !== undefined && !isAsked(end));
    return others.flatMap((end) => end === undefined ? [] : known(nameOf(end)));
  };
}

/**
 * Compiles what names are taken from records.
 *
 * @param by One of {@linkcode NAME_FIELDS}, or `unique`: the hosts that an answer of connspy lists. Of those
 * that connected to `--to`, who connected; of those that `--from` connected to, who was connected to; of
 * `--host`, the other side; else who connected.
 */
export function namesOf(by: string, question: Question): NamesOf {
  if (by === "unique") {
    const { to, from, host } = question;
    if (to.length === 0 && from.length > 0) return namesOf("to", question);
    if (to.length === 0 && host.length > 0) return otherEnds(question);
    return namesOf("from", question);
  }
  if (by === "from") return (record) => known(nameOf(endsOf(record).from));
  if (by === "host") return bothEnds;
  if (by === "to") {
    return (record) => {
      const { to } = endsOf(record);
      return known(to && nameOf(to));
    };
  }
  if (!isFoldField(by)) throw new RangeError(`there is no field "${by}"`);
  const field: (record: Connection) => string | number | undefined = FOLD_FIELDS[by];
  const isHost = by === "name";
  return (record) => {
    const value = field(record);
    if (value === undefined) return [];
    return [isHost ? plainName(String(value)) : String(value)];
  };
}

/** Collectors whose records are of whole connections: there is none of when they began. */
const WHOLE: ReadonlySet<string> = new Set(["zeek", "zeek-json"]);

/**
 * How many connections a record tells of, whatever log it stands in. What has been told of when it began is
 * not counted again when it ends.
 */
export function connectionsIn(record: Connection): number {
  const { event, count, start, preexisting, collector } = record;
  if (event === "summary") return count ?? 1;
  if (event === "open") return 1;
  if (event !== "close") return 0;
  if (WHOLE.has(collector)) return 1;
  // conntrack tells of the beginning in a line of its own, and not of its time at the end.
  return start === undefined && !preexisting && collector !== "conntrack" ? 1 : 0;
}
