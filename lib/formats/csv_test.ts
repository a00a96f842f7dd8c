import { assertEquals } from "@std/assert";
import { parse } from "@std/csv/parse";
import { createCsvFormat, CSV_COLUMNS } from "./csv.ts";
import { SAMPLES } from "./test_records.ts";

const format = createCsvFormat();
const open = SAMPLES["open"]!;

function read(line: string): Record<string, string> {
  const [values = []] = parse(line);
  assertEquals(values.length, CSV_COLUMNS.length);
  return Object.fromEntries(CSV_COLUMNS.map((name, index) => [name, values[index] ?? ""]));
}

Deno.test("csv has a header of the same columns as each line", () => {
  assertEquals(format.header, CSV_COLUMNS.join(",") + "\r\n");
  assertEquals(new Set(CSV_COLUMNS).size, CSV_COLUMNS.length);
  for (const record of Object.values(SAMPLES)) read(format.line(record));
});

Deno.test("csv puts each value under its name", () => {
  const row = read(format.line(open));
  assertEquals(row["time"], "2026-11-21T02:01:40.144181Z");
  assertEquals(row["event_id"], "c-1-open");
  assertEquals(row["local_port"], "43210");
  assertEquals(row["remote_ip"], "93.184.216.34");
  assertEquals(row["process_start"], "2026-11-21T02:01:39.250000Z");
  assertEquals(row["parent_executable"], "/usr/bin/bash");
  assertEquals(row["user_unit"], "fetch.service");
  assertEquals(row["socket_inode"], "91553");
  assertEquals(row["host_name"], "web-1");
  assertEquals(row["bytes_in"], "");
  assertEquals(JSON.parse(row["command_line"] ?? ""), open.process?.commandLine);
});

Deno.test("csv tells lists as JSON, whatever their texts hold", () => {
  const noteworthy = [{ rule: "a, b", reason: '"x"' }, { rule: "=1", reason: "\n" }];
  const row = read(format.line({ ...open, noteworthy, samples: [] }));
  assertEquals(JSON.parse(row["rules"] ?? ""), ["a, b", "=1"]);
  assertEquals(JSON.parse(row["reasons"] ?? ""), ['"x"', "\n"]);
  assertEquals(row["samples"], "[]");
});

Deno.test("csv writes no value that a spreadsheet takes for a formula", () => {
  for (const start of ["=", "+", "-", "@"]) {
    const process = { ...open.process!, name: `${start}cmd|' /C calc'!A0` };
    const row = read(format.line({ ...open, process }));
    const code = start.charCodeAt(0).toString(16);
    assertEquals(row["process_name"], `\\x${code}cmd|' /C calc'!A0`);
  }
});
