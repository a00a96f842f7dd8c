/** What must stand in a line whose record can be in an answer: lines without it need not be read. */
import { parseCidr } from "../ip.ts";
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

/** Of several hosts of which any will do. */
function anyOf(hosts: readonly string[]): readonly string[] | undefined {
  const needles = new Set<string>();
  for (const host of hosts) {
    const found = needlesOf(host);
    if (found === undefined) return undefined;
    for (const needle of found) needles.add(needle);
  }
  return needles.size > 0 ? [...needles] : undefined;
}

/**
 * Texts of which one stands in every line, in letters of any case, whose record may be in the answer;
 * undefined where no such texts are known.
 *
 * @param escapes See `LogFormat.escapes`.
 */
export function needlesFor(
  { to, from, host }: Question,
  escapes: readonly string[],
): readonly string[] | undefined {
  const candidates = [to, from, host].map(anyOf).filter((each) => each !== undefined);
  const [best] = candidates.sort((a, b) => a.length - b.length);
  if (best === undefined) return undefined;
  const needles = [...new Set([...best, ...escapes])];
  return needles.length <= MAX_NEEDLES ? needles : undefined;
}
