/** Reads rules files: TOML, every rule a table `[[rule]]`. */
import { parse as parseToml } from "@std/toml/parse";
import { didYouMean } from "../cli/nearest.ts";
import { quote } from "../cli/quote.ts";
import { EXIT, ExitError } from "../exit.ts";
import { escapeMessage } from "../formats/escape.ts";
import { ioErrorText } from "../sinks/io_error.ts";
import { DEFAULT_RULE } from "./compile.ts";
import { type Draft, finishRule, readList, readPair } from "./rule_draft.ts";
import { type Disabled, failRules, type Rule, type RuleFile } from "./rules.ts";
import { type Statement, statements } from "./statements.ts";

/** Keys before the first rule. */
const TOP_LEVEL_KEYS = ["builtin", "disable"];

/** Characters of the parser's message that are enough. */
const ENOUGH = 160;

/** What a statement says: one key and its value. */
interface Pair {
  readonly key: string;
  readonly value: unknown;
}

/** Parses one statement; says so when it is no TOML. */
function parsePair({ text, line, equals }: Statement, path: string): Pair {
  let pairs: [string, unknown][] = [];
  try {
    pairs = Object.entries(parseToml(text));
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const [, row, problem] = /^Parse error on line (\d+), column \d+: (.*)/.exec(message) ?? [];
    const told = escapeMessage((problem ?? "it cannot be parsed").slice(0, ENOUGH));
    failRules(path, line + Number(row ?? 1) - 1, `it is not TOML: ${told}`);
  }
  const [pair] = pairs;
  if (pair === undefined) failRules(path, line, "unknown key");
  if (pairs.length > 1 || equals > 1) {
    failRules(path, line, "it is not TOML: two values on one line, where each has its own");
  }
  return { key: pair[0], value: pair[1] };
}

/** Checks that a header is `[[rule]]` and alone on its line. */
function checkHeader(statement: Statement, path: string): void {
  const { line, equals } = statement;
  if (equals > 0) failRules(path, line, "it is not TOML: a header stands alone on its line");
  const { key, value } = parsePair(statement, path);
  if (key !== "rule") {
    failRules(path, line, `unknown table ${quote(key)}: every rule begins with "[[rule]]"`);
  }
  const isRule = Array.isArray(value) && Object.keys(value[0] ?? {}).length === 0;
  if (!isRule) failRules(path, line, 'every rule begins with "[[rule]]", in double brackets');
}

/** A file while it is read. */
interface FileDraft {
  builtin?: boolean;
  disable?: Disabled[];
}

/** Reads a key before the first rule. */
function readTopLevel(draft: FileDraft, { key, value }: Pair, line: number, path: string): void {
  const fail = (problem: string): never => failRules(path, line, problem);
  if (key !== "builtin" && key !== "disable") {
    if (key === "rule") fail('every rule begins with a line "[[rule]]", its keys below');
    fail(`unknown key ${quote(key)}${didYouMean(key, TOP_LEVEL_KEYS)}`);
  }
  if (Object.hasOwn(draft, key)) fail(`${quote(key)} is there twice`);
  if (key === "disable") {
    draft.disable = readList("disable", value, fail).map((name) => ({ name, line }));
  } else if (typeof value === "boolean") draft.builtin = value;
  else fail('"builtin" must be true or false');
}

/** Ends a rule, and checks that its name is its own. */
function addRule(rules: Map<string, Rule>, lines: Map<string, number>, draft: Draft): void {
  const rule = finishRule(draft);
  const { path } = draft;
  const line = draft.lines.get("name") ?? draft.line;
  if (rule.name === DEFAULT_RULE) {
    failRules(path, line, `no rule can be called "${DEFAULT_RULE}": that is what no rule matches`);
  }
  const first = lines.get(rule.name);
  if (first !== undefined) {
    failRules(path, line, `a rule called ${quote(rule.name)} is on line ${first} already`);
  }
  lines.set(rule.name, line);
  rules.set(rule.name, rule);
}

/**
 * Reads the text of a rules file.
 *
 * @param path Name of the file, for messages.
 * @throws {ExitError} 78 with file, line and the first thing that is wrong.
 */
export function parseRules(text: string, path: string): RuleFile {
  const file: FileDraft = {};
  const rules = new Map<string, Rule>();
  const lines = new Map<string, number>();
  let draft: Draft | undefined;
  for (const statement of statements(text)) {
    if (statement.text.startsWith("[")) {
      checkHeader(statement, path);
      if (draft !== undefined) addRule(rules, lines, draft);
      draft = { path, line: statement.line, lines: new Map(), conditions: [] };
      continue;
    }
    const pair = parsePair(statement, path);
    if (draft === undefined) readTopLevel(file, pair, statement.line, path);
    else readPair(draft, pair.key, pair.value, statement.line);
  }
  if (draft !== undefined) addRule(rules, lines, draft);
  const { disable = [], builtin = true } = file;
  return { path, rules: [...rules.values()], disable, builtin };
}

/**
 * Reads a rules file.
 *
 * @throws {ExitError} 78 where it cannot be read, or with line and the first thing that is wrong.
 */
export function readRules(path: string, readFile: (path: string) => Uint8Array): RuleFile {
  const fail = (problem: string): never => {
    throw new ExitError(EXIT.config, `rules file ${quote(path)}: ${problem}`);
  };
  let bytes: Uint8Array;
  try {
    bytes = readFile(path);
  } catch (error) {
    return fail(`it cannot be read: ${escapeMessage(ioErrorText(error))}`);
  }
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return fail("it is not UTF-8 text");
  }
  return parseRules(text, path);
}
