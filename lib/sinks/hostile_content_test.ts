/**
 * Hostile records through every format into every sink: what stands in the output is one line a record, the
 * same as the format makes. That the lines say what the records do, `lib/formats/independent_reader_test.ts`
 * shows; of files it is shown here once more.
 */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { missing, testUnless } from "../../tests/skip.ts";
import type { Connection } from "../connection.ts";
import { Diag } from "../diag.ts";
import type { Format } from "../formats/format.ts";
import { createFormat } from "../formats/formats.ts";
import { FORMAT_NAMES, type FormatName } from "../formats/names.ts";
import { expectedObject } from "../formats/test_ecs.ts";
import { PYTHON, runPython } from "../formats/test_python.ts";
import { hostileConnection, namedRecord, SAMPLES } from "../formats/test_records.ts";
import { Ledger } from "../pipeline/stage.ts";
import { realSystem } from "../system.ts";
import { FileTarget } from "./file_target.ts";
import { LineSink } from "./line_sink.ts";
import { openForAppending } from "./open_file.ts";
import { RenamedFiles } from "./renamed_files.ts";
import { Segments } from "./segments.ts";
import type { FromSender, ToSender } from "./syslog/protocol.ts";
import { type SenderPort, SyslogSink } from "./syslog/syslog_sink.ts";
import { readSyslog } from "./syslog/test_rfc5424.ts";
import { FixedTarget, type LineTarget } from "./target.ts";
import { TestPipe } from "./test_output.ts";

const SYSTEM = realSystem();
const DIAG = new Diag({ stderr: new TestPipe(), env: () => undefined });
const CONTEXT = {
  color: false,
  now: 0,
  template: "{ts} {process} {info.cmdline} {remote_name} {user}",
};

/** Longest syslog message, bytes. */
const MOST = 8192;

/** 64 KiB of what separates fields somewhere, and of what is no text at all. */
const LONG_NAME = '"\n,\r\x1b[ ]=|\u202e\u0085'.repeat(5958);
const LONG = namedRecord(LONG_NAME);

const records = fc.array(hostileConnection, { minLength: 5, maxLength: 30 })
  .map((hostile) => [...hostile, LONG, ...Object.values(SAMPLES)]);
const RUNS = { numRuns: 10, endOnFailure: true };

/** What acts on a terminal. */
const ACTS = /[\p{Cc}\p{Bidi_Control}]/u;

/** Writes in batches, and counts that all was emitted or had no line. */
async function writeAll(
  target: LineTarget,
  format: Format,
  records: readonly Connection[],
): Promise<void> {
  const ledger = new Ledger();
  ledger.read = records.length;
  const sink = new LineSink(target, format, ledger, DIAG);
  for (let i = 0; i < records.length; i += 7) sink.write(records.slice(i, i + 7));
  await sink.close();
  assertEquals([ledger.balance, sink.lost], [0, 0]);
}

/** What the files of a directory hold, one behind the other. */
function contents(directory: string, age: (name: string) => number): string {
  const names = [...Deno.readDirSync(directory)].map(({ name }) => name)
    .filter((name) => !name.startsWith("."));
  names.sort((a, b) => age(a) - age(b) || (a < b ? -1 : 1));
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  return names.map((name) => decoder.decode(Deno.readFileSync(`${directory}/${name}`))).join("");
}

const ROTATION = { rotation: { size: 20_000 }, syncs: false };

/** Targets by name: each gets a directory of its own, and is read back in the order of its files. */
const TARGETS = {
  file: {
    open: (directory: string) =>
      new FixedTarget(openForAppending(SYSTEM, `${directory}/x`), `${directory}/x`),
    age: () => 0,
  },
  renamed: {
    open: (directory: string) => {
      const files = new RenamedFiles(SYSTEM, `${directory}/x`);
      const file = openForAppending(SYSTEM, `${directory}/x`);
      return new FileTarget(files, file, { system: SYSTEM, diag: DIAG }, ROTATION);
    },
    age: (name: string) => -Number(/\d+$/.exec(name)?.[0] ?? 0),
  },
  segments: {
    open: (directory: string) => {
      const options = { host: { id: "h", name: LONG_NAME }, extension: "ndjson" };
      const segments = Segments.open(SYSTEM, directory, options);
      return new FileTarget(segments, segments.next(SYSTEM.now()), { system: SYSTEM, diag: DIAG }, {
        ...ROTATION,
        atEnd: () => segments[Symbol.dispose](),
      });
    },
    age: () => 0,
  },
} as const;

