/**
 * Reports on the run in the format `text`: words as a shell would read them, `name=value` where they have a
 * name, so that they are taken apart like the other lines.
 */
import { countOf, type Counts, sumOf } from "../counts.ts";
import type {
  ClockReport,
  CoverageReport,
  GapReport,
  Report,
  SegmentReport,
  StatsReport,
} from "../report.ts";
import { isoTime, readableDuration } from "../time.ts";
import { quoteWord } from "./escape.ts";

const COUNTS = ["read", "emitted", "folded", "filtered"] as const;

/** Bytes in a MiB. */
const MIB = 1_048_576;

/** `read=120(+12)`: in all, and how many of them in the span. */
function countWord(name: string, total: number, delta: number): string {
  return `${name}=${total}` + (delta === 0 ? "" : `(+${delta})`);
}

/** The sum of counts, and each of them. */
function countWords(name: string, total: Counts, delta: Counts): string[] {
  const words = [countWord(name, sumOf(total), sumOf(delta))];
  for (const [reason, count] of Object.entries(total)) {
    words.push(countWord(`${name}.${quoteWord(reason)}`, count, countOf(delta, reason)));
  }
  return words;
}

function statsText(report: StatsReport): string {
  const { why, from, to, total, delta, underWay, lagUs, memoryBytes, outputs = [] } = report;
  const words = ["stats", why, report.collectors.map(quoteWord).join(",")];
  for (const name of COUNTS) words.push(countWord(name, total[name], delta[name]));
  words.push(...countWords("dropped", total.dropped, delta.dropped));
  if (sumOf(total.degraded) > 0) {
    words.push(...countWords("degraded", total.degraded, delta.degraded));
  }
  words.push(`under_way=${underWay}`, `span=${readableDuration(Math.max(to - from, 0))}`);
  if (lagUs !== undefined) words.push(`lag=${readableDuration(lagUs)}`);
  words.push(`memory=${Math.round(memoryBytes / MIB)}MiB`);
  for (const { name, lost } of outputs) words.push(`output=${quoteWord(name)}`, `lost=${lost}`);
  return words.join(" ");
}

function coverageText(report: CoverageReport): string {
  const words = ["coverage", `version=${quoteWord(report.version)}`];
  for (const { name, usable, reason, misses, remedies } of report.collectors) {
    words.push(`collector=${quoteWord(name)}`, usable ? "usable" : "unusable", quoteWord(reason));
    for (const miss of misses) words.push(`misses=${quoteWord(miss)}`);
    for (const remedy of remedies) words.push(`remedy=${quoteWord(remedy)}`);
  }
  return words.join(" ");
}

function gapText({ reason, from, to, windows }: GapReport): string {
  const span = readableDuration(Math.max(to - from, 0));
  return `gap ${reason} from=${isoTime(from)} to=${isoTime(to)} windows=${windows} span=${span}`;
}

function clockText({ from, to }: ClockReport): string {
  const jump = `${to < from ? "-" : "+"}${readableDuration(Math.abs(to - from))}`;
  return `clock from=${isoTime(from)} to=${isoTime(to)} jump=${jump}`;
}

function segmentText({ version, name, sequence, previous }: SegmentReport): string {
  const words = ["segment", quoteWord(name), `sequence=${sequence}`];
  if (previous !== undefined) words.push(`previous=${quoteWord(previous)}`);
  return [...words, `version=${quoteWord(version)}`].join(" ");
}

/** What follows the time on the line of a report. */
export function reportText(report: Report): string {
  switch (report.kind) {
    case "stats":
      return statsText(report);
    case "coverage":
      return coverageText(report);
    case "gap":
      return gapText(report);
    case "clock":
      return clockText(report);
    case "segment":
      return segmentText(report);
  }
}
