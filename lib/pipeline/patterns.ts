/**
 * The patterns that filters take: what they look like, and what they match. The command table loads
 * this file at every start, so it stays light.
 */
import { nearest } from "../cli/nearest.ts";
import type { Connection, RecordedEndpoint } from "../connection.ts";
import { cidrContains, parseCidr } from "../ip.ts";
import { protocolKeyword, protocolNumber } from "../protocols.ts";

/** Ports from the first to the last one, both included. */
export interface PortRange {
  readonly first: number;
  readonly last: number;
}

const PORT_RANGE = /^(\d{1,5})(?:-(\d{1,5}))?$/;

/**
 * Reads a port, `443`, or a range of ports, `8000-8999`.
 *
 * @throws {SyntaxError} If the text is neither.
 * @throws {RangeError} If a port is above 65535 or the range goes downwards.
 */
export function parsePortRange(text: string): PortRange {
  const [, low, high = low] = PORT_RANGE.exec(text) ?? [];
  if (low === undefined || high === undefined) {
    throw new SyntaxError("it is not a port: write 443, or a range such as 8000-8999");
  }
  const range = { first: Number(low), last: Number(high) };
  if (range.first > 65535 || range.last > 65535) throw new RangeError("the highest port is 65535");
  if (range.first > range.last) {
    throw new RangeError(`the lower port comes first: write ${range.last}-${range.first}`);
  }
  return range;
}

/** Throws what {@linkcode parsePortRange} throws. */
export function checkPortRange(text: string): void {
  parsePortRange(text);
}

/** Whether the port is there and in the range. */
export function inPortRange(range: PortRange, port: number | undefined): boolean {
  return port !== undefined && port >= range.first && port <= range.last;
}

/**
 * Reads a process id.
 *
 * @throws {RangeError} If the text is not a positive whole number below 2^31.
 */
export function parsePid(text: string): number {
  const pid = /^\d{1,10}$/.test(text) ? Number(text) : 0;
  if (pid < 1 || pid > 0x7fff_ffff) {
    throw new RangeError("it is not a process id: write a positive whole number such as 4711");
  }
  return pid;
}

/** Throws what {@linkcode parsePid} throws. */
export function checkPid(text: string): void {
  parsePid(text);
}

/** What makes a protocol a regular expression: no keyword has any of them, so `tpc` is a mistake. */
const REGEX_CHARACTERS = /[\\^$.*+?()[\]{}|/]/;

/** What a record says of its protocol. */
type ProtocolFields = Pick<Connection, "ipVersion" | "protocol" | "protocolNumber">;

/** What a regular expression is matched against: `ipv4/tcp`. */
function protocolPath(ipVersion: number, protocol: string): string {
  return `ipv${ipVersion}/${protocol}`;
}

/** The keywords, or where there is none the numbers, of all protocols. */
function allProtocols(): string[] {
  return Array.from({ length: 256 }, (_, number) => protocolKeyword(number));
}

/**
 * Compiles a protocol: a keyword of IANA or a number (of all IP versions), or a regular expression over
 * IP version and keyword, such as `^ipv6/` and `ipv4/(tcp|udp)`, without regard to case.
 *
 * @throws {RangeError} If there is no such protocol.
 * @throws {SyntaxError} If the regular expression is wrong.
 */
export function protocolMatcher(text: string): (fields: ProtocolFields) => boolean {
  const number = protocolNumber(text);
  if (number !== undefined) return ({ protocolNumber }) => protocolNumber === number;
  if (!REGEX_CHARACTERS.test(text)) throw new RangeError(unknownProtocol(text));
  const pattern = protocolRegex(text);
  return ({ ipVersion, protocol }) =>
    ipVersion !== undefined && protocol !== undefined &&
    pattern.test(protocolPath(ipVersion, protocol));
}

function protocolRegex(text: string): RegExp {
  let pattern: RegExp;
  try {
    pattern = new RegExp(text, "iu");
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const reason = error.message.slice(error.message.lastIndexOf(": ") + 2);
    throw new SyntaxError(`it is not a regular expression: ${reason.toLowerCase()}`);
  }
  const finds = allProtocols().some((protocol) =>
    [4, 6].some((version) => pattern.test(protocolPath(version, protocol)))
  );
  if (finds) return pattern;
  throw new RangeError(
    "as a regular expression it matches no protocol: they look like ipv4/tcp and ipv6/udp",
  );
}

