import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { assertCovering } from "../test_coverage.ts";
import { stringify } from "./test_toml.ts";
import { EXIT, ExitError } from "../exit.ts";
import { compileJudge } from "./compile.ts";
import { parseRules } from "./parse.ts";
import { CONDITION_KEYS, type Rule } from "./rules.ts";
import { statements } from "./statements.ts";
import { sample } from "./test_connections.ts";

/** Pieces that a rules file is made of, right or wrong. */
const PIECE = fc.oneof(
  fc.constantFrom("[[rule]]\n", "[rule]", "[[", "]]", "[", "]", "{", "}", "=", "#", "\n", "\r\n"),
  fc.constantFrom('"', "'", '"""', "'''", "\\", "\\u00e9", "\\uZZZZ", ",", ".", " ", "\t", "\0"),
  fc.constantFrom(
    "__proto__",
    "constructor",
    "builtin = ",
    "disable = ",
    "true",
    "false",
    "1979-05-27",
  ),
  fc.constantFrom(...CONDITION_KEYS.flatMap((key) => [`${key} = `, `not_${key} = `])),
  fc.constantFrom('name = "a"\n', 'name = "b"\n', 'why = "w"\n', 'note = "n"\n', "expect = true\n"),
  fc.constantFrom(
    "port = 443\n",
    'host = "a.example"\n',
    'remote = "private"\n',
    "443",
    "0x1f",
    "1e9",
  ),
  fc.constantFrom('[[rule]]\nname = "c"\nwhy = "w"\nexpect = true\nport = 1\n'),
  fc.string({ unit: "binary", maxLength: 4 }),
);

/** Lines of a rule: a few are right in every rule, most are wrong, or one too many. */
const LINE = fc.constantFrom(
  ...['name = "a"', "name = 7", 'name = "a b"', 'name = "default"', 'why = "w"', 'why = " "'],
  ...['note = "n"', "note = []", "expect = true", "expect = false", "port = 443", 'port = "x"'],
  ...["port = []", 'host = ["a.example", ""]', "unit = 1.5", "prot = 1", "port = 1 user = 2"],
);
const WHOLE = ['why = "w"', "expect = true", "not_port = 1"];

/** Rules most of which are right. */
const NEARLY_RIGHT = fc.array(
  fc.tuple(
    fc.nat(99).map((number) => `[[rule]]\nname = "r${number}"`),
    fc.oneof({ weight: 3, arbitrary: fc.constant(WHOLE) }, fc.subarray(WHOLE)),
    fc.oneof({ weight: 3, arbitrary: fc.constant("") }, LINE),
  ).map(([head, lines, more]) => [head, ...lines, more, ""].join("\n")),
  { minLength: 1, maxLength: 5 },
).map((rules) => rules.join(""));

const TEXT = fc.oneof(
  NEARLY_RIGHT,
  fc.array(PIECE, { maxLength: 30 }).map((pieces) => pieces.join("")),
  fc.string({ unit: "binary", maxLength: 80 }),
);

Deno.test("parseRules makes of any text rules that compile, or one ExitError with file and line", () => {
  let good = 0;
  const problems = new Set<string>();
  assertCovering(
    fc.property(TEXT, (text) => {
      try {
        const { rules } = parseRules(text, "f");
        compileJudge(rules)(sample());
        good++;
      } catch (error) {
        assert(error instanceof ExitError, String(error));
        assertEquals(error.code, EXIT.config);
        const [, line] = /^rules file "f", line (\d+): \P{Cc}+$/u.exec(error.message) ?? [];
        assert(line !== undefined, error.message);
        const kind = error.message.replace(/^.*line \d+: /, "").replaceAll(/"[^"]*"/g, '""');
        problems.add(kind.slice(0, 20));
        assert(Number(line) >= 1 && Number(line) <= text.split("\n").length, error.message);
      }
      assertEquals(Object.keys(Object.prototype), []);
    }),
    { numRuns: 2000 },
    // The texts reach far: some are good, and many things are wrong with the others.
    () => assert(good > 20 && problems.size > 20, `${good} ${[...problems].join()}`),
  );
});

/** Where the next statement begins: behind blanks and comments. */
function afterBlanks(text: string, at: number): number {
  return at + (/^(?:[ \t\n]|\r\n|#[^\n]*)*/u.exec(text.slice(at))?.[0] ?? "").length;
}

Deno.test("statements cover all of a text but blanks and comments, each with its line", () => {
  fc.assert(
    fc.property(TEXT, (text) => {
      let at = afterBlanks(text, 0);
      for (const statement of statements(text)) {
        assert(statement.text !== "" && text.startsWith(statement.text, at), text.slice(at));
        assertEquals(text.slice(0, at).split("\n").length, statement.line);
        at = afterBlanks(text, at + statement.text.length);
      }
      assertEquals(at, text.length);
    }),
    { numRuns: 500 },
  );
});

const WORDS = fc.string({ unit: "grapheme", minLength: 1, maxLength: 12 })
  .filter((text) => text.trim() !== "" && text.isWellFormed());
const CONDITION = fc.oneof(
  fc.array(fc.integer({ min: 0, max: 65535 }).map(String), { minLength: 1, maxLength: 3 })
    .map((values) => ({ key: "port" as const, values })),
  fc.array(fc.constantFrom("a.example", "b"), { minLength: 1, maxLength: 3 })
    .map((values) => ({ key: "host" as const, values })),
  fc.array(WORDS, { minLength: 1, maxLength: 3 })
    .map((values) => ({ key: "unit" as const, values })),
  fc.array(WORDS, { minLength: 1, maxLength: 3 })
    .map((values) => ({ key: "user" as const, values })),
);

const RULES: fc.Arbitrary<Rule[]> = fc.uniqueArray(
  fc.record({
    name: fc.stringMatching(/^[A-Za-z0-9_.-]{1,12}$/).filter((name) => name !== "default"),
    why: WORDS,
    note: fc.option(WORDS, { nil: undefined }),
    conditions: fc.uniqueArray(
      fc.record({ condition: CONDITION, negated: fc.boolean() }).map(({ condition, negated }) => ({
        ...condition,
        negated,
      })),
      { minLength: 1, maxLength: 4, selector: ({ key, negated }) => `${negated} ${key}` },
    ),
  }).map(({ note, ...rule }) => ({ ...rule, ...(note !== undefined && { note }) })),
  { maxLength: 5, selector: ({ name }) => name },
);

Deno.test("parseRules gives back the rules that were written down, whatever is in their strings", () => {
  fc.assert(
    fc.property(RULES, (rules) => {
      assertEquals(parseRules(stringify(rules), "f").rules, rules);
    }),
    { numRuns: 300 },
  );
});
