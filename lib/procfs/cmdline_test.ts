import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { COMMAND_LINE_LIMIT, parseCommandLine } from "./cmdline.ts";

const encoder = new TextEncoder();

function parse(text: string) {
  return parseCommandLine(encoder.encode(text));
}

Deno.test("parseCommandLine splits at NUL and keeps empty arguments", () => {
  assertEquals(parse("prog\0-a\0\0x y\0\0"), {
    argv: ["prog", "-a", "", "x y", ""],
    totalBytes: 14,
    cut: false,
    terminated: true,
  });
  assertEquals(parse("prog\0first\nsecond\0").argv, ["prog", "first\nsecond"]);
  assertEquals(parse("\0").argv, [""]);
});

Deno.test("parseCommandLine gives no argument for kernel threads and zombies", () => {
  assertEquals(parse(""), { argv: [], totalBytes: 0, cut: false, terminated: false });
});

Deno.test("parseCommandLine keeps a title that was written over the arguments as one", () => {
  const title = "nginx: worker process    ";
  assertEquals(parse(title).argv, [title]);
  assertEquals(parse(title).terminated, false);
});

Deno.test("parseCommandLine marks what is not UTF-8", () => {
  const bytes = Uint8Array.of(97, 0xff, 0, 0xc3, 0xb6, 0);
  assertEquals(parseCommandLine(bytes).argv, ["a\ufffd", "ö"]);
});

Deno.test("parseCommandLine cuts at its limit, and not within a character", () => {
  const whole = parse("x".repeat(COMMAND_LINE_LIMIT) + "\0");
  assertEquals([whole.cut, whole.argv[0]?.length], [false, COMMAND_LINE_LIMIT]);
  const cut = parse("x".repeat(COMMAND_LINE_LIMIT) + "y\0");
  assertEquals([cut.cut, cut.argv[0]?.length, cut.totalBytes], [
    true,
    COMMAND_LINE_LIMIT,
    COMMAND_LINE_LIMIT + 2,
  ]);
  for (let before = COMMAND_LINE_LIMIT - 4; before <= COMMAND_LINE_LIMIT; before++) {
    const { argv } = parse("x".repeat(before) + "😀 and more\0");
    const kept = before === COMMAND_LINE_LIMIT - 4 ? "😀" : "";
    assertEquals(argv, ["x".repeat(before) + kept]);
  }
});

Deno.test("parseCommandLine keeps no more of a million bytes than its limit", () => {
  const { argv, totalBytes, cut } = parse("a\0".repeat(500_000));
  assertEquals([totalBytes, cut], [1_000_000, true]);
  assertEquals(argv.join("\0").length, COMMAND_LINE_LIMIT);
  const bytes = new Uint8Array(1_000_000).fill(0xbf);
  assert((parseCommandLine(bytes).argv[0]?.length ?? Infinity) <= COMMAND_LINE_LIMIT);
});

Deno.test("parseCommandLine reads back every list of arguments", () => {
  const argument = fc.string({ unit: "grapheme" }).filter((text) => !text.includes("\0"));
  fc.assert(
    fc.property(fc.array(argument, { minLength: 1, maxLength: 10 }), (argv) => {
      const parsed = parse(argv.map((text) => text + "\0").join(""));
      assertEquals([parsed.argv, parsed.cut], [argv, false]);
    }),
    { numRuns: 100 },
  );
});

Deno.test("parseCommandLine never throws on arbitrary bytes", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      assertEquals(parseCommandLine(bytes).totalBytes, bytes.length);
    }),
  );
});
