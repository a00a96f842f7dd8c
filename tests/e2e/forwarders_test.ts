/** What packaging/forwarders has for forwarders, read by the parsers of others: what would lose records if it broke. */
import { assert, assertEquals, assertGreater, assertLess, assertMatch } from "@std/assert";
import { parse as parseToml } from "@std/toml/parse";
import { createNdjsonFormat } from "../../lib/formats/ndjson.ts";
import { reportJson } from "../../lib/formats/ndjson_report.ts";
import { CURL, SAMPLES, TIME } from "../../lib/formats/test_records.ts";
import { COMMAND_LINE_LIMIT } from "../../lib/procfs/cmdline.ts";
import { reportId } from "../../lib/report.ts";
import { segmentName } from "../../lib/sinks/segment_name.ts";
import { PYTHON, ROOT, runOther } from "../program.ts";
import { pythonTest } from "../read_back.ts";

const DIRECTORY = `${ROOT}packaging/forwarders/`;
const SEGMENTS = "/var/log/connscribe/connscribe-*.ndjson";

/** The longest path that the kernel tells (PATH_MAX, limits.h, without its NUL), and the longest name in one. */
const PATH_MAX = 4095;
const NAME_MAX = 255;

/** Lets Python read a file and print it as JSON. */
const READERS = {
  yaml: "import json,sys,yaml; json.dump(yaml.safe_load(open(sys.argv[1])), sys.stdout)",
  ini: `
import configparser,json,sys
parser = configparser.ConfigParser(delimiters="=", interpolation=None)
parser.optionxform = str
parser.read_file(open(sys.argv[1]))
json.dump({name: dict(parser[name]) for name in parser.sections()}, sys.stdout)`,
} as const;

async function read(name: string, reader: keyof typeof READERS): Promise<unknown> {
  return JSON.parse(await runOther([PYTHON, "-I", "-c", READERS[reader], DIRECTORY + name]));
}

/** What an object has, by name; nothing where it is none. */
function fieldsOf(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null
    ? Object.fromEntries(Object.entries(value))
    : {};
}

/** What is at that place of a tree; undefined if nothing is. */
function at(tree: unknown, ...path: readonly (string | number)[]): unknown {
  return path.reduce((value, step) => fieldsOf(value)[step], tree);
}

/** The input of Filebeat and that of Elastic Agent, by the name of the file. */
async function filestreams(): Promise<[name: string, input: unknown][]> {
  return [
    ["filebeat.yml", at(await read("filebeat.yml", "yaml"), "filebeat.inputs", 0)],
    ["elastic-agent.yml", at(await read("elastic-agent.yml", "yaml"), "inputs", 0, "streams", 0)],
  ];
}

function vector(): unknown {
  return parseToml(Deno.readTextFileSync(`${DIRECTORY}vector.toml`));
}

async function fluentBit(part: "inputs" | "outputs"): Promise<unknown> {
  return at(await read("fluent-bit.yaml", "yaml"), "pipeline", part, 0);
}

/** A size as Fluent Bit reads it: k are 1000 bytes ("Unit sizes"). */
function fluentBitSize(text: unknown): number {
  const [, digits] = /^(\d+)k$/.exec(String(text)) ?? [];
  return Number(digits) * 1000;
}

