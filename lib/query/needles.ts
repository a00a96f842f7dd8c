/** What must stand in a line whose record can be in an answer: lines without it need not be read. */
import type { HostBounds, LogFormat } from "../../collectors/files/log_format.ts";
import { parseCidr } from "../ip.ts";
import type { Needle } from "../scan/line_finder.ts";
import { lowerCase } from "./hosts.ts";
import type { Question } from "./question.ts";

/** What the search for them takes, at most. */
const MAX_NEEDLES = 8;
const MAX_LENGTH = 255;

/** Text that stands in a line as it is, whatever the format. */
const PLAIN = /^[\x21\x23-\x2b\x2d\x2e\x30-\x5b\x5d-\x7e]+$/;

/** IPv4 in IPv6 has other spellings, in all of which this stands (RFC 4291, section 2.5.5.2). */
const MAPPED = ":ffff:";

/** What stands in a line for this host; undefined where that may be anything. */
function needlesOf(host: string): readonly string[] | undefined {
  if (!PLAIN.test(host) || host.length > MAX_LENGTH) return undefined;
  const cidr = parseCidr(host);
  if (cidr === undefined) return [lowerCase(host).replace(/(?<=.)\.$/, "")];
  // An address may stand for a name too, so the text counts.
  return /^\d+(?:\.\d+){3}$/.test(host) ? [host, MAPPED] : undefined;
}

/** The dot of the root may end a name, and one that is asked for may stand for names below it. */
const DOT = ".";

/** Of several hosts of which any will do. @param isLast Whether they end their lines. */
function anyOf(
  hosts: readonly string[],
  bounds: HostBounds | undefined,
  isLast: boolean,
): readonly Needle[] | undefined {
  const needles = new Map<string, Needle>();
  for (const host of hosts) {
    const texts = needlesOf(host);
    if (texts === undefined) return undefined;
    for (const text of texts) {
      const beside = bounds === undefined || text === MAPPED ? undefined : bounds.beside + DOT;
      const needle = beside === undefined
        ? { text }
        : { text, before: beside, after: beside, ...(isLast && { isLast }) };
      needles.set(text, needle);
    }
  }
  return needles.size > 0 ? [...needles.values()] : undefined;
}

/** Of a format, what tells which lines need not be read. */
type Clues = Pick<LogFormat, "escapes" | "marks" | "hostBounds">;

/**
 * Texts of which one stands in every line whose record may be in the answer, in letters of any case, and in
 * every line that says how others are to be read; undefined where no such texts are known.
 */
export function needlesFor(
  { to, from, host }: Question,
  { escapes, marks, hostBounds }: Clues,
): readonly Needle[] | undefined {
  const isToLast = hostBounds?.isToLast === true;
  const candidates = [
    anyOf(to, hostBounds, isToLast),
    anyOf(from, hostBounds, false),
    anyOf(host, hostBounds, false),
  ].filter((each) => each !== undefined);
  const [best] = candidates.sort((a, b) => a.length - b.length);
  if (best === undefined) return undefined;
  const others = new Set([...escapes, ...marks]);
  const needles = [...best, ...Array.from(others, (text) => ({ text }))];
  return needles.length <= MAX_NEEDLES ? needles : undefined;
}