/** What the target's files hold in the end. */
async function throughFiles(
  name: keyof typeof TARGETS,
  format: Format,
  records: readonly Connection[],
): Promise<string> {
  const directory = await Deno.makeTempDir({ prefix: "connscribe-test-" });
  try {
    const { open, age } = TARGETS[name];
    await writeAll(open(directory), format, records);
    return contents(directory, age);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

/** Messages as a syslog server gets them. */
function throughSyslog(format: Format, records: readonly Connection[]): string[] {
  const posted: ToSender[] = [];
  const port: SenderPort = {
    onmessage: null as ((event: MessageEvent<FromSender>) => void) | null,
    postMessage: (message) => void posted.push(message),
    terminate: () => {},
  };
  const options = { name: "t", origin: { facility: 3, tag: "t", pid: 1 }, most: MOST };
  const sink = new SyslogSink(port, format, undefined, DIAG, { ...options, queueBytes: 2 ** 30 });
  sink.write(records);
  return posted.flatMap((message) => {
    if (message.type !== "frames") return [];
    let at = 0;
    return Array.from(message.sizes, (size) => {
      assert(size <= MOST, `${size} bytes`);
      return readSyslog(message.bytes.subarray(at, at += size)).message;
    });
  });
}

for (const name of FORMAT_NAMES) {
  Deno.test(`hostile records as ${name} are the same lines in every sink`, async () => {
    const fresh = () => createFormat(name, CONTEXT);
    await fc.assert(
      fc.asyncProperty(records, async (records) => {
        const format = await fresh();
        const lines = records.map((record) => format.line(record)).filter((line) => line !== "");
        const end = name === "csv" ? "\r\n" : "\n";
        for (const line of lines) {
          assert(line.endsWith(end));
          const shown = name === "zeek" ? line.replaceAll("\t", " ") : line;
          assert(!ACTS.test(shown.slice(0, -end.length)), JSON.stringify(line.slice(0, 500)));
        }
        // Half a character of UTF-16 is what it is in UTF-8.
        const wanted = lines.join("").toWellFormed();
        const pipe = new TestPipe();
        await writeAll(new FixedTarget(pipe), await fresh(), records);
        assertEquals(pipe.text, (format.header ?? "") + wanted, "stdout");
        assertEquals(await throughFiles("file", await fresh(), records), pipe.text, "file");
        assertEquals(
          withoutHeads(await throughFiles("renamed", await fresh(), records), format),
          wanted,
          "rotation",
        );
        if (format.header === undefined) {
          const segments = await throughFiles("segments", await fresh(), records);
          assertEquals(withoutSegments(segments, name), wanted, "segments");
        }
        const messages = throughSyslog(await fresh(), records);
        assertEquals(messages.length, lines.length);
        messages.forEach((message, i) => assertMessage(message, wanted.split("\n")[i] ?? "", name));
      }),
      RUNS,
    );
  });
}

/** Each file begins with the head lines. */
function withoutHeads(text: string, { header }: Format): string {
  return header === undefined ? text : text.replaceAll(header, "");
}

/** What tells the first line of a segment from a record. */
const SEGMENT_MARKS: Readonly<Partial<Record<FormatName, RegExp>>> = {
  ndjson: /"action":"segment"/,
  ocsf: /"uid":"[^"]*-segment"/,
  "zeek-json": /"message":"segment /,
  cim: / event=segment /,
  logfmt: / event=segment /,
  cef: /^CEF:0\|[^|]*\|[^|]*\|[^|]*\|segment\|/,
  leef: /^LEEF:2.0\|[^|]*\|[^|]*\|[^|]*\|segment\|/,
};

/** Without what segments begin with, which is one line each. */
function withoutSegments(text: string, name: FormatName): string {
  const mark = SEGMENT_MARKS[name] ?? / segment /;
  return text.split("\n").filter((line) => !mark.test(line.slice(0, 200))).join("\n");
}

/** The message is the line; a shortened one is JSON still, and says what is missing, or has an end that does. */
function assertMessage(message: string, line: string, name: FormatName): void {
  if (message === line.replace(/\r$/, "") || message === line) return;
  if (!line.startsWith("{")) return assert(message.endsWith("…[truncated]"), message.slice(-100));
  const [short, whole] = [JSON.parse(message), JSON.parse(line)];
  assert((short.connscribe ?? short.unmapped).truncated !== undefined);
  if (name !== "ndjson") return;
  assertEquals([short.event.id, short["@timestamp"]], [whole.event.id, whole["@timestamp"]]);
}

testUnless(
  missing([PYTHON]),
  "Python reads hostile records of rotated files as they were",
  async () => {
    const program = `
import json, sys
lines = sys.stdin.buffer.read().decode("utf-8").split("\\n")
assert lines.pop() == ""
json.dump([json.loads(line) for line in lines], sys.stdout)`;
    await fc.assert(
      fc.asyncProperty(records, async (records) => {
        const text = await throughFiles("renamed", await createFormat("ndjson", CONTEXT), records);
        assertEquals(await runPython(program, text), records.map(expectedObject));
      }),
      { numRuns: 3, endOnFailure: true },
    );
  },
);
