import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { createCimFormat } from "../formats/cim.ts";
import { unescapeControl } from "../formats/escape.ts";
import { createNdjsonFormat } from "../formats/ndjson.ts";
import { expectedPairs, SEED } from "../formats/test_pairs.ts";
import { PYTHON, runPython } from "../formats/test_python.ts";
import { hostileConnection, SAMPLES } from "../formats/test_records.ts";
import { missing, testUnless } from "../../tests/skip.ts";
import { splunkFiles } from "./splunk_conf.ts";
import { SPLUNK } from "./test_splunk.ts";

const DIRECTORY = new URL("../../packaging/splunk/", import.meta.url);

Deno.test("packaging/splunk/ holds what the mapping table says", () => {
  const files = splunkFiles();
  for (const { name, text } of files) {
    const advice = `${name} is not as made: run "deno task packaging"`;
    assertEquals(Deno.readTextFileSync(new URL(name, DIRECTORY)), text, advice);
  }
  const names = [...Deno.readDirSync(DIRECTORY)].map(({ name }) => name);
  assertEquals(names.sort(), files.map(({ name }) => name).sort());
});

interface Seen {
  readonly fields: Readonly<Record<string, unknown>>;
  readonly tags: readonly string[];
}

const TRAFFIC = ["action", "app", "dest", "dvc", "src", "transport", "vendor_product"];
const PORTS = [
  ...["dest", "dest_port", "src", "src_port", "state", "transport", "transport_dest_port"],
  "vendor_product",
];

/** What Splunk sees of records, in the one format and in the other. */
async function seen(records: readonly (typeof SAMPLES)[string][]): Promise<Seen[][]> {
  const files = Object.fromEntries(splunkFiles().map(({ name, text }) => [name, text]));
  const context = { communityIdSeed: SEED };
  const cim = createCimFormat(context);
  const ecs = createNdjsonFormat(context);
  const lines = records.flatMap((record) => [
    ["connscribe:cim", cim.line(record).trimEnd()],
    ["connscribe:ecs", ecs.line(record).trimEnd()],
  ]);
  const all = await runPython(SPLUNK, JSON.stringify({ files, lines })) as Seen[];
  return records.map((_, index) => all.slice(2 * index, 2 * index + 2));
}

const skips = missing([PYTHON]);

testUnless(skips, "Splunk finds all that its models require, and the tags for them", async () => {
  const records = Object.values(SAMPLES);
  for (const [index, both] of (await seen(records)).entries()) {
    const { event, remote, local } = records[index]!;
    for (const { fields, tags } of both) {
      const isPort = event === "listen" && local.port !== undefined;
      const isTraffic = event === "summary" || remote !== undefined;
      assertEquals(
        tags,
        isPort ? ["listening", "port"] : isTraffic ? ["communicate", "network"] : [],
      );
      for (const name of isPort ? PORTS : isTraffic ? TRAFFIC : []) {
        assert(fields[name] !== undefined && fields[name] !== "", `${name} of ${event}`);
      }
      if (isTraffic) {
        assert(["allowed", "blocked", "teardown", "flow"].includes(String(fields["action"])));
        assert(["tcp", "udp", "icmp"].includes(String(fields["transport"])));
      }
      for (const side of ["src", "dest"]) {
        assertEquals(fields[`${side}_ip`] ?? fields[side], fields[side]);
      }
      assert(fields["bytes"] === undefined || Number(fields["bytes"]) > 0);
    }
  }
});

/** As many digits as the format has. */
function seconds(value: unknown): string {
  const number = Number(value);
  return Number.isInteger(number) ? String(number) : number.toFixed(6);
}

testUnless(skips, "Splunk sees the same in both formats as in the table", async () => {
  const records = Object.values(SAMPLES);
  for (const [index, both] of (await seen(records)).entries()) {
    const expected = expectedPairs(records[index]!, "cim");
    for (const { fields } of both) {
      for (const [name, text] of Object.entries(expected)) {
        const value = name === "duration" ? seconds(fields[name]) : String(fields[name]);
        // What Python calls a truth begins with a capital letter; escapes are those of the format.
        assertEquals(unescapeControl(value.toLowerCase()), text.toLowerCase(), name);
      }
    }
  }
});

testUnless(skips, "no process makes Splunk see another key, source or destination", async () => {
  const goesOn = { ...SAMPLES["summary"]!, outcome: "established", count: 0, denied: 0 } as const;
  const records = fc.array(hostileConnection, { minLength: 500, maxLength: 500 });
  const hostile = [goesOn, ...fc.sample(records, { numRuns: 1, seed: 1 }).flat()];
  const lines = await seen(hostile);
  for (const [index, both] of lines.entries()) {
    const expected = expectedPairs(hostile[index]!, "cim");
    const [cim] = both;
    const { sourcetype: _, ...fields } = cim?.fields ?? {};
    assertEquals(Object.keys(fields).sort(), Object.keys(expected).sort());
    for (const { fields } of both) {
      for (const name of ["action", "src_port", "dest_port", "protocol", "direction"]) {
        assertEquals(fields[name]?.toString(), expected[name], name);
      }
    }
  }
});
