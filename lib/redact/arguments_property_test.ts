import { cpuUsage } from "node:process";
import { assert, assertEquals, assertLess } from "@std/assert";
import fc from "fast-check";
import { redactArguments } from "./arguments.ts";
import { PROGRAM_RULES } from "./secret_options.ts";

/** Pieces that mean something, to be put together at random. */
const PIECES = [
  "password=",
  "--password",
  "--token=",
  "-p",
  "-u",
  "-H",
  "Authorization: ",
  "Cookie:",
  "Bearer ",
  "://",
  "user:pw@",
  "@",
  "eyJabcdef.",
  "ghp_0123456789abcdefghij",
  "AKIA0123456789ABCDEF",
  "-----BEGIN PRIVATE KEY-----",
  "-----END PRIVATE KEY-----",
  "sh -c ",
  "[redacted]",
  "mysql ",
  "set ",
  "password: ",
  '"secret": "x y"',
  '\\"token\\":\\"x\\"',
  "$(cat x)",
  "'",
  '"',
  "\\",
  " ",
  "\n",
  ";",
  "|",
  "&",
  "=",
  ":",
  "%",
  "x",
  "1",
  "é",
  "\u0000",
  "\ud800",
];

const piece = fc.oneof(
  fc.constantFrom(...PIECES),
  fc.constantFrom(...PROGRAM_RULES.flatMap(({ programs }) => programs)).map((name) => `${name} `),
  fc.string({ maxLength: 6, unit: "binary" }),
);
const argument = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(""));
const arguments_ = fc.array(argument, { maxLength: 8 });

Deno.test("redactArguments keeps the number of arguments, grows within bounds, and is done at once", () => {
  fc.assert(
    fc.property(arguments_, (argv) => {
      const redacted = redactArguments(argv);
      assertEquals(redacted.length, argv.length);
      for (const [i, argument] of argv.entries()) {
        assert((redacted[i]?.length ?? 0) <= 10 + 6 * argument.length, JSON.stringify(argument));
      }
      assertEquals(redactArguments(redacted), redacted);
    }),
    { numRuns: 1500 },
  );
});

/** What no rule has in it, and no pattern of a file name ends with. */
const secret = fc.stringMatching(/^Q[0-9A-Z]{5,20}Q$/);
const flag = fc.constantFrom("password", "token", "api-key", "clientSecret", "db_passwd", "PASS");

Deno.test("redactArguments lets no named secret through, whatever stands around it", () => {
  fc.assert(
    fc.property(arguments_, flag, secret, arguments_, (before, name, value, after) => {
      const argv = ["app", ...before, `--${name}=${value}`, ...after];
      assert(!redactArguments(argv).join("\n").includes(value));
    }),
    { numRuns: 500 },
  );
});

Deno.test("redactArguments takes a time that grows with the length and no faster", () => {
  const units = [
    ...PIECES,
    "a",
    "-",
    "--",
    "a-",
    "a.",
    "eyJ",
    "x-",
    "://a",
    "a=",
    "a:",
    "http",
    " -p",
  ];
  for (const unit of units) {
    for (const more of ["", "=x", "@", " "]) {
      const text = unit.repeat(Math.ceil(16_384 / unit.length)) + more;
      // Of the processor: a busy machine makes it no longer.
      const begin = cpuUsage();
      redactArguments(["app", text]);
      redactArguments([text]);
      const { user, system } = cpuUsage(begin);
      // 4 times as long as any command line is kept. Two orders of magnitude above what it takes.
      assertLess(user + system, 1_000_000, `${JSON.stringify(unit)} ${more}`);
    }
  }
});
