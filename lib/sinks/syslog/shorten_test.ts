import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import { quoteJson } from "../../formats/escape.ts";
import { createNdjsonFormat } from "../../formats/ndjson.ts";
import { SAMPLES } from "../../formats/test_records.ts";
import { assertCovering } from "../../test_coverage.ts";
import { shorten } from "./shorten.ts";

const size = (text: string) => new TextEncoder().encode(text).length;

Deno.test("shorten leaves alone what is short enough", () => {
  for (const line of ["", "abc", '{"a":1}', '{"a" : 1.0}']) assertEquals(shorten(line, 100), line);
});

Deno.test("shorten cuts a text between characters, and says so", () => {
  assertEquals(shorten("abcdefghijklmnopqrstuvwxyz", 20), "abcdef…[truncated]");
  assertEquals(shorten("aé😀".repeat(9), 24), "aé😀aé…[truncated]");
  assertEquals(shorten("{no json, but in braces}", 20), "{no js…[truncated]");
});

Deno.test("shorten keeps a record of ndjson a record, and names what is cut", () => {
  const open = SAMPLES["open"];
  assert(open?.process);
  const commandLine = Array.from({ length: 2000 }, (_, i) => `--option-${i}=\u202e"\\`);
  const line = createNdjsonFormat().line({ ...open, process: { ...open.process, commandLine } });
  const whole = JSON.parse(line);
  for (const most of [20_000, 8000, 4000, 2000, 1100, 700]) {
    const short = shorten(line.trimEnd(), most);
    assert(size(short) <= most, `${size(short)} > ${most}`);
    assert(!short.includes("\u202e"));
    const record = JSON.parse(short);
    assertEquals(record["@timestamp"], whole["@timestamp"]);
    assertEquals(record.event.id, whole.event.id);
    assert(record.connscribe.truncated.length > 0);
  }
  const record = JSON.parse(shorten(line.trimEnd(), 8000));
  assertEquals(record.connscribe.truncated, ["process.command_line", "process.args"]);
  assertStringIncludes(record.process.command_line, "…");
  assertEquals(record.source, whole.source);
  assertEquals(record.process.executable, whole.process.executable);
});

Deno.test("shorten keeps all digits of a number, and a string that looks like one", () => {
  const text = "x".repeat(200);
  const line =
    `{"event":{"duration":123456789012345678901000,"f":-1.2345678901234567e+22},"s":"123456789012345678","t":"${text}"}`;
  const short = shorten(line, 190);
  assertStringIncludes(short, '"duration":123456789012345678901000,"f":-1.2345678901234567e+22');
  assertStringIncludes(short, '"s":"123456789012345678"');
});

const text = fc.oneof(
  fc.string({ unit: "binary", maxLength: 60 }),
  fc.string({ unit: "binary", minLength: 100, maxLength: 900 }),
  fc.constantFrom('"', "\\", '","b":"', "12345678901234567", "…"),
);
const json = fc.object({
  key: fc.oneof(text, fc.constantFrom("@timestamp", "event", "connscribe", "__proto__")),
  values: [
    text,
    fc.maxSafeInteger(),
    fc.boolean(),
    fc.constant(null),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
  ],
  maxDepth: 2,
  maxKeys: 6,
});

/** As the format writes it. */
function written(value: unknown): string {
  if (typeof value === "string") return quoteJson(value);
  if (Array.isArray(value)) return `[${value.map(written).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  return `{${Object.entries(value).map(([k, v]) => `${quoteJson(k)}:${written(v)}`).join(",")}}`;
}

Deno.test("shorten never makes a line too long, nor JSON of room enough into something else", () => {
  let shortened = 0;
  assertCovering(
    fc.property(json, fc.integer({ min: 700, max: 4000 }), (record, most) => {
      const line = written({
        ...record,
        "@timestamp": "2026-11-21T02:01:40.144181Z",
        event: { id: "1" },
      });
      const short = shorten(line, most);
      assert(size(short) <= most);
      if (short === line) return;
      shortened++;
      const read = JSON.parse(short);
      assertEquals(read.event, { id: "1" });
      assert(read.connscribe.truncated.length > 0);
    }),
    { numRuns: 200 },
    () => assert(shortened > 5),
  );
});

Deno.test("shorten names a member that has to give way to the list of names", () => {
  const line = JSON.stringify({ connscribe: ["\0".repeat(117)], event: { id: "1" } });
  const read = JSON.parse(shorten(line, 700));
  assertEquals(read, { event: { id: "1" }, connscribe: { truncated: ["connscribe"] } });
});

Deno.test("shorten gives a line of any kind a length that is allowed", () => {
  fc.assert(
    fc.property(fc.oneof(text, json.map(written)), fc.nat(300), (line, most) => {
      const short = shorten(line.toWellFormed(), most);
      assert(size(short) <= most);
      assert(short.isWellFormed());
    }),
    { numRuns: 200 },
  );
});
