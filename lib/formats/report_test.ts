import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import type { Report, StatsReport } from "../report.ts";
import { isoTime } from "../time.ts";
import { createCefFormat } from "./cef.ts";
import { createCimFormat } from "./cim.ts";
import type { Format } from "./format.ts";
import { createFormat } from "./formats.ts";
import { createLeefFormat } from "./leef.ts";
import { createLogfmtFormat } from "./logfmt.ts";
import { createNdjsonFormat } from "./ndjson.ts";
import { createOcsfFormat } from "./ocsf.ts";
import { hostileReport, SAMPLE_REPORTS } from "./test_reports.ts";
import { createTextFormat } from "./text.ts";

const PLAIN = { color: false, now: 0 };
const text = createTextFormat(PLAIN);
const ndjson = createNdjsonFormat();
const ocsf = createOcsfFormat();

function lineOf(format: Format, report: Report): string {
  assert(format.report);
  return format.report(report);
}

/** Formats of names and values. */
const pairs = {
  cim: createCimFormat(),
  cef: createCefFormat(),
  leef: createLeefFormat(),
  logfmt: createLogfmtFormat(),
};

for (const [name, format] of Object.entries({ text, ndjson, ocsf, ...pairs })) {
  Deno.test(`${name} renders each kind of report as its golden lines`, async (t) => {
    let lines = "";
    for (const [kind, report] of Object.entries(SAMPLE_REPORTS)) {
      lines += `--- ${kind}\n${lineOf(format, report)}`;
    }
    await t.assertSnapshot(lines, { serializer: String });
  });
}

Deno.test("formats with fixed columns have no reports", async () => {
  for (const name of ["csv", "lognet", "table", "template"] as const) {
    assertEquals((await createFormat(name, PLAIN)).report, undefined);
  }
});

Deno.test("no format lets a report break its line or reach the terminal", () => {
  fc.assert(
    fc.property(hostileReport, (report) => {
      for (const format of [text, ndjson, ocsf, ...Object.values(pairs)]) {
        const line = lineOf(format, report);
        assert(line.endsWith("\n"));
        const body = line.slice(0, -1);
        assert(!/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}\u200b\ufeff]/u.test(body), line);
        assert(body.isWellFormed());
      }
    }),
    { numRuns: 1000 },
  );
});

/** The mapping to ECS once more, in the plainest way. */
function expectedOwn(report: Report): unknown {
  if (report.kind === "coverage") return { coverage: { collectors: report.collectors } };
  if (report.kind === "gap") return { gap: { windows: report.windows, reason: report.reason } };
  if (report.kind === "clock") {
    const { from, to } = report;
    return { clock: { from: isoTime(from), to: isoTime(to), jump_us: to - from } };
  }
  if (report.kind === "segment") {
    const { name, sequence, previous } = report;
    return { segment: { name, sequence, ...(previous !== undefined && { previous }) } };
  }
  const byReason = (reasons: StatsReport["total"]["dropped"]) => ({
    total: Object.values(reasons).reduce((sum, count) => sum + count, 0),
    reasons,
  });
  const counts = ({ dropped, degraded, ...rest }: StatsReport["total"]) => ({
    ...rest,
    dropped: byReason(dropped),
    degraded: byReason(degraded),
  });
  return {
    stats: {
      why: report.why,
      collectors: report.collectors,
      total: counts(report.total),
      delta: counts(report.delta),
      under_way: report.underWay,
      ...(report.lagUs !== undefined && { lag_us: report.lagUs }),
      memory_bytes: report.memoryBytes,
      ...(report.outputs !== undefined && { outputs: report.outputs }),
    },
  };
}

Deno.test("ndjson says all that a report says, and begins with what is unique to it", () => {
  fc.assert(
    fc.property(hostileReport, (report) => {
      const line = lineOf(ndjson, report);
      assertMatch(line, /^\{"@timestamp":"[^"]{27}","event":\{"id":"/);
      const read = JSON.parse(line);
      assertEquals(read["@timestamp"], isoTime(report.time));
      assertEquals(read.event.id, report.id);
      assertEquals(read.event.dataset, `connscribe.${report.kind}`);
      assertEquals(read.event.kind, report.kind === "stats" ? "metric" : "state");
      assertEquals(read.host, report.host);
      assertEquals(read.connscribe, expectedOwn(report));
      const span = report.kind === "stats" || report.kind === "gap" ? report : undefined;
      assertEquals(read.event.start, span && isoTime(span.from));
      assertEquals(read.event.end, span && isoTime(span.to));
      assertEquals(read.event.duration, span && Math.max(span.to - span.from, 0) * 1000);
    }),
    { numRuns: 500 },
  );
});

/** A word as quoteWord makes them. */
const WORD = String.raw`(?:[^\s'"$]|'[^']*'|\$'(?:[^'\\]|\\.)*')+`;
const LINE = new RegExp(
  String.raw`^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}Z (?:` +
    String
      .raw`stats (?:interval|loss|asked|end) (?:${WORD})?(?: [a-z_.]+(?:${WORD})?=\d+(?:\(\+\d+\))?)+ ` +
    String.raw`span=\S+(?: lag=\S+)? memory=\d+MiB(?: output=${WORD} lost=\d+)*|` +
    String.raw`gap (?:max-catchup|no-data) from=\S+Z to=\S+Z windows=\d+ span=\S+|` +
    String.raw`clock from=\S+Z to=\S+Z jump=[-+]\S+|` +
    String.raw`segment ${WORD} sequence=\d+(?: previous=${WORD})? version=${WORD}|` +
    String.raw`coverage version=${WORD}` +
    String
      .raw`(?: collector=${WORD} (?:un)?usable ${WORD}(?: misses=${WORD})*(?: remedy=${WORD})*)*)\n$`,
);

Deno.test("text keeps the words of a report apart whatever they hold", () => {
  for (const report of Object.values(SAMPLE_REPORTS)) assertMatch(lineOf(text, report), LINE);
  fc.assert(
    fc.property(hostileReport, (report) => assertMatch(lineOf(text, report), LINE)),
    { numRuns: 500 },
  );
});

Deno.test("formats take a reason that is named as what every object has for a reason like others", () => {
  const report = SAMPLE_REPORTS["stats at an interval"];
  assert(report?.kind === "stats");
  for (const reason of ["constructor", "toString", "__proto__"]) {
    const total = { ...report.total, dropped: Object.fromEntries([[reason, 2]]) };
    const line = lineOf(text, { ...report, total });
    assertStringIncludes(line, ` dropped=2 dropped.${reason}=2 `);
    const { connscribe } = JSON.parse(lineOf(ndjson, { ...report, total }));
    assertEquals(Object.entries(connscribe.stats.total.dropped.reasons), [[reason, 2]]);
    assertEquals(connscribe.stats.delta.dropped, { total: 0, reasons: {} });
  }
});

Deno.test("text shows reports dim where there are colours, and the same otherwise", () => {
  const colored = createTextFormat({ color: true, now: 0 });
  for (const report of Object.values(SAMPLE_REPORTS)) {
    const line = lineOf(text, report);
    assertEquals(lineOf(colored, report), `\x1b[2m${line.slice(0, -1)}\x1b[0m\n`);
  }
});
