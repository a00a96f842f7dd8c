/** What is asked of logs, as it goes to the threads that look for it. */
import type { Connection } from "../connection.ts";
import type { Predicate } from "../pipeline/filter.ts";
import { endsOf, hostMatcher } from "./hosts.ts";

/** What a record must be to be in the answer. Of several values of one option, any will do. */
export interface Question {
  /** Hosts that were connected to. */
  readonly to: readonly string[];
  /** Hosts that connected. */
  readonly from: readonly string[];
  /** Hosts on either side. */
  readonly host: readonly string[];
  /** Half open range of time, microseconds since the epoch. */
  readonly since?: number;
  readonly until?: number;
  /** Values of the filter options by name; a flag that is set has one. */
  readonly filters: Readonly<Record<string, readonly string[]>>;
}

/** When a record counts, microseconds since the epoch: a summary within its window, which ends before its end. */
export function timeOf({ event, time, end }: Connection): number {
  return event === "summary" && end === time ? time - 1 : time;
}

/** Compiles what a question says of hosts and times: its filters are left out. */
export function compileEnds(question: Question): Predicate {
  const { since = -Infinity, until = Infinity } = question;
  const [to, from, host] = [question.to, question.from, question.host].map((texts) =>
    texts.map(hostMatcher)
  );
  const asksHosts = question.to.length + question.from.length + question.host.length > 0;

  function asked(record: Connection): boolean {
    const ends = endsOf(record);
    const isTo = (matches: (end: typeof ends.from) => boolean) =>
      ends.to !== undefined && matches(ends.to);
    const isFrom = (matches: (end: typeof ends.from) => boolean) => matches(ends.from);
    if (to?.length && !to.some(isTo)) return false;
    if (from?.length && !from.some(isFrom)) return false;
    return !host?.length || host.some((matches) => isTo(matches) || isFrom(matches));
  }

  return (record) => {
    const time = timeOf(record);
    if (time < since || time >= until) return false;
    return !asksHosts || asked(record);
  };
}

/** Compiles a question. What its filters take is loaded only where there are any: threads begin sooner. */
export async function compileQuestion(question: Question): Promise<Predicate> {
  const { filters } = question;
  const isAsked = compileEnds(question);
  if (Object.values(filters).every((values) => values.length === 0)) return isAsked;
  const { compileFilter } = await import("../pipeline/filter.ts");
  const keeps = compileFilter({
    texts: (name) => filters[name] ?? [],
    flag: (name) => (filters[name] ?? []).length > 0,
  });
  return (record) => isAsked(record) && (keeps === undefined || keeps(record));
}
