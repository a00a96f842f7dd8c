import { assert, assertEquals, assertMatch } from "@std/assert";
import fc from "fast-check";
import type { StatsReport } from "../report.ts";
import { metricsText } from "./metrics.ts";
import { hostileReport, SAMPLE_REPORTS } from "./test_reports.ts";

interface Sample {
  readonly name: string;
  readonly labels: Record<string, string>;
  readonly value: number;
}

const ESCAPED: Record<string, string> = { "\\\\": "\\", '\\"': '"', "\\n": "\n" };

/** Reads a file of metrics as the description of the format says, in the plainest way. */
function read(text: string): Sample[] {
  const samples: Sample[] = [];
  const types = new Map<string, string>();
  for (const line of text.split("\n").slice(0, -1)) {
    const type = /^# TYPE ([a-z_]+) (counter|gauge)$/.exec(line);
    if (type !== null) {
      assert(!types.has(type[1] ?? ""), "each metric stands once");
      types.set(type[1] ?? "", type[2] ?? "");
      continue;
    }
    if (/^# HELP [a-z_]+ \S/.test(line)) continue;
    const sample = /^([a-z_]+)(?:\{(.*)\})? ([0-9.e+-]+)$/s.exec(line);
    assert(sample !== null, line);
    const [, name = "", labels = "", value = ""] = sample;
    assert(types.has(name), name);
    const found: Record<string, string> = {};
    assertMatch(labels, /^(?:[a-z_]+="(?:[^"\\\n]|\\[\\"n])*"(?:,|$))*$/);
    for (const [, label = "", quoted = ""] of labels.matchAll(/([a-z_]+)="((?:[^"\\]|\\.)*)"/g)) {
      found[label] = quoted.replaceAll(/\\[\\"n]/g, (escape) => ESCAPED[escape] ?? "");
    }
    samples.push({ name, labels: found, value: Number(value) });
  }
  return samples;
}

function valueOf(samples: readonly Sample[], name: string, label = ""): number | undefined {
  const found = samples.filter((sample) =>
    sample.name === `connscribe_${name}` &&
    (label === "" || Object.values(sample.labels).includes(label))
  );
  assert(found.length <= 1);
  return found[0]?.value;
}

Deno.test("metricsText tells the totals, the reasons and who runs", () => {
  const report = SAMPLE_REPORTS["stats after a loss"];
  assert(report?.kind === "stats");
  const coverage = [
    { name: "trace", usable: true, reason: "", misses: [], remedies: [] },
    { name: "conntrack", usable: false, reason: "", misses: [], remedies: [] },
  ];
  const samples = read(metricsText(report, coverage));
  assertEquals(valueOf(samples, "records_read_total"), 150);
  assertEquals(valueOf(samples, "records_emitted_total"), 120);
  assertEquals(valueOf(samples, "records_dropped_total", "overrun"), 10);
  assertEquals(valueOf(samples, "records_degraded_total", "no_bytes"), 7);
  assertEquals(valueOf(samples, "lag_seconds"), 0.012345);
  assertEquals(valueOf(samples, "collector_up", "trace"), 1);
  assertEquals(valueOf(samples, "collector_up", "conntrack"), 0);
});

Deno.test("metricsText keeps every name in its label, whatever it is", () => {
  const stats = hostileReport.filter((report): report is StatsReport => report.kind === "stats");
  fc.assert(
    fc.property(stats, (report) => {
      const samples = read(metricsText(report, []));
      const { total, outputs = [] } = report;
      const dropped = samples.filter(({ name }) => name.endsWith("_dropped_total"));
      assertEquals(
        dropped.map(({ labels, value }) => [labels["reason"], value]),
        Object.entries(total.dropped).map(([reason, count]) => [reason.toWellFormed(), count]),
      );
      const lost = samples.filter(({ name }) => name.endsWith("output_lost_total"));
      assertEquals(
        lost.map(({ labels, value }) => [labels["output"], value]),
        outputs.map(({ name, lost }) => [name.toWellFormed(), lost]),
      );
    }),
    { numRuns: 300 },
  );
});
