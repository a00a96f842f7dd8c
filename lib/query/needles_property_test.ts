/** What `query` passes over without reading it is never an answer. */
import { assert } from "@std/assert";
import fc from "fast-check";
import { logFormat } from "../../collectors/files/formats.ts";
import { LOG_FORMAT_NAMES } from "../../collectors/files/log_format.ts";
import { type LogFormat, MALFORMED } from "../../collectors/files/log_format.ts";
import type { Connection, RecordedEndpoint } from "../connection.ts";
import type { Format } from "../formats/format.ts";
import { createFormat } from "../formats/formats.ts";
import { LineFinder, type Needle } from "../scan/line_finder.ts";
import { assertCovering } from "../test_coverage.ts";
import { needlesFor } from "./needles.ts";
import { compileEnds, type Question } from "./question.ts";
import { question, TIME } from "./query_test_tools.ts";

/** Of these, names and addresses are often the same, or a part of each other. */
const NAMES = [
  "zyla",
  "Zyla.",
  "db.zyla",
  "DB.ZYLA.",
  "zylax",
  "192.0.2.7",
  "x.192.0.2.7",
  "a\\b",
  'q"uote.zyla',
  "com,ma.zyla",
  "zürich.zyla",
  "tab\t.zyla",
  "e\u0301.zyla",
  "\u202ezyla",
  "=1+zyla",
  "\x1b[2J.zyla",
  "blank zyla",
  "slash/.zyla",
];
const ADDRESSES = [
  "192.0.2.7",
  "192.0.2.70",
  "10.0.0.1",
  "2001:db8::1",
  "::ffff:192.0.2.7",
  "::1",
];
const WANTED = [
  ...NAMES,
  ...ADDRESSES,
  "ZYLA..",
  ".",
  "::FFFF:C000:207",
  "0:0:0:0:0:ffff:192.0.2.7",
  "192.0.2.0/24",
  "192.0.2.7/32",
  "2001:DB8:0:0::1",
  "2001:db8::/32",
  "::ffff:192.0.2.0/120",
  "zyla/",
  "7",
];

const someEnd: fc.Arbitrary<RecordedEndpoint> = fc.record({
  ip: fc.constantFrom(...ADDRESSES),
  port: fc.integer({ min: 1, max: 65535 }),
  name: fc.constantFrom(...NAMES),
}, { requiredKeys: ["ip", "port"] });

const someRecord: fc.Arbitrary<Connection> = fc.record({
  id: fc.constant("c-1"),
  event: fc.constantFrom("open", "close"),
  time: fc.constant(TIME),
  direction: fc.constantFrom("egress", "ingress", "unknown"),
  initiator: fc.constantFrom("local", "remote"),
  outcome: fc.constant("unknown"),
  protocol: fc.constant("tcp"),
  protocolNumber: fc.constant(6),
  ipVersion: fc.constant(4),
  local: someEnd,
  remote: someEnd,
  attribution: fc.constant("exact"),
  process: fc.constant({ pid: 7, start: TIME, name: "zyla" }),
  collector: fc.constant("proc"),
  host: fc.constantFrom({ id: "h", name: "Zyla" }, { id: "h", name: "mia" }),
}, {
  requiredKeys: [
    "id",
    "event",
    "time",
    "direction",
    "outcome",
    "local",
    "remote",
    "attribution",
    "process",
    "collector",
    "protocol",
    "protocolNumber",
  ],
});

const hosts = fc.array(fc.constantFrom(...WANTED), { maxLength: 3 });

/** Hosts in letters of any case. */
const someQuestion: fc.Arbitrary<Question> = fc.tuple(hosts, hosts, hosts, fc.boolean()).map(
  ([to, from, host, isUpper]) => {
    const spelled = (texts: string[]) => isUpper ? texts.map((text) => text.toUpperCase()) : texts;
    return question({ to: spelled(to), from: spelled(from), host: spelled(host) });
  },
);

const someSide = fc.constantFrom("to", "from", "host");

