/** Reports on a run for the tests of formats: some of each kind, and a generator of hostile ones. */
import fc from "fast-check";
import type {
  ClockReport,
  CoverageReport,
  GapReport,
  RecordCounts,
  Report,
  SegmentReport,
  StatsReport,
} from "../report.ts";
import { hostileText, TIME } from "./test_records.ts";

const HOST = { id: "4d1f2a", name: "web-1" };

const STATS: StatsReport = {
  kind: "stats",
  id: "r-1-stats",
  time: TIME,
  host: HOST,
  why: "interval",
  collectors: ["proc"],
  from: TIME - 60_000_000,
  to: TIME,
  total: { read: 120, emitted: 110, folded: 0, filtered: 8, dropped: {}, degraded: {} },
  delta: { read: 20, emitted: 20, folded: 0, filtered: 0, dropped: {}, degraded: {} },
  underWay: 2,
  lagUs: 12_345,
  memoryBytes: 84_934_656,
};

const { lagUs: _, ...WITHOUT_LAG } = STATS;

const COVERAGE: CoverageReport = {
  kind: "coverage",
  id: "r-2-coverage",
  time: TIME,
  host: HOST,
  version: "1.2.3",
  collectors: [{
    name: "proc",
    usable: true,
    reason: "reads the sockets of 1 network namespace",
    misses: [],
    remedies: [],
  }],
};

const GAP: GapReport = {
  kind: "gap",
  id: "r-6-gap",
  time: 1_795_226_400_000_000,
  host: HOST,
  from: 1_795_222_800_000_000,
  to: 1_795_226_400_000_000,
  windows: 12,
  reason: "max-catchup",
};

const SEGMENT: SegmentReport = {
  kind: "segment",
  id: "r-8-segment",
  time: TIME,
  host: HOST,
  version: "1.2.3",
  name: "connscribe-web-1-20261121T020140Z-000002.ndjson",
  sequence: 2,
  previous: "connscribe-web-1-20261121T010140Z-000001.ndjson",
};

const { previous: __, ...FIRST_SEGMENT } = SEGMENT;

/** One report of each kind, by name. */
export const SAMPLE_REPORTS: Readonly<Record<string, Report>> = {
  "stats at an interval": STATS,
  "stats after a loss": {
    ...STATS,
    id: "r-3-stats",
    why: "loss",
    collectors: ["trace", "conntrack"],
    from: TIME - 1_000_000,
    total: {
      read: 150,
      emitted: 120,
      folded: 10,
      filtered: 8,
      dropped: { malformed: 2, overrun: 10 },
      degraded: { no_bytes: 7, table_full: 1 },
    },
    delta: {
      read: 30,
      emitted: 10,
      folded: 10,
      filtered: 0,
      dropped: { overrun: 10 },
      degraded: { no_bytes: 3 },
    },
    underWay: 0,
  },
  "stats of a clock that was set back": {
    ...WITHOUT_LAG,
    id: "r-4-stats",
    why: "end",
    from: TIME + 3_600_000_000,
  },
  "coverage": COVERAGE,
  "coverage of a collector that went on as another": {
    ...COVERAGE,
    id: "r-5-coverage",
    collectors: [
      {
        name: "conntrack",
        usable: false,
        reason: "no rule of this network namespace needs tracking",
        sees: "every flow, however short",
        misses: [],
        remedies: ["add a rule, such as nft 'add table inet t'"],
      },
      {
        name: "proc",
        usable: true,
        reason: "reads the sockets of 2 network namespaces",
        misses: ["connections that begin and end between two looks", "bytes and packets"],
        remedies: ["run as root"],
      },
    ],
  },
  "gap": GAP,
  "segment": SEGMENT,
  "first segment": { ...FIRST_SEGMENT, id: "r-9-segment", sequence: 1 },
  "gap of years without data": {
    ...GAP,
    id: "r-7-gap",
    from: 0,
    windows: 5_984_088,
    reason: "no-data",
  },
  "stats of outputs that have lost something": {
    ...STATS,
    id: "r-8-stats",
    why: "asked",
    outputs: [{ name: '"/var/log/a b.log"', lost: 3 }],
  },
  "clock set back": {
    kind: "clock",
    id: "r-9-clock",
    time: TIME,
    host: HOST,
    from: TIME + 3_600_000_000,
    to: TIME,
  },
};

const count = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
const time = fc.integer({ min: 0, max: 4_102_444_800_000_000 });
const host = fc.record({ id: hostileText, name: hostileText });

const reasons = fc.dictionary(hostileText, fc.nat(), { maxKeys: 3, noNullPrototype: true });

const counts: fc.Arbitrary<RecordCounts> = fc.record({
  read: count,
  emitted: count,
  folded: count,
  filtered: count,
  dropped: reasons,
  degraded: reasons,
});

const hostileStats: fc.Arbitrary<StatsReport> = fc.record({
  kind: fc.constant("stats"),
  id: hostileText,
  time,
  host,
  why: fc.constantFrom("interval", "loss", "asked", "end"),
  collectors: fc.array(hostileText, { maxLength: 3 }),
  from: time,
  to: time,
  total: counts,
  delta: counts,
  underWay: count,
  lagUs: time,
  memoryBytes: count,
  outputs: fc.array(fc.record({ name: hostileText, lost: count }), { maxLength: 3 }),
}, {
  requiredKeys: [
    "kind",
    "id",
    "time",
    "host",
    "why",
    "collectors",
    "from",
    "to",
    "total",
    "delta",
    "underWay",
    "memoryBytes",
  ],
});

const hostileCoverage: fc.Arbitrary<CoverageReport> = fc.record({
  kind: fc.constant("coverage"),
  id: hostileText,
  time,
  host,
  version: hostileText,
  collectors: fc.array(
    fc.record({
      name: hostileText,
      usable: fc.boolean(),
      reason: hostileText,
      sees: hostileText,
      misses: fc.array(hostileText, { maxLength: 3 }),
      remedies: fc.array(hostileText, { maxLength: 3 }),
    }, { requiredKeys: ["name", "usable", "reason", "misses", "remedies"] }),
    { maxLength: 3 },
  ),
});

const hostileGap: fc.Arbitrary<GapReport> = fc.record({
  kind: fc.constant("gap"),
  id: hostileText,
  time,
  host,
  from: time,
  to: time,
  windows: count,
  reason: fc.constantFrom("max-catchup", "no-data"),
});

const hostileClock: fc.Arbitrary<ClockReport> = fc.record({
  kind: fc.constant("clock"),
  id: hostileText,
  time,
  host,
  from: time,
  to: time,
});

const hostileSegment: fc.Arbitrary<SegmentReport> = fc.record({
  kind: fc.constant("segment"),
  id: hostileText,
  time,
  host,
  version: hostileText,
  name: hostileText,
  sequence: count,
  previous: hostileText,
}, { requiredKeys: ["kind", "id", "time", "host", "version", "name", "sequence"] });

/** Reports of any kind in which every text is hostile. */
export const hostileReport: fc.Arbitrary<Report> = fc.oneof(
  hostileStats,
  hostileCoverage,
  hostileGap,
  hostileClock,
  hostileSegment,
);
