/** What the formats write is read back by Python's own readers: one record in, one line out, equal. */
import { assertEquals } from "@std/assert";
import fc from "fast-check";
import type { Connection } from "../connection.ts";
import { localTime } from "../time.ts";
import { createCsvFormat, CSV_COLUMNS } from "./csv.ts";
import { unescapeControl } from "./escape.ts";
import { createLognetConnectionsFormat, createLognetProcessesFormat } from "./lognet.ts";
import { createNdjsonFormat } from "./ndjson.ts";
import { pythonFloat } from "./python_repr.ts";
import { expectedObject } from "./test_ecs.ts";
import { expectedPairs, SEED } from "./test_pairs.ts";
import { hostileConnection, namedRecord, SAMPLES } from "./test_records.ts";
import { PYTHON, runPython } from "./test_python.ts";
import { missing, testUnless } from "../../tests/skip.ts";

const NO_PYTHON = missing([PYTHON]);

const CONTEXT = { color: false, now: 0 };

const LONG_NAME = '"\n,\r\x1b['.repeat(9363);
const LONG = namedRecord(LONG_NAME);

/** Many records a run: starting Python takes longer than reading them. */
const records = fc.array(hostileConnection, { minLength: 20, maxLength: 60 })
  .map((hostile) => [...hostile, LONG, ...Object.values(SAMPLES)]);
/** Without shrinking: a smaller example would take a minute of Pythons. */
const RUNS = { numRuns: 8, endOnFailure: true };

testUnless(NO_PYTHON, "Python's json reads ndjson as the plain mapping", async () => {
  const { line } = createNdjsonFormat();
  const program = `
import json, sys
lines = sys.stdin.buffer.read().decode("utf-8").split("\\n")
assert lines.pop() == ""
json.dump([json.loads(line) for line in lines], sys.stdout)`;
  await fc.assert(
    fc.asyncProperty(records, async (records) => {
      const read = await runPython(program, records.map(line).join(""));
      assertEquals(read, records.map(expectedObject));
    }),
    RUNS,
  );
});

/** Columns of csv whose values are lists. */
const LISTS: readonly string[] = ["samples", "command_line", "rules", "reasons"];

testUnless(NO_PYTHON, "Python's csv reads csv as one row a record, with every value", async () => {
  const { header, line } = createCsvFormat({ communityIdSeed: SEED });
  const program = `
import csv, io, json, sys
csv.field_size_limit(1 << 30)
text = io.TextIOWrapper(sys.stdin.buffer, encoding="utf-8", newline="")
json.dump([row for row in csv.DictReader(text, strict=True)], sys.stdout)`;
  await fc.assert(
    fc.asyncProperty(records, async (records) => {
      const rows = await runPython(program, header + records.map(line).join("")) as Record<
        string,
        string
      >[];
      assertEquals(rows.length, records.length);
      for (const [index, record] of records.entries()) {
        const row = rows[index] ?? {};
        assertEquals(Object.keys(row), CSV_COLUMNS);
        const expected = expectedPairs(record, "plain");
        for (const [name, cell] of Object.entries(row)) {
          const value = LISTS.includes(name) && cell !== ""
            ? JSON.stringify(JSON.parse(cell))
            : unescapeControl(cell);
          assertEquals(value, expected[name] ?? "", name);
        }
      }
    }),
    RUNS,
  );
});

testUnless(
  NO_PYTHON,
  "Python reads lognet's files: columns, upid and list of arguments",
  async () => {
    const program = String.raw`
import ast, json, re, sys
NUMBER = r"\|(\d+)\|(\d+\.\d+)"
CONNECTION = re.compile(r"(\S+) (TCP|UDP) (\S+) (\S+) (\S+) (\S+) ([A-Z_12]+|-) (?:(.*)" + NUMBER + "|-)")
PROCESS = re.compile(r"(\S+) (.*?)" + NUMBER + r" (\[.*\]|-)")
result = []
for line in sys.stdin.buffer.read().decode("utf-8").split("\n")[:-1]:
    kind, line = line[0], line[1:]
    if kind == "c":
        result.append(CONNECTION.fullmatch(line).groups())
    else:
        time, name, pid, start, command = PROCESS.fullmatch(line).groups()
        result.append([time, name, pid, start, [] if command == "-" else ast.literal_eval(command)])
json.dump(result, sys.stdout)`;
    const tcp = records.map((records) =>
      records.map((record, index): Connection => ({
        ...record,
        id: String(index),
        protocol: index % 2 ? "udp" : "tcp",
        event: "open",
        local: { ...record.local, ip: `192.0.2.${index}` },
        ...(record.remote && { remote: { ...record.remote, ip: `2001:db8::${index}` } }),
        ...(record.process && { process: { ...record.process, pid: index } }),
      }))
    );
    await fc.assert(
      fc.asyncProperty(tcp, async (records) => {
        const connections = createLognetConnectionsFormat(CONTEXT);
        const processes = createLognetProcessesFormat(CONTEXT);
        let text = "";
        const expected: unknown[] = [];
        for (const record of records) {
          const { process, local, remote } = record;
          const time = localTime(record.time, "|");
          const { name, pid, start } = process ?? {};
          const isWhole = name !== undefined && pid !== undefined && start !== undefined;
          const id = isWhole ? [name, String(pid), pythonFloat(start / 1e6)] : [null, null, null];
          text += "c" + connections.line(record);
          expected.push([
            time,
            record.protocol?.toUpperCase() ?? "-",
            ...(local.port ? [local.ip, String(local.port)] : ["-", "-"]),
            ...(remote?.port ? [remote.ip, String(remote.port)] : ["-", "-"]),
            ...id,
          ]);
          if (process === undefined || !isWhole) continue;
          text += "p" + processes.line(record);
          expected.push([time, ...id, process.commandLine ?? []]);
        }
        const read = await runPython(program, text) as (string | string[] | null)[][];
        const unescaped = read.map((row) =>
          row.map((value) => typeof value === "string" ? unescapeControl(value) : value)
            // The word of the state has a test of its own.
            .filter((_, index) => row.length < 10 || index !== 6)
        );
        assertEquals(unescaped, expected);
      }),
      RUNS,
    );
  },
);

testUnless(NO_PYTHON, "pythonFloat gives the digits of psutil's create_time", async () => {
  const times: [number, number][] = [];
  for (let i = 0; i < 20_000; i++) times.push([1_500_000_000 + i * 40_009, i * i * 41 + i]);
  const program = `
import json, sys
json.dump([str(float(ticks) / 100 + float(boot)) for boot, ticks in json.load(sys.stdin)], sys.stdout)`;
  const expected = await runPython(program, JSON.stringify(times));
  assertEquals(
    times.map(([boot, ticks]) => pythonFloat((boot * 1e6 + ticks * 1e4) / 1e6)),
    expected,
  );
});
