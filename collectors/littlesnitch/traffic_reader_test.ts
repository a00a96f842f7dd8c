import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { generateHour, HOUR_KINDS, HOUR_ROWS } from "../../fixtures/littlesnitch/generate.ts";
import { ExitError } from "../../lib/exit.ts";
import { noHeader } from "./columns.ts";
import { HEADER, readTraffic, rowOf } from "./traffic_test_tools.ts";

function quoted(text: string): string {
  return `"${text.replaceAll('"', '""')}"`;
}

Deno.test("TrafficReader keeps every path, whatever is in it", function () {
  const paths = [
    '/a "b"/c',
    "/a,b;c",
    "/a\nb\r\nc",
    "/\x1b[31mred\x07",
    "/\u202egnp.exe",
    "/nul\0byte",
    "/\u2028line",
    "/é/\u{1f600}",
    "/" + "x".repeat(65_000),
    "no slash",
    "/ends in a slash/",
  ];
  const rows = paths.map((path) => rowOf({ executable: quoted(path), parent: quoted(path) }));
  for (const end of ["\n", "\r\n"]) {
    const { records, counters } = readTraffic([HEADER, ...rows].join(end));
    assertEquals(records.map(({ process }) => process?.executable), paths);
    assertEquals(records.map(({ process }) => process?.parent?.executable), paths);
    assertEquals(records.at(0)?.process?.name, "c");
    assertEquals(records.at(-1)?.process?.name, undefined);
    assertEquals(counters, { read: paths.length, dropped: {}, degraded: {} });
  }
});

Deno.test("TrafficReader counts what is too long and what is torn, and replaces what is no UTF-8", function () {
  const text = [
    HEADER,
    rowOf({ executable: quoted("/" + "x".repeat(65_536)) }),
    rowOf({ executable: '"/torn' }),
    rowOf({ executable: '"/bin/bare"quote"' }),
    rowOf({ executable: "@" }),
    rowOf({ name: "a" }),
  ].join("\n");
  const bytes = new TextEncoder().encode(text).map((byte) => byte === 0x40 ? 0xff : byte);
  const { records, counters } = readTraffic(bytes);
  assertEquals(records.map(({ process }) => process?.name), ["\ufffd", "a"]);
  assertEquals(counters, { read: 5, dropped: { oversize: 1, malformed: 2 }, degraded: {} });
});

Deno.test("TrafficReader reads a header with a byte order mark, quotation marks and CR LF", function () {
  const header = HEADER.split(",").map((name) => ` ${name} `).join(",");
  assertEquals(readTraffic(`\ufeff${header}\r\n${rowOf()}\r\n`).records.length, 1);
  const quotedHeader = HEADER.split(",").map((name) => `"${name}"`).join(",");
  assertEquals(readTraffic(`${quotedHeader}\n${rowOf()}`).records.length, 1);
});

Deno.test("TrafficReader shows what stands where the header should be, and waits for it", function () {
  const stop = (line: string): never => {
    throw noHeader('"x.csv"', line);
  };
  for (const text of [rowOf(), "date,direction\n1,2\n", 'what "is" this\n']) {
    const { code, message } = assertThrows(() => readTraffic(text, { onOther: stop }), ExitError);
    assertEquals(code, 65);
    assert(message.startsWith(`"x.csv" begins with "`), message);
    assert(message.endsWith('names at least "date", "direction", "ipAddress"'), message);
  }
  const { records, counters } = readTraffic(`note\n${HEADER}\n${rowOf()}\n`, {
    onOther: () => true,
  });
  assertEquals([records.length, counters.read, counters.dropped], [1, 1, {}]);
  assertEquals(readTraffic("").records, []);
});

Deno.test("TrafficReader passes over rows of other times", function () {
  const minute = (minute: number) => `2021-01-02T10:0${minute}:00Z`;
  const text = [HEADER, ...[1, 2, 3, 4].map((n) => rowOf({ date: minute(n) }))].join("\n");
  const begin = Date.parse(minute(2)) * 1000;
  const end = Date.parse(minute(4)) * 1000;
  const { records, counters } = readTraffic(text, { begin, end });
  assertEquals(records.map(({ time }) => time), [begin, begin + 60_000_000]);
  assertEquals(counters, { read: 2, dropped: {}, degraded: {} });
});

Deno.test("TrafficReader never throws, and counts every row that is read", function () {
  const part = fc.oneof(
    fc.constantFrom(
      rowOf(),
      rowOf({ executable: '"/a ""b"""' }),
      HEADER,
      '"',
      ",",
      "\n",
      "\r\n",
      "\0",
    ),
    fc.string({ unit: "binary", maxLength: 20 }),
  );
  fc.assert(
    fc.property(fc.array(part, { maxLength: 12 }), (parts) => {
      const { records, counters } = readTraffic(`${HEADER}\n${parts.join("\n")}`);
      const dropped = Object.values(counters.dropped).reduce((sum, count) => sum + count, 0);
      assertEquals(counters.read, records.length + dropped);
    }),
    { numRuns: 300 },
  );
});

Deno.test("TrafficReader reads a whole hour, to the byte", function () {
  const text = generateHour();
  assertEquals(text, generateHour());
  const { records, counters } = readTraffic(text);
  assertEquals(counters, { read: HOUR_ROWS, dropped: {}, degraded: {} });
  assertEquals(new Set(records.map(({ id }) => id)).size, HOUR_ROWS);
  const kinds = records.map(({ process, direction, remote, local, denied = 0 }) =>
    [process?.executable, direction, remote?.ip, remote?.name, remote?.port, local.port, denied > 0]
      .join("\n")
  );
  assertEquals(new Set(kinds).size, HOUR_KINDS);
  // No field before the counters is quoted.
  const columns = text.split("\n").slice(1, -1).map((line) => line.split(",", 11));
  const expected = (...at: number[]) =>
    columns.reduce((sum, fields) => at.reduce((sum, i) => sum + Number(fields[i]), sum), 0);
  const found = (field: "count" | "denied" | "bytesIn" | "bytesOut") =>
    records.reduce((sum, record) => sum + (record[field] ?? 0), 0);
  assertEquals(found("count"), expected(7, 8));
  assertEquals(found("denied"), expected(8));
  assertEquals(found("bytesIn"), expected(9));
  assertEquals(found("bytesOut"), expected(10));
});