/** Asked for one host as well, and for one that the record has, which finds more. */
const someCase = fc.oneof(
  { weight: 1, arbitrary: fc.tuple(someRecord, someQuestion) },
  {
    weight: 1,
    arbitrary: fc.tuple(someRecord, someSide, fc.constantFrom(...WANTED))
      .map(([record, side, host]) => [record, question({ [side]: [host] })] as const),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(someRecord, someSide, fc.nat(3)).map(([record, side, choice]) => {
      const { local, remote } = record;
      const hosts = [local.name, local.ip, remote?.name, remote?.ip];
      return [record, question({ [side]: [hosts[choice] ?? local.ip ?? ""] })] as const;
    }),
  },
);

/** Lines of a log of one record: those of its head, then that of the record. */
type Render = (record: Connection) => string[];

const ZEEK_HEAD = [
  "#separator \\x09",
  "#unset_field\t-",
  "#path\tconn",
  "#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tconn_state",
];

/** Other spellings of an address that Zeek or connspy might have written. */
function spelled(ip: string): string {
  return ip === "192.0.2.7" ? "::FFFF:c000:0207" : ip;
}

function text(record: Connection): string {
  const { local, remote } = record;
  return `${TIME / 1e6} ${local.name ?? spelled(local.ip ?? "")} ${
    remote?.name ?? spelled(remote?.ip ?? "")
  }`;
}

const RENDERS: Readonly<Record<string, Render>> = {
  connspy: (record) => [text(record)],
  zeek: ({ local, remote }) => [
    ...ZEEK_HEAD,
    [TIME / 1e6, "C1", spelled(local.ip ?? ""), 1, remote?.ip, 2, "tcp", "SF"].join("\t"),
  ],
  "zeek-json": ({ local, remote }) => [
    JSON.stringify({
      ts: TIME / 1e6,
      "id.orig_h": spelled(local.ip ?? ""),
      "id.resp_h": remote?.ip,
      conn_state: "SF",
      proto: "tcp",
    }).replace("192.", "\\u0031\\u00392."),
  ],
};

function linesOf(format: Format, record: Connection): string[] {
  const lines = (format.header ?? "") + format.line(record);
  return lines.split(/\r?\n/).filter((line) => line !== "");
}

async function renders(): Promise<Readonly<Record<string, Render>>> {
  const all: Record<string, Render> = { ...RENDERS };
  for (const name of ["ndjson", "csv", "lognet", "template", "littlesnitch-stats"] as const) {
    const format = await createFormat(name, { color: false, now: TIME });
    all[name] = (record) => linesOf(format, record);
    // Another program may have escaped more than it had to.
    if (name === "ndjson") {
      all["ndjson, escaped"] = (record) =>
        linesOf(format, record).map((line) => line.replaceAll('"z', '"\\u007a'));
    }
  }
  return all;
}

/** Whether the finder gives the line. */
function isFound(needles: readonly Needle[], line: string): boolean {
  const finder = new LineFinder(needles);
  const { written } = new TextEncoder().encodeInto(line + "\n", finder.buffer);
  return finder.find(0, written).length > 0;
}

function check(format: LogFormat, lines: readonly string[], asked: Question): boolean {
  const needles = needlesFor(asked, format);
  const reader = format.reader(lines);
  let isAnswer = false;
  for (const line of lines) {
    const record = reader.read(line, 0);
    if (record === undefined || record === MALFORMED || !compileEnds(asked)(record)) continue;
    isAnswer = true;
    assert(
      needles === undefined || isFound(needles, line),
      `${format.name}: ${JSON.stringify(needles)}: ${line}`,
    );
  }
  return isAnswer;
}

Deno.test("needlesFor hides no answer, in whatever format", async () => {
  const found = new Map<string, number>();
  const all = Object.entries(await renders());
  const formats = await Promise.all(LOG_FORMAT_NAMES.map(logFormat));
  assertCovering(
    fc.property(someCase, ([record, asked]) => {
      for (const [, render] of all) {
        const lines = render(record);
        for (const format of formats) {
          if (!check(format, lines, asked)) continue;
          found.set(format.name, (found.get(format.name) ?? 0) + 1);
        }
      }
    }),
    { numRuns: 1500 },
    () => {
      for (const name of ["connscribe-ndjson", "connscribe-csv", "connspy", "zeek", "zeek-json"]) {
        assert((found.get(name) ?? 0) > 50, `${name}: ${found.get(name)} answers`);
      }
      assert((found.get("lognet") ?? 0) > 20, `lognet: ${found.get("lognet")} answers`);
    },
  );
});
