/** The filter options: which records go on. */
import type { OptionValues } from "../cli/spec.ts";
import type { Connection, RecordedProcess } from "../connection.ts";
import { isLoopback, isPrivate } from "../ip.ts";
import {
  globMatcher,
  inPortRange,
  parsePid,
  parsePortRange,
  protocolMatcher,
  remoteMatcher,
} from "./patterns.ts";
import type { Ledger, Stage } from "./stage.ts";
import { baseName, livePath } from "../executable_path.ts";

/** Whether a record is meant. */
export type Predicate = (connection: Connection) => boolean;

/** With a `/`, a pattern of the path of the executable; else of its base name or the process's name. */
function processMatcher(pattern: string): Predicate {
  const matches = globMatcher(pattern);
  const byPath = pattern.includes("/");

  function isMeant({ name, executable }: RecordedProcess): boolean {
    if (!byPath && name !== undefined && matches(name)) return true;
    if (executable === undefined) return false;
    const live = livePath(executable);
    if (byPath) return matches(live) || (live !== executable && matches(executable));
    return matches(baseName(live)) || (live !== executable && matches(baseName(executable)));
  }

  return ({ process }) => process !== undefined && isMeant(process);
}

/** A number is a user id: of the process, else of the socket. */
function userMatcher(text: string): Predicate {
  const uid = /^\d{1,10}$/.test(text) ? Number(text) : undefined;
  return ({ process, socket }) =>
    process?.user === text || (uid !== undefined && (process?.uid ?? socket?.uid) === uid);
}

function unitMatcher(pattern: string): Predicate {
  const matches = globMatcher(pattern);

  function isMeant(unit: string | undefined): boolean {
    if (unit === undefined) return false;
    return matches(unit) || (unit.endsWith(".service") && matches(unit.slice(0, -8)));
  }

  return ({ process }) => isMeant(process?.unit) || isMeant(process?.userUnit);
}

/** What one value of an option means. Throws a `RangeError` or `SyntaxError` if it means nothing. */
type Matcher = (value: string) => Predicate;

/** Options that take values, those that are quick to decide first. */
const MATCHERS: Readonly<Record<string, Matcher>> = {
  event: (value) => ({ event }) => event === value,
  ip(value) {
    const version = Number(value);
    return ({ ipVersion }) => ipVersion === version;
  },
  protocol: protocolMatcher,
  direction: (value) => ({ direction }) => direction === value,
  pid(value) {
    const pid = parsePid(value);
    return ({ process }) => process?.pid === pid;
  },
  port(value) {
    const range = parsePortRange(value);
    return ({ local, remote }) =>
      inPortRange(range, local.port) || inPortRange(range, remote?.port);
  },
  user: userMatcher,
  remote(value) {
    const matches = remoteMatcher(value);
    return ({ remote }) => remote !== undefined && matches(remote);
  },
  process: processMatcher,
  unit: unitMatcher,
};

/** Flags, and what is kept when one is set. */
const EXCLUSIONS: Readonly<Record<string, Predicate>> = {
  "no-listen": ({ remote }) => remote !== undefined,
  "no-loopback": ({ local, remote }) => !isLoopback((remote ?? local).ip ?? ""),
  "no-private": ({ remote }) => !isPrivate(remote?.ip ?? ""),
};

function compileValue(name: string, matcher: Matcher, value: string): Predicate {
  try {
    return matcher(value);
  } catch (error) {
    if (!(error instanceof RangeError || error instanceof SyntaxError)) throw error;
    throw new RangeError(`value "${value}" of option "--${name}" is wrong: ${error.message}`);
  }
}

/** The values of one option are alternatives; those that begin with `!` are exceptions. */
function compileOption(name: string, matcher: Matcher, values: readonly string[]): Predicate {
  const wanted: Predicate[] = [];
  const unwanted: Predicate[] = [];
  for (const value of values) {
    if (value.startsWith("!")) unwanted.push(compileValue(name, matcher, value.slice(1)));
    else wanted.push(compileValue(name, matcher, value));
  }
  return (connection) => {
    for (const matches of unwanted) if (matches(connection)) return false;
    for (const matches of wanted) if (matches(connection)) return true;
    return wanted.length === 0;
  };
}

/**
 * Compiles the filter options of a command. A record is kept when every option keeps it: one of its
 * values matches, or it has none but negated ones, and no negated value matches.
 *
 * @returns Whether a record is kept; undefined when no filter is given.
 * @throws {RangeError} If a value is wrong.
 */
export function compileFilter(
  values: Pick<OptionValues, "texts" | "flag">,
): Predicate | undefined {
  const all: Predicate[] = [];
  for (const [name, matcher] of Object.entries(MATCHERS)) {
    const texts = values.texts(name);
    if (texts.length > 0) all.push(compileOption(name, matcher, texts));
  }
  for (const [name, keeps] of Object.entries(EXCLUSIONS)) {
    if (values.flag(name)) all.push(keeps);
  }
  if (all.length === 0) return undefined;
  return (connection) => {
    for (const keeps of all) if (!keeps(connection)) return false;
    return true;
  };
}

/** Leaves out the records that are not kept, and counts them. Batches that are left empty end here. */
export function filterStage(keep: Predicate, ledger: Ledger): Stage {
  return async function* (batches) {
    for await (const batch of batches) {
      const kept = batch.filter(keep);
      ledger.filtered += batch.length - kept.length;
      if (kept.length > 0) yield kept;
    }
  };
}
