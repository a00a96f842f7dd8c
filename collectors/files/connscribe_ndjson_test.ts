import { assertEquals } from "@std/assert";
import { createNdjsonFormat } from "../../lib/formats/ndjson.ts";
import { SAMPLES, TIME } from "../../lib/formats/test_records.ts";
import { CONNSCRIBE_NDJSON } from "./connscribe_ndjson.ts";
import { MALFORMED } from "./log_format.ts";

const format = createNdjsonFormat();
const { read } = CONNSCRIBE_NDJSON.reader([]);
const open = SAMPLES["open"]!;

function lineOf(record = open): string {
  return format.line(record).trimEnd();
}

/** The line with a value of its object changed. */
function changed(change: (object: Record<string, Record<string, unknown>>) => void): string {
  const object = JSON.parse(lineOf());
  change(object);
  return JSON.stringify(object);
}

Deno.test("connscribe-ndjson gives back every kind of record", () => {
  for (const [name, record] of Object.entries(SAMPLES)) {
    const line = lineOf(record);
    assertEquals(read(line, 0), record, name);
    assertEquals(CONNSCRIBE_NDJSON.written(line), record.time, name);
  }
});

Deno.test("connscribe-ndjson reads lines that another program has written again", () => {
  const object = JSON.parse(lineOf());
  const { "@timestamp": time, ...rest } = object;
  const spaced = JSON.stringify({ ...rest, nothing: null, "@timestamp": time }, null, 1)
    .replaceAll("\n", " ");
  assertEquals(read(spaced, 0), open);
  assertEquals(CONNSCRIBE_NDJSON.written(spaced), open.time);
  assertEquals(read(changed((it) => it["event"]!["end"] = null), 0), open);
});

Deno.test("connscribe-ndjson reads records of which little is known", () => {
  const bare = {
    id: "x",
    event: "open",
    time: TIME,
    direction: "unknown",
    initiator: "local",
    outcome: "unknown",
    local: { name: "alpha" },
    remote: { name: "beta" },
    attribution: "none",
    collector: "connspy",
  } as const;
  assertEquals(read(lineOf({ ...bare }), 0), bare);
});

Deno.test("connscribe-ndjson takes a lone destination for the remote end where there is a direction", () => {
  const { initiator: _by, ...rest } = open;
  const summary = { ...rest, local: {}, remote: { ip: "192.0.2.7" } };
  assertEquals(read(lineOf(summary), 0), summary);
});

Deno.test("connscribe-ndjson takes reports of a run for no records", () => {
  const report = format.report?.({
    kind: "coverage",
    id: "r",
    time: TIME,
    host: { id: "h", name: "web-1" },
    version: "1",
    collectors: [],
  }) ?? "";
  assertEquals(report.includes("connscribe.coverage"), true);
  assertEquals(read(report.trimEnd(), 0), undefined);
  assertEquals(CONNSCRIBE_NDJSON.written(report), TIME);
  assertEquals(CONNSCRIBE_NDJSON.recognises([report]), true);
  assertEquals(read("", 0), undefined);
});

Deno.test("connscribe-ndjson takes wrong types and missing parts for malformed", () => {
  const lines = [
    "text",
    "[]",
    "{",
    lineOf().slice(0, -9),
    '{"@timestamp":"2026-11-21T02:01:40.144181Z"}',
    '{"@timestamp":"2026-11-21T02:01:40.144181Z","connscribe":7}',
    lineOf().replace("2026-11", "2026-19"),
    changed((it) => it["connscribe"]!["event"] = "opened"),
    changed((it) => it["connscribe"]!["event"] = ["open"]),
    changed((it) => it["connscribe"]!["netns"] = -1),
    changed((it) => it["connscribe"]!["netns"] = "4026531840"),
    changed((it) => delete it["connscribe"]!["connection"]),
    changed((it) => delete it["connscribe"]!["attribution"]),
    changed((it) => it["source"]!["ip"] = "10.0.0.500"),
    changed((it) => it["source"]!["port"] = 65536),
    changed((it) => it["source"]!["nat"] = { port: 1 }),
    changed((it) => it["process"]!["args"] = "curl"),
    changed((it) => it["process"]!["start"] = 5),
    changed((it) => it["host"]!["id"] = {}),
    changed((it) => it["network"]!["type"] = "ipv5"),
    changed((it) => it["connscribe"]!["icmp"] = { code: 0 }),
    changed((it) => it["connscribe"]!["icmp"] = { type: 256 }),
    changed((it) => it["connscribe"]!["icmp"] = { type: 8, code: 256 }),
  ];
  for (const line of lines) assertEquals(read(line, 0), MALFORMED, line);
});

Deno.test("connscribe-ndjson takes no fields from names that objects have of their own", () => {
  const own = '"__proto__":{"local":1,"preexisting":true},"constructor":{},';
  const line = lineOf().replace('{"@timestamp"', `{${own}"@timestamp"`)
    .replace('"connscribe":{', `"connscribe":{${own}`);
  assertEquals(read(line, 0), open);
  assertEquals(Object.hasOwn(Object.prototype, "preexisting"), false);
});

Deno.test("connscribe-ndjson writes an address in its one spelling", () => {
  const line = lineOf().replace('"ip":"10.0.0.5"', '"ip":"::ffff:10.0.0.5"');
  assertEquals(read(line, 0), open);
});

Deno.test("connscribe-ndjson has one time for a line that names two", () => {
  const line = lineOf().replace(/\}$/, ',"@timestamp":"2020-01-01T00:00:00Z"}');
  assertEquals(read(line, 0), open);
  assertEquals(CONNSCRIBE_NDJSON.written(line), open.time);
});
