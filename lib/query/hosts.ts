/** Who connected to whom: the two ends of a record, and how a host is asked for. */
import type { Connection, RecordedEndpoint } from "../connection.ts";
import { cidrContains, formatIp, parseCidr, parseIp } from "../ip.ts";

/** The ends of a connection, by who opened it. */
export interface Ends {
  readonly from: RecordedEndpoint;
  /** Absent where there is no peer. */
  readonly to: RecordedEndpoint | undefined;
}

/** Letters of ASCII in lower case, all else as it is: host names have no other letters (RFC 4343). */
export function lowerCase(text: string): string {
  // Most texts have no other characters, and small forms of these are theirs alone.
  if (/^[\0-\x7f]*$/.test(text)) return text.toLowerCase();
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

/** The host's own end, with the name of the host where the end has none. */
function ownEnd({ local, host }: Connection): RecordedEndpoint {
  if (local.name !== undefined || host === undefined) return local;
  return { ...local, name: host.name };
}

/** The ends of a record. Where nobody knows who opened it, it is this end that did. */
export function endsOf(record: Connection): Ends {
  const { direction, initiator, remote } = record;
  const isInward = initiator === "remote" || (initiator === undefined && direction === "ingress");
  const own = ownEnd(record);
  if (!isInward) return { from: own, to: remote };
  return { from: remote ?? {}, to: own };
}

/** A name without regard to case and to the dot of the root (RFC 4343). */
export function plainName(name: string): string {
  const lower = lowerCase(name);
  return lower.length > 1 && lower.endsWith(".") ? lower.slice(0, -1) : lower;
}

/** What an end is called in answers: its name in lower case and without the dot of the root, else its address. */
export function nameOf({ name, ip }: RecordedEndpoint): string | undefined {
  return name === undefined ? ip : plainName(name);
}

/** A name or address that is asked for, in the spelling of {@linkcode nameOf}. */
export function nameAsked(text: string): string {
  const ip = parseIp(text);
  return ip === undefined ? plainName(text) : formatIp(ip);
}

/**
 * Compiles what is asked for: a network, an address, or a name, which stands for itself and all names below
 * it. Anything that is no network or address is a name.
 */
export function hostMatcher(text: string): (end: RecordedEndpoint) => boolean {
  const cidr = parseCidr(text);
  const wanted = plainName(text);
  const below = "." + wanted;

  function isNamed(name: string): boolean {
    const plain = plainName(name);
    return plain === wanted || plain.endsWith(below);
  }

  return ({ ip, name }) =>
    (name !== undefined && isNamed(name)) ||
    (cidr !== undefined && ip !== undefined && cidrContains(cidr, ip));
}
