/** What the conditions of rules mean: each key once, for checking and for matching. */
import { didYouMean } from "../cli/nearest.ts";
import { type AddressScope, addressScope, cidrContains, parseCidr } from "../ip.ts";
import { globMatcher, inPortRange, parsePortRange } from "../pipeline/patterns.ts";
import { protocolKeyword, protocolNumber } from "../protocols.ts";
import { baseName, livePath } from "../executable_path.ts";
import { type Facts, plainHost, saidPath } from "./facts.ts";
import type { ConditionKey } from "./rules.ts";

/** Whether one of the values applies; undefined where the record does not say. */
export type Matcher = (facts: Facts) => boolean | undefined;

/** Compiles the values. Throws a `SyntaxError` or `RangeError` for one that means nothing. */
type Compile = (values: readonly string[]) => Matcher;

/** Directions of a record. */
const DIRECTIONS = ["egress", "ingress", "local", "unknown"];

/** What stands for many addresses, and which ones: RFC 4193 is to IPv6 what RFC 1918 is to IPv4. */
const ADDRESS_WORDS: Readonly<Record<string, readonly AddressScope[]>> = {
  private: ["private", "unique-local"],
  loopback: ["loopback"],
  "link-local": ["link-local"],
  multicast: ["multicast"],
  broadcast: ["broadcast"],
  shared: ["shared"],
  unspecified: ["unspecified"],
  public: ["public"],
};

