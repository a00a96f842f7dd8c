import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { communityId } from "../../lib/community_id.ts";
import type { Connection } from "../../lib/connection.ts";
import { createNdjsonFormat } from "../../lib/formats/ndjson.ts";
import { hostileReport, SAMPLE_REPORTS } from "../../lib/formats/test_reports.ts";
import { identityText } from "../../lib/mapping/identity.ts";
import type { Report } from "../../lib/report.ts";
import { CONNSCRIBE_NDJSON } from "./connscribe_ndjson.ts";
import { complaint, recordWithAddresses, withoutEmptyObjects } from "./connscribe_test_tools.ts";
import { MALFORMED } from "./log_format.ts";

const SEED = 7;
const format = createNdjsonFormat({ communityIdSeed: SEED });
const { read, report } = CONNSCRIBE_NDJSON.reader([]);
assert(report !== undefined);

function reportLine(report: Report): string {
  return format.report?.(report) ?? "";
}

/** Whatever is summed up has a remote end. */
const records = recordWithAddresses.map((record): Connection =>
  record.event === "summary" ? { remote: {}, ...record } : record
);

/** What a line tells of a record. */
function told(record: Connection): Connection {
  const { remote, ...rest } = withoutEmptyObjects(record);
  const isBare = remote !== undefined && Object.keys(remote).length === 0 &&
    record.bytesIn === undefined && record.packetsIn === undefined &&
    record.event !== "close" && record.event !== "summary";
  const computed = communityId(record, SEED);
  const id = record.communityId ?? (computed && identityText(computed));
  const made = id === undefined ? {} : { communityId: id };
  if (remote !== undefined && !isBare) return { ...rest, remote, ...made };
  const { bytesIn: _bytes, packetsIn: _packets, nat: _nat, ...alone } = rest;
  return { ...alone, ...made };
}

/** Whether the line shows both ends, and so which is which: nat is an end's, too. */
function isClear(record: Connection): boolean {
  return record.initiator !== undefined &&
    (record.nat === undefined || told(record).nat !== undefined);
}

Deno.test("connscribe-ndjson gives back every record", () => {
  fc.assert(
    fc.property(records.filter(isClear), (record) => {
      const line = format.line(record).trimEnd();
      assertEquals(CONNSCRIBE_NDJSON.written(line), record.time);
      assertEquals(read(line, 0), told(record));
      assertEquals(CONNSCRIBE_NDJSON.recognises([line]), true);
    }),
    { numRuns: 2000 },
  );
});

Deno.test("connscribe-ndjson tells the ends apart where nobody says who has opened", () => {
  const ends = fc.record({
    direction: fc.constantFrom("egress", "ingress", "local", "unknown"),
    local: fc.constantFrom({ ip: "10.0.0.5", port: 22 }, { name: "alpha" }),
    remote: fc.constantFrom({ ip: "192.0.2.7" }, { port: 80, name: "beta" }),
  });
  fc.assert(
    fc.property(records, ends, ({ initiator: _by, nat: _nat, ...record }, given) => {
      const whole: Connection = { ...record, ...given };
      assertEquals(read(format.line(whole).trimEnd(), 0), told(whole));
      const event = whole.event === "summary" ? "listen" : whole.event;
      const { remote: _remote, ...listener } = told({ ...whole, event, direction: "unknown" });
      assertEquals(read(format.line(listener).trimEnd(), 0), told(listener));
    }),
    { numRuns: 1000 },
  );
});

Deno.test("connscribe-ndjson never throws, and what it gives is sane", () => {
  const bits = fc.constantFrom(
    '{"@timestamp":"2026-11-21T02:01:40.144181Z"',
    ',"connscribe":{"connection":{"id":"x"},"event":"open","direction":"egress"',
    ',"outcome":"unknown","collector":"proc","attribution":{"kind":"exact"}',
    ',"source":{"ip":"10.0.0.5","port":1}',
    ',"network":',
    "null",
    "{",
    "}",
    "}}",
    "[]",
    "-1",
    '"',
  );
  const line = fc.oneof(
    fc.string({ unit: "binary", maxLength: 60 }),
    fc.array(bits, { maxLength: 8 }).map((parts) => parts.join("")),
    fc.json(),
  );
  fc.assert(
    fc.property(line, (text) => {
      const record = read(text, 0);
      report(text);
      CONNSCRIBE_NDJSON.recognises([text]);
      const time = CONNSCRIBE_NDJSON.written(text);
      if (record === undefined || record === MALFORMED) return;
      assertEquals(complaint(record), "");
      assertEquals(time, record.time);
    }),
    { numRuns: 1000 },
  );
});

Deno.test("connscribe-ndjson gives a sane record or none for any change of one value", () => {
  const value = fc.oneof(fc.jsonValue({ maxDepth: 1 }), fc.integer(), fc.string());
  fc.assert(
    fc.property(records, fc.nat(), value, (record, at, other) => {
      const object = JSON.parse(format.line(record));
      const places: [Record<string, unknown>, string][] = [];
      const collect = (fields: Record<string, unknown>) => {
        for (const [name, field] of Object.entries(fields)) {
          places.push([fields, name]);
          if (isRecord(field)) collect(field);
        }
      };
      collect(object);
      const [fields, name] = places[at % places.length]!;
      fields[name] = other;
      const result = read(JSON.stringify(object), 0);
      if (result !== undefined && result !== MALFORMED) assertEquals(complaint(result), "");
    }),
    { numRuns: 500 },
  );
});

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

Deno.test("connscribe-ndjson loses nothing that is written: each line comes back byte for byte", () => {
  fc.assert(
    fc.property(records.map(withoutEmptyObjects), (given) => {
      // Of what is known of a remote end where there is none, only a sum is written.
      const { bytesIn: _bytes, packetsIn: _packets, nat: _nat, ...alone } = given;
      const line = format.line(given.remote === undefined ? alone : given);
      const record = read(line.trimEnd(), 0);
      assert(record !== undefined && record !== MALFORMED);
      assertEquals(format.line(record), line);
    }),
    { numRuns: 3000 },
  );
});

Deno.test("connscribe-ndjson gives back every report, byte for byte", () => {
  fc.assert(
    fc.property(
      fc.oneof(hostileReport, fc.constantFrom(...Object.values(SAMPLE_REPORTS))),
      (given) => {
        const line = reportLine(given);
        assertEquals(read(line.trimEnd(), 0), undefined);
        const back = report(line.trimEnd());
        assertEquals(back, given);
        assert(back !== undefined && back !== MALFORMED);
        assertEquals(reportLine(back), line);
      },
    ),
    { numRuns: 1000 },
  );
});
