import { assert, assertEquals, assertThrows } from "@std/assert";
import { ExitError } from "../exit.ts";
import { parseRules, readRules } from "./parse.ts";

const RULE = `[[rule]]
name = "mine"
why = "Because."
expect = true
port = 443
`;

Deno.test("parseRules reads all that a file can say", () => {
  const text = `\uFEFF# mine
builtin = false
disable = "a" # one

[[ rule ]]   # first
name = "web"
why = """
two
"lines\\\\""""
note = 'it is # no comment, and no [[rule]]'
port = [80, "8000-8099", # it's some ]
  443,
]
not_host = "a.example"\r
protocol = 6 # "six" [
unit = ['C:\\', """a"""", "b"]
"user" = 0
[["rule"]]
name = 'second'
why = "quoted \\" [[rule]]"
expect = true
direction = ["egress"]`;
  assertEquals(parseRules(text.slice(1), "x"), {
    path: "x",
    builtin: false,
    disable: [{ name: "a", line: 3 }],
    rules: [
      {
        name: "web",
        why: 'two\n"lines\\"',
        note: "it is # no comment, and no [[rule]]",
        conditions: [
          { key: "port", negated: false, values: ["80", "8000-8099", "443"] },
          { key: "host", negated: true, values: ["a.example"] },
          { key: "protocol", negated: false, values: ["6"] },
          { key: "unit", negated: false, values: ["C:\\", 'a"', "b"] },
          { key: "user", negated: false, values: ["0"] },
        ],
      },
      {
        name: "second",
        why: 'quoted " [[rule]]',
        conditions: [{ key: "direction", negated: false, values: ["egress"] }],
      },
    ],
  });
  assertEquals(parseRules("", "x"), { path: "x", builtin: true, disable: [], rules: [] });
});

/** Text, line of the mistake, and what is said of it. */
const MISTAKES: [string, number, string][] = [
  ["hots = 1", 1, 'unknown key "hots"'],
  ["biultin = true", 1, 'unknown key "biultin": did you mean "builtin"?'],
  ["builtin = 1", 1, '"builtin" must be true or false'],
  ["builtin = true\nbuiltin = true", 2, '"builtin" is there twice'],
  ["disable = 1", 1, '"disable" must be a string or a list of them, not a number'],
  ["disable = []", 1, '"disable" must not be an empty list'],
  ["rule = []", 1, 'every rule begins with a line "[[rule]]"'],
  ["__proto__.x = 1", 1, "unknown key"],
  ["[rule]", 1, "in double brackets"],
  ["[[rules]]", 1, 'unknown table "rules"'],
  ["[[rule.x]]", 1, "in double brackets"],
  ['[[rule]] name = "x"', 1, "a header stands alone"],
  ["[[rule]", 1, "it is not TOML"],
  [`${RULE}hots = "a.example"`, 6, 'unknown key "hots": did you mean "host"?'],
  [`${RULE}not_hosst = 1`, 6, 'unknown key "not_hosst": did you mean "not_host"?'],
  [`${RULE}\n\n# x\nport = 80`, 9, '"port" is there twice'],
  [`${RULE}port.x = 80`, 6, '"port" is there twice'],
  [`${RULE}host.x = "a"`, 6, '"host" must be a string or a list of them, not a table'],
  [`${RULE}host = 1`, 6, '"host" must be a string or a list of them, not a number'],
  [`${RULE}host = ["a.b", ["c"]]`, 6, "not a list"],
  [`${RULE}host = []`, 6, "must not be an empty list"],
  [`${RULE}host = ""`, 6, '"host" must not be empty'],
  [`${RULE}protocol = 1.5`, 6, '"protocol" must be a whole number, a string or a list of them'],
  [`${RULE}user = 2021-01-02`, 6, "not a date"],
  [
    `${RULE}remote = [\n"10.0.0.0/8",\n"10.0.0.0/99"]`,
    6,
    'value "10.0.0.0/99" of "remote" is wrong',
  ],
  [`${RULE}not_port = 65536`, 6, "the highest port is 65535"],
  [`${RULE}not_port = -1`, 6, "it is not a port"],
  [`${RULE}executable = "curl"`, 6, "it is not an absolute path"],
  [`${RULE}note = "x"`, 1, 'rule "mine" has both "expect" and "note"'],
  [RULE.replace("true", "false"), 4, '"expect" must be true'],
  [RULE.replace("expect = true\n", ""), 1, 'rule "mine" has neither "expect = true" nor a "note"'],
  [RULE.replace(/why.*\n/, ""), 1, 'rule "mine" has no "why"'],
  [RULE.replace(/name.*\n/, ""), 1, 'the rule has no "name"'],
  [RULE.replace("port = 443\n", ""), 1, 'rule "mine" has no condition'],
  [RULE.replace("Because.", "  "), 3, '"why" must not be empty'],
  [RULE.replace("mine", "my rule"), 2, '"name" must be at most 64 letters'],
  [RULE.replace("mine", "default"), 2, 'no rule can be called "default"'],
  [RULE + "\n" + RULE, 8, 'a rule called "mine" is on line 2 already'],
  [
    RULE + "\n" + RULE.replace("mine", "x").replace(/why.*\n/, "") + RULE,
    7,
    'rule "x" has no "why"',
  ],
  [`${RULE}host = "a.b" user = "c"`, 6, "two values on one line"],
  [`${RULE}host = "a.b" host = "c"`, 6, "two values on one line"],
  [`${RULE}host = "a.b`, 6, "it is not TOML: Single-line string"],
  [`${RULE}host = """\na.b\n`, 8, "it is not TOML: Multi-line string is not closed"],
  [`${RULE}host = [\n"a.b",\n"c.d" "e.f"]`, 8, "it is not TOML: Array is not closed"],
  [`${RULE}host`, 6, "it is not TOML"],
  [`${RULE}= 1`, 6, "it is not TOML"],
  [`${RULE}host = "\\q"`, 6, "it is not TOML: Invalid escape sequence"],
  [`${RULE}host = "a.b"\u0007`, 6, "it is not TOML"],
];

Deno.test("parseRules says file, line and what is wrong", () => {
  for (const [text, line, problem] of MISTAKES) {
    const error = assertThrows(() => parseRules(text, "my.toml"), ExitError, problem, text);
    assertEquals(error.code, 78);
    const start = `rules file "my.toml", line ${line}: `;
    assert(error.message.startsWith(start), `${JSON.stringify(text)}: ${error.message}`);
    assert(!/\p{Cc}|\.$/u.test(error.message), error.message);
  }
});

Deno.test("parseRules counts lines that end in CR and LF", () => {
  const text = `${RULE}hots = 1`.replaceAll("\n", "\r\n");
  assertThrows(() => parseRules(text, "x"), ExitError, "line 6:");
  assertEquals(parseRules(RULE.replaceAll("\n", "\r\n"), "x").rules.length, 1);
});

Deno.test("readRules says why a file cannot be read", () => {
  const absent = () => {
    throw new Deno.errors.NotFound("No such file or directory (os error 2): readfile 'x'");
  };
  const error = assertThrows(() => readRules("x\n", absent), ExitError);
  assertEquals(
    error.message,
    'rules file "x\\n": it cannot be read: no such file or directory',
  );
  const latin = () => new Uint8Array([0x22, 0xe9, 0x22]);
  assertThrows(() => readRules("x", latin), ExitError, 'rules file "x": it is not UTF-8 text');
  const marked = new TextEncoder().encode("\uFEFF" + RULE);
  assertEquals(readRules("x", () => marked).rules.length, 1);
});