const HOST_NAME = /^[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*$/;
/** No host name: the last label of one is never a number (RFC 3696, section 2). */
const ENDS_IN_NUMBER = /(?:^|\.)\d+$/;
const WILDCARD = /[*?]/;

/**
 * The domain that a value of `host` names, ready to compare.
 *
 * @throws {SyntaxError} If it is no domain.
 */
export function domainOf(text: string): string {
  if (text.startsWith("*.") || text.startsWith(".")) {
    throw new SyntaxError(
      "it is not a domain name: write example.com, which takes all names below it too",
    );
  }
  const plain = plainHost(text);
  if (plain === undefined || !HOST_NAME.test(plain)) {
    throw new SyntaxError("it is not a domain name: write one such as example.com");
  }
  if (ENDS_IN_NUMBER.test(plain)) {
    throw new SyntaxError('it is an address, not a domain name: addresses go under "remote"');
  }
  return plain;
}

function compileHost(values: readonly string[]): Matcher {
  const wanted = new Set(values.map(domainOf));
  return ({ domains }) => domains?.some((domain) => wanted.has(domain));
}

function addressMatcher(text: string): (ip: string) => boolean {
  const scopes = Object.hasOwn(ADDRESS_WORDS, text) ? ADDRESS_WORDS[text] : undefined;
  if (scopes !== undefined) {
    return (ip) => {
      const scope = addressScope(ip);
      return scope !== undefined && scopes.includes(scope);
    };
  }
  const cidr = parseCidr(text);
  if (cidr !== undefined) return (ip) => cidrContains(cidr, ip);
  throw new SyntaxError(
    "it is not an address, network or word for addresses" +
      (didYouMean(text, Object.keys(ADDRESS_WORDS)) ||
        ": write 192.0.2.1, 2001:db8::/32, private, public, loopback, link-local or multicast"),
  );
}

/** Addresses of one end. */
function addressCompiler(ipOf: (facts: Facts) => string | undefined): Compile {
  return (values) => {
    const matchers = values.map(addressMatcher);
    return (facts) => {
      const ip = ipOf(facts);
      return ip === undefined ? undefined : matchers.some((matches) => matches(ip));
    };
  };
}

function compilePort(values: readonly string[]): Matcher {
  const ranges = values.map(parsePortRange);
  return ({ port }) => {
    if (port === undefined) return undefined;
    for (const range of ranges) if (inPortRange(range, port)) return true;
    return false;
  };
}

function numberOf(text: string): number {
  const number = protocolNumber(text);
  if (number !== undefined) return number;
  const keywords = Array.from({ length: 256 }, (_, each) => protocolKeyword(each))
    .filter((keyword) => !/^\d/.test(keyword));
  const hint = didYouMean(text.toLowerCase(), keywords);
  throw new RangeError(
    "it is not a known protocol" +
      (hint || ": write a keyword such as tcp, udp or icmp, or a number from 0 to 255"),
  );
}

function compileProtocol(values: readonly string[]): Matcher {
  const wanted = new Set(values.map(numberOf));
  return ({ protocolNumber: number }) => number === undefined ? undefined : wanted.has(number);
}

function compileDirection(values: readonly string[]): Matcher {
  for (const value of values) {
    if (DIRECTIONS.includes(value)) continue;
    const hint = didYouMean(value, DIRECTIONS) || ": write egress, ingress, local or unknown";
    throw new RangeError(`it is not a direction${hint}`);
  }
  const wanted = new Set(values);
  return ({ direction }) => wanted.has(direction);
}

/** Paths that one condition remembers, at most. */
const REMEMBERED_PATHS = 256;

/** Patterns of a path, which is meant with and without the kernel's ` (deleted)`. */
function pathMatcher(patterns: readonly string[]): (path: string) => boolean {
  const exact = new Set(patterns.filter((pattern) => !WILDCARD.test(pattern)));
  const globs = patterns.filter((pattern) => WILDCARD.test(pattern)).map(globMatcher);
  const matches = (path: string) => exact.has(path) || globs.some((glob) => glob(path));
  // A host has few programs, and patterns are the slow part of a verdict.
  const known = new Map<string, boolean>();
  return (path) => {
    const before = known.get(path);
    if (before !== undefined) return before;
    const live = livePath(path);
    const answer = matches(live) || (live !== path && matches(path));
    if (known.size >= REMEMBERED_PATHS) known.clear();
    known.set(path, answer);
    return answer;
  };
}

function compileExecutable(values: readonly string[]): Matcher {
  for (const value of values) {
    if (value.startsWith("/") || (value.startsWith("*") && value.includes("/"))) continue;
    throw new SyntaxError(
      'it is not an absolute path: write one such as /usr/bin/curl or */curl; names go under "process"',
    );
  }
  const matches = pathMatcher(values);
  return ({ executable }) => executable === undefined ? undefined : matches(executable);
}

function checkName(text: string): void {
  if (text.includes("/")) {
    throw new SyntaxError('it is not a base name: paths go under "executable"');
  }
  if (WILDCARD.test(text)) {
    throw new SyntaxError(
      'it is a pattern, where only a whole name will do: patterns of paths go under "executable"',
    );
  }
}

/** The name that the process has, and the base name of its executable. */
function compileProcess(values: readonly string[]): Matcher {
  values.forEach(checkName);
  const wanted = new Set(values);
  return ({ process, executable }) => {
    if (process?.name !== undefined && wanted.has(process.name)) return true;
    if (executable !== undefined) return wanted.has(baseName(livePath(executable)));
    return process?.name === undefined ? undefined : false;
  };
}

/** With a `/`, of the path of the parent's executable; else of its name or base name. */
function compileParent(values: readonly string[]): Matcher {
  const names = values.filter((value) => !value.includes("/"));
  const isName = compileProcess(names);
  const isPath = compileExecutable(values.filter((value) => value.includes("/")));
  const byName = names.length > 0;
  const byPath = names.length < values.length;
  return (facts) => {
    const { parent } = facts;
    if (parent === undefined) return undefined;
    const executable = saidPath(parent.executable);
    const asked = { ...facts, process: parent, executable };
    const answers = [byName ? isName(asked) : false, byPath ? isPath(asked) : false];
    return answers.includes(true) ? true : answers.includes(undefined) ? undefined : false;
  };
}

/** System and user units; `.service` may be left out. */
function compileUnit(values: readonly string[]): Matcher {
  const globs = values.map(globMatcher);

  function isMeant(unit: string | undefined): boolean {
    if (unit === undefined) return false;
    const short = unit.endsWith(".service") ? unit.slice(0, -8) : unit;
    return globs.some((glob) => glob(unit) || glob(short));
  }

  return ({ process }) => {
    const { unit, userUnit } = process ?? {};
    return unit === undefined && userUnit === undefined
      ? undefined
      : isMeant(unit) || isMeant(userUnit);
  };
}

/** Names and numbers; `root` is number 0 also where no names are known. */
function compileUser(values: readonly string[]): Matcher {
  const names = new Set(values);
  const uids = new Set(values.filter((value) => /^\d{1,10}$/.test(value)).map(Number));
  if (names.has("root")) uids.add(0);
  const byName = values.some((value) => !/^\d{1,10}$/.test(value) && value !== "root");
  return ({ process, uid }) => {
    const user = process?.user;
    if (user !== undefined && names.has(user)) return true;
    if (uid !== undefined && uids.has(uid)) return true;
    if (byName && user === undefined) return undefined;
    return uid === undefined && user === undefined ? undefined : false;
  };
}

const COMPILERS: Readonly<Record<ConditionKey, Compile>> = {
  host: compileHost,
  remote: addressCompiler((facts) => facts.remoteIp),
  local: addressCompiler((facts) => facts.localIp),
  port: compilePort,
  protocol: compileProtocol,
  direction: compileDirection,
  executable: compileExecutable,
  process: compileProcess,
  parent: compileParent,
  unit: compileUnit,
  user: compileUser,
};

/**
 * Compiles the values of one condition, not negated.
 *
 * @throws {SyntaxError | RangeError} If a value means nothing.
 */
export function compileCondition(key: ConditionKey, values: readonly string[]): Matcher {
  return COMPILERS[key](values);
}
