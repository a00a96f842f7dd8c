/** One table `[[rule]]` while it is read, key by key, and the checks of it. */
import { didYouMean } from "../cli/nearest.ts";
import { quote } from "../cli/quote.ts";
import { compileCondition } from "./conditions.ts";
import {
  type Condition,
  CONDITION_KEYS,
  type ConditionKey,
  failRules,
  type Rule,
} from "./rules.ts";

/** What stands before the name of a condition that shall not hold. */
const NOT = "not_";

/** All keys of a rule. The first of those that are equally near is suggested for a mistyped one. */
const RULE_KEYS: readonly string[] = [
  ...CONDITION_KEYS,
  ...CONDITION_KEYS.map((key) => NOT + key),
  "name",
  "why",
  "expect",
  "note",
];

const NAME = /^[A-Za-z0-9_.-]{1,64}$/;

/** A rule while it is read. */
export interface Draft {
  readonly path: string;
  /** Line of its header. */
  readonly line: number;
  /** Line of each key that has been read. */
  readonly lines: Map<string, number>;
  readonly conditions: Condition[];
  name?: string;
  why?: string;
  expect?: true;
  note?: string;
}

/** Ends the reading: says what is wrong. */
type Fail = (problem: string) => never;

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  if (value instanceof Date) return "a date";
  return typeof value === "object" ? "a table" : `a ${typeof value}`;
}

function readText(key: string, value: unknown, fail: Fail): string {
  if (typeof value !== "string") {
    return fail(`${quote(key)} must be a string, not ${kindOf(value)}`);
  }
  return value.trim() === "" ? fail(`${quote(key)} must not be empty`) : value;
}

/**
 * A value or a list of values, as texts.
 *
 * @param numbers Whether a whole number may stand for its text.
 */
export function readList(key: string, value: unknown, fail: Fail, numbers = false): string[] {
  const items: unknown[] = Array.isArray(value) ? value : [value];
  if (items.length === 0) fail(`${quote(key)} must not be an empty list`);
  return items.map((item) => {
    if (numbers && typeof item === "number" && Number.isSafeInteger(item)) return String(item);
    if (typeof item === "string" && item !== "") return item;
    if (item === "") return fail(`${quote(key)} must not be empty`);
    const wanted = numbers ? "a whole number, a string" : "a string";
    return fail(`${quote(key)} must be ${wanted} or a list of them, not ${kindOf(item)}`);
  });
}

function isConditionKey(text: string): text is ConditionKey {
  return CONDITION_KEYS.some((key) => key === text);
}

/** Keys whose values may be numbers. */
const NUMERIC: readonly ConditionKey[] = ["port", "protocol", "user"];

function readCondition(written: string, value: unknown, fail: Fail): Condition | undefined {
  const negated = written.startsWith(NOT);
  const key = negated ? written.slice(NOT.length) : written;
  if (!isConditionKey(key)) return undefined;
  const values = readList(written, value, fail, NUMERIC.includes(key));
  for (const each of values) {
    try {
      compileCondition(key, [each]);
    } catch (error) {
      if (!(error instanceof RangeError || error instanceof SyntaxError)) throw error;
      fail(`value ${quote(each)} of ${quote(written)} is wrong: ${error.message}`);
    }
  }
  return { key, negated, values };
}

/**
 * Takes one key of a rule.
 *
 * @throws {ExitError} 78 where it is unknown, or its value wrong.
 */
export function readPair(draft: Draft, key: string, value: unknown, line: number): void {
  const fail: Fail = (problem) => failRules(draft.path, line, problem);
  if (draft.lines.has(key)) fail(`${quote(key)} is there twice in this rule`);
  draft.lines.set(key, line);
  if (key === "name") {
    draft.name = readText(key, value, fail);
    if (!NAME.test(draft.name)) {
      fail('"name" must be at most 64 letters, digits, dots, hyphens and underscores');
    }
  } else if (key === "why" || key === "note") draft[key] = readText(key, value, fail);
  else if (key === "expect") {
    if (value !== true) fail('"expect" must be true; to make a record noteworthy, write a "note"');
    draft.expect = true;
  } else {
    const condition = readCondition(key, value, fail);
    if (condition === undefined) fail(`unknown key ${quote(key)}${didYouMean(key, RULE_KEYS)}`);
    draft.conditions.push(condition);
  }
}

/**
 * The rule, when all of its keys have been read.
 *
 * @throws {ExitError} 78 where something is missing, with the line of its header.
 */
export function finishRule({ path, line, name, why, note, expect, conditions }: Draft): Rule {
  const fail: Fail = (problem) => failRules(path, line, problem);
  if (name === undefined) return fail('the rule has no "name"');
  const rule = `rule ${quote(name)}`;
  if (why === undefined) return fail(`${rule} has no "why": a sentence that says what it is for`);
  if (expect === undefined && note === undefined) {
    return fail(`${rule} has neither "expect = true" nor a "note"`);
  }
  if (expect !== undefined && note !== undefined) {
    return fail(`${rule} has both "expect" and "note": write two rules`);
  }
  if (conditions.length === 0) {
    return fail(`${rule} has no condition: it would match every record`);
  }
  return { name, why, conditions, ...(note !== undefined && { note }) };
}