/** In the words of a slip of the finger: letters in the wrong order, else the nearest keyword. */
function unknownProtocol(text: string): string {
  const keywords = [...allProtocols().filter((protocol) => !/^\d/.test(protocol)), "icmpv6"];
  const letters = (word: string) => [...word.toLowerCase()].sort().join("");
  const near = keywords.find((keyword) => letters(keyword) === letters(text)) ??
    nearest(text.toLowerCase(), keywords);
  return "it is not a known protocol: " +
    (near === undefined
      ? "write a keyword such as tcp, udp or icmp, a number from 0 to 255, or a regular expression such as ^ipv6/"
      : `did you mean "${near}"?`);
}

/** Throws what {@linkcode protocolMatcher} throws. */
export function checkProtocol(text: string): void {
  protocolMatcher(text);
}

/** Labels of letters, digits, hyphens and underscores, apart by dots; a dot may end it. */
const HOST_NAME = /^[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*\.?$/i;
/** No host name: the last label of one is never a number (RFC 3696, section 2). */
const ENDS_IN_NUMBER = /(?:^|\.)\d+\.?$/;

/** Host names are compared without regard to case and to the dot of the root (RFC 4343). */
function plainName(name: string): string {
  const lower = name.toLowerCase();
  return lower.endsWith(".") ? lower.slice(0, -1) : lower;
}

/**
 * Compiles a network (`10.0.0.0/8`), an address (`2001:db8::1`) or a host name. A name stands for
 * itself and all names below it: `example.com` matches `www.example.com` and never `badexample.com`.
 *
 * @throws {SyntaxError} If the text is none of them.
 */
export function remoteMatcher(text: string): (remote: RecordedEndpoint) => boolean {
  const cidr = parseCidr(text);
  if (cidr !== undefined) return ({ ip }) => ip !== undefined && cidrContains(cidr, ip);
  if (/[:/]/.test(text) || ENDS_IN_NUMBER.test(text)) {
    throw new SyntaxError(
      "it is not an address or network: write 192.0.2.1, 192.0.2.0/24, 2001:db8::1 or 2001:db8::/32",
    );
  }
  if (!HOST_NAME.test(text)) {
    throw new SyntaxError(
      "it is not a host name: write example.com, which takes all names below it too, in ASCII (xn--...)",
    );
  }
  const name = plainName(text);
  const below = "." + name;
  return (remote) => {
    if (remote.name === undefined) return false;
    const found = plainName(remote.name);
    return found === name || found.endsWith(below);
  };
}

/** Throws what {@linkcode remoteMatcher} throws. */
export function checkRemote(text: string): void {
  remoteMatcher(text);
}

/** The code units of `*` and `?`. */
const STAR = 0x2a;
const QUESTION = 0x3f;

/** Code units of the character at `at`: 2 for a surrogate pair. */
function characterLength(text: string, at: number): number {
  return (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
}

/**
 * Whether the whole text matches. Goes back to the last `*` at most, which is enough as an earlier one
 * could take nothing that the last one cannot: the time is at worst the product of both lengths.
 */
function globMatches(pattern: string, text: string): boolean {
  let p = 0;
  let t = 0;
  let star = -1;
  let retry = 0;
  while (t < text.length) {
    const wanted = pattern.charCodeAt(p);
    if (wanted === STAR) {
      star = p++;
      retry = t;
    } else if (wanted === QUESTION) {
      p++;
      t += characterLength(text, t);
    } else if (wanted === text.charCodeAt(t)) {
      p++;
      t++;
    } else if (star >= 0) {
      p = star + 1;
      retry += characterLength(text, retry);
      t = retry;
    } else {
      return false;
    }
  }
  while (pattern.charCodeAt(p) === STAR) p++;
  return p === pattern.length;
}

/**
 * Compiles a pattern for a whole text: `*` is any characters or none, `?` is one character, everything
 * else is itself, in this case.
 */
export function globMatcher(pattern: string): (text: string) => boolean {
  if (!/[*?]/.test(pattern)) return (text) => text === pattern;
  return (text) => globMatches(pattern, text);
}