/** Values of an option in a configuration of rsyslog. */
function rsyslogValues(name: string, option: string): string[] {
  const text = Deno.readTextFileSync(DIRECTORY + name).replaceAll(/^ *#.*$/gm, "");
  return [...text.matchAll(new RegExp(`\\b${option}="([^"]*)"`, "g"))].map(([, value]) =>
    value ?? ""
  );
}

/** Bytes of the longest line that a hostile process can bring about: all that it chooses, as long as it goes. */
function longestLine(): number {
  const open = SAMPLES["open with a name and address translation"];
  assert(open);
  const path = "\x01".repeat(PATH_MAX);
  const name = "\x01".repeat(NAME_MAX);
  const process = {
    ...CURL,
    commandLine: ["\x01".repeat(COMMAND_LINE_LIMIT)],
    executable: path,
    cgroup: path,
    unit: name,
    userUnit: name,
    parent: { ...CURL.parent, executable: path },
  };
  return new TextEncoder().encode(createNdjsonFormat().line({ ...open, process })).length;
}

/** The first line of a segment, which is a whole segment while nothing happens. */
function firstLine(sequence: number): string {
  const host = { id: "0".repeat(32), name: "h" };
  const name = segmentName(host.name, TIME, sequence, "ndjson");
  const id = reportId("segment", host, TIME, [name]);
  return reportJson({ kind: "segment", id, time: TIME, host, version: "0", name, sequence });
}

pythonTest("every forwarder reads segments, and no compressed ones", async () => {
  const patterns = [
    ...(await filestreams()).map(([, input]) => at(input, "paths", 0)),
    at(await fluentBit("inputs"), "path"),
    at(vector(), "sources", "connscribe", "include", 0),
    ...Object.keys(fieldsOf(await read("splunk/inputs.conf", "ini"))).slice(0, 1)
      .map((name) => name.replace("monitor://", "")),
    ...rsyslogValues("rsyslog.conf", "file"),
  ];
  assertEquals(patterns, Array(patterns.length).fill(SEGMENTS));
  assertEquals(patterns.length, 6);
  const pattern = new RegExp(`^${SEGMENTS.replaceAll(".", "\\.").replaceAll("*", "[^/]*")}$`);
  const segment = `/var/log/connscribe/${segmentName("web-1", TIME, 1, "ndjson")}`;
  assertMatch(segment, pattern);
  for (const suffix of [".zst", ".gz"]) assert(!pattern.test(segment + suffix));
});

pythonTest("no forwarder has a limit that a line could exceed", async () => {
  const longest = longestLine();

  assertGreater(longest, 102_400, "the defaults would do, and what the files say is wrong");
  const input = await fluentBit("inputs");
  const limits = [
    // The default, 10 MB, stands where there is none.
    ...(await filestreams()).map(([, input]) => at(input, "message_max_bytes") ?? 10_485_760),
    fluentBitSize(at(input, "buffer_max_size")),
    at(vector(), "sources", "connscribe", "max_line_bytes"),
    ...["rsyslog.conf", "rsyslog-central.conf"].flatMap((name) =>
      rsyslogValues(name, "maxMessageSize").map((size) => parseInt(size) * 1024)
    ),
    ...rsyslogValues("rsyslog-central.conf", "maxFrameSize").map(Number),
  ].map(Number);
  assertEquals(limits.length, 7);
  for (const limit of limits) assertGreater(limit, longest + 1000);
  assertEquals(at(input, "skip_long_lines"), true);
  const [largest] = rsyslogValues("rsyslog-central.conf", "maxFrameSize").map(Number);
  const [message] = rsyslogValues("rsyslog.conf", "maxMessageSize").map((k) => parseInt(k) * 1024);
  assertGreater(Number(largest), Number(message), "a frame has a head besides the message");
});

pythonTest("a forwarder tells segments apart by what all of them have at once", async () => {
  const [first, second] = [firstLine(1), firstLine(2)];
  for (const [name, input] of await filestreams()) {
    const fingerprint = fieldsOf(at(input, "prospector.scanner.fingerprint"));
    const length = Number(fingerprint["length"]);
    assertEquals(fingerprint, { enabled: true, offset: 0, length }, name);
    assert(Object.hasOwn(fieldsOf(input), "file_identity.fingerprint"), name);
    assertGreater(length, 63, `${name}: less is refused`);
    assertLess(length, first.length, `${name}: a segment of one line is not read`);
    assert(first.slice(0, length) !== second.slice(0, length), name);
  }
  assertEquals(at(vector(), "sources", "connscribe", "fingerprint"), {
    strategy: "checksum",
    lines: 1,
    ignored_header_bytes: 0,
  });
  for (const [name, monitor] of Object.entries(fieldsOf(await read("splunk/inputs.conf", "ini")))) {
    assertEquals([at(monitor, "initCrcLength"), at(monitor, "crcSalt")], ["256", undefined], name);
  }
  assert(first.slice(0, 256) !== second.slice(0, 256) && first.length > 256);
  assertEquals(at(await fluentBit("inputs"), "db.compare_filename"), true);
});

pythonTest("every forwarder begins at the beginning, and notes how far it is", async () => {
  const input = await fluentBit("inputs");
  assertEquals(at(input, "read_from_head"), true);
  assertMatch(String(at(input, "db")), /^\/var\/lib\//);
  const source = at(vector(), "sources", "connscribe");
  assertEquals(at(source, "read_from"), "beginning");
  assertEquals(at(source, "ignore_older_secs"), undefined);
  assertMatch(String(at(vector(), "data_dir")), /^\/var\/lib\//);
  for (const [name, stream] of await filestreams()) {
    assertMatch(String(at(stream, "id")), /^connscribe/, name);
    for (const option of ["ignore_older", "ignore_inactive"]) {
      assertEquals(at(stream, option), undefined, `${name} ${option}`);
    }
  }
  for (const monitor of Object.values(fieldsOf(await read("splunk/inputs.conf", "ini")))) {
    assertEquals([at(monitor, "followTail"), at(monitor, "ignoreOlderThan")], ["0", undefined]);
  }
  assertEquals(rsyslogValues("rsyslog.conf", "freshStartTail"), ["off"]);
  assertGreater(Number(rsyslogValues("rsyslog.conf", "persistStateInterval")[0]), 0);
});

pythonTest("what is delivered twice has one id, and what is not delivered stays", async () => {
  for (const [name, input] of await filestreams()) {
    const fields = at(input, "processors", 0, "copy_fields", "fields");
    assertEquals(fields, [{ from: "event.id", to: "@metadata._id" }], name);
    assertEquals(at(input, "parsers"), [
      { ndjson: { target: "", overwrite_keys: true, add_error_key: true } },
    ], name);
    assertEquals(at(input, "publisher_pipeline.disable_host"), true, name);
  }
  const output = await fluentBit("outputs");
  assertEquals(at(output, "id_key"), "$event['id']");
  assertEquals(at(output, "write_operation"), "create");
  assertEquals(at(output, "retry_limit"), "no_limits");
  assertEquals(at(await fluentBit("inputs"), "storage.type"), "filesystem");
  const [transform] = Object.values(fieldsOf(at(vector(), "transforms")));
  assertMatch(String(at(transform, "source")), /^\.document_id = \.event\.id$/m);
  const sink = at(vector(), "sinks", "connscribe_elasticsearch");
  assertEquals(at(sink, "id_key"), "document_id");
  assertEquals(at(sink, "acknowledgements", "enabled"), true);
  assertEquals(rsyslogValues("rsyslog.conf", "action\\.resumeRetryCount"), ["-1"]);
  assertEquals(rsyslogValues("rsyslog.conf", "queue\\.type"), ["Disk"]);
  assertEquals(rsyslogValues("rsyslog.conf", "queue\\.dequeueBatchSize"), ["1"]);
});

pythonTest("Fluent Bit takes the time of a record and leaves none besides it", async () => {
  const parser = at(await read("fluent-bit.yaml", "yaml"), "parsers", 0);
  assertEquals(at(parser, "name"), at(await fluentBit("inputs"), "parser"));
  assertEquals([at(parser, "time_key"), at(parser, "time_keep")], ["@timestamp", false]);
});

pythonTest("Splunk's forwarder knows the sources and where their records end", async () => {
  const inputs = Object.values(fieldsOf(await read("splunk/inputs.conf", "ini")));
  const sources = inputs.map((monitor) => at(monitor, "sourcetype"));
  assertEquals(sources, ["connscribe:ecs", "connscribe:cim"]);
  assertEquals(inputs.map((monitor) => at(monitor, "disabled")), ["0", "1"]);
  const props = await read("splunk/props.conf", "ini");
  assertEquals(Object.keys(fieldsOf(props)), sources);
  for (const source of ["connscribe:ecs", "connscribe:cim"]) {
    assertEquals(at(props, source), {
      EVENT_BREAKER_ENABLE: "true",
      EVENT_BREAKER: "([\\r\\n]+)",
    });
  }
});

Deno.test("every file of packaging/forwarders says where it goes, and README.md names it", () => {
  const readme = Deno.readTextFileSync(`${DIRECTORY}README.md`);
  for (const directory of ["", "splunk/"]) {
    for (const { name, isFile } of Deno.readDirSync(DIRECTORY + directory)) {
      if (!isFile || name === "README.md") continue;
      const text = Deno.readTextFileSync(DIRECTORY + directory + name);
      assertMatch(text.split("\n").slice(0, 3).join("\n"), /Goes (to|beside) /, name);
      assert(readme.includes(`[${directory}${name}](${directory}${name})`), name);
      assert(text.includes("Trap: ") || text.includes("filebeat.yml says why"), name);
    }
  }
});
