import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { communityId } from "../../lib/community_id.ts";
import type { Connection, RecordedProcess } from "../../lib/connection.ts";
import { createCsvFormat, CSV_COLUMNS } from "../../lib/formats/csv.ts";
import { SAMPLES } from "../../lib/formats/test_records.ts";
import { identityText } from "../../lib/mapping/identity.ts";
import type { Mutable } from "../../lib/mutable.ts";
import { CONNSCRIBE_CSV } from "./connscribe_csv.ts";
import { columnOf } from "./connscribe_csv_columns.ts";
import { complaint, recordWithAddresses, withoutEmptyObjects } from "./connscribe_test_tools.ts";
import { MALFORMED } from "./log_format.ts";

const SEED = 7;
const format = createCsvFormat({ communityIdSeed: SEED });
const header = CSV_COLUMNS.join(",");
const reader = CONNSCRIBE_CSV.reader([header]);
const open = SAMPLES["open"]!;

function lineOf(record = open): string {
  return format.line(record).replace(/\r\n$/, "");
}

/** The same without texts that are empty: their cells are, too. */
function withoutEmptyTexts<T extends object>(object: T): T {
  const told = { ...object };
  for (const [name, value] of Object.entries(told)) {
    if (value === "") Reflect.deleteProperty(told, name);
  }
  return told;
}

function toldProcess({ parent, ...rest }: RecordedProcess): RecordedProcess {
  return { ...withoutEmptyTexts(rest), ...(parent && { parent: withoutEmptyTexts(parent) }) };
}

/** What a line tells of a record. */
function told(record: Connection): Connection {
  const { remote, host, ...rest } = record;
  const known: Mutable<Connection> = {
    ...withoutEmptyTexts(rest),
    local: withoutEmptyTexts(rest.local),
  };
  const computed = communityId(record, SEED);
  const id = record.communityId ?? (computed && identityText(computed));
  if (id !== undefined && id !== "") known.communityId = id;
  const end = withoutEmptyTexts(remote ?? {});
  if (Object.keys(end).length > 0) known.remote = end;
  if (record.process !== undefined) known.process = toldProcess(record.process);
  if (host !== undefined && host.id !== "" && host.name !== "") {
    known.host = withoutEmptyTexts(host);
  }
  return withoutEmptyObjects(known);
}

Deno.test("connscribe-csv knows every column, but for the one that follows from others", () => {
  assertEquals(CSV_COLUMNS.filter((name) => columnOf(name) === undefined), ["event_id"]);
  assertEquals(columnOf("constructor"), undefined);
});

Deno.test("connscribe-csv gives back every kind of record", () => {
  for (const [name, record] of Object.entries(SAMPLES)) {
    const line = lineOf(record);
    assertEquals(reader.read(line, 0), told(record), name);
    assertEquals(CONNSCRIBE_CSV.written(line), record.time, name);
  }
  const plain = createCsvFormat();
  for (const record of Object.values(SAMPLES)) {
    assertEquals(reader.read(plain.line(record).trimEnd(), 0), record);
  }
});

Deno.test("connscribe-csv gives back every record, as far as its columns tell", () => {
  const records = recordWithAddresses.filter(({ id, collector }) => id !== "" && collector !== "");
  fc.assert(
    fc.property(records, (record) => {
      const line = lineOf(record);
      assertEquals(CONNSCRIBE_CSV.written(line), record.time);
      assertEquals(reader.read(line, 0), told(record));
    }),
    { numRuns: 2000 },
  );
});

Deno.test("connscribe-csv goes by the names in the header, also when it comes again", () => {
  const few = "time,collector,mood,connection_id,event,direction,outcome,attribution";
  const own = CONNSCRIBE_CSV.reader([header]);
  assertEquals(own.read(few, 0), undefined);
  const cells = ["2026-11-21T02:01:40.144181Z", "proc", "good", "c-1", "open", "egress"];
  assertEquals(own.read([...cells, "unknown", "exact"].join(","), 0), {
    id: "c-1",
    event: "open",
    time: open.time,
    direction: "egress",
    outcome: "unknown",
    local: {},
    attribution: "exact",
    collector: "proc",
  });
  assertEquals(own.read(header, 0), undefined);
  assertEquals(own.read(lineOf(), 0), open.process && told(open));
  const quoted = lineOf().replace(/^[^,]*/, '"$&"');
  assertEquals(own.read(quoted, 0), told(open));
  assertEquals(CONNSCRIBE_CSV.written(quoted), open.time);
  assertEquals(CONNSCRIBE_CSV.written(header), undefined);
});

Deno.test("connscribe-csv takes lines of other lengths and wrong values for malformed", () => {
  const line = lineOf();
  const lines = [
    "text",
    line + ",",
    line.slice(0, line.lastIndexOf(",")),
    line.replace(/,[^,]*$/, ',"x'),
    line.replace("2026-11", "2026-19"),
    line.replace(",open,", ",opened,"),
    line.replace(",10.0.0.5,", ",10.0.0.500,"),
    line.replace(",43210,", ",-1,"),
    line.replace(",43210,", ",65536,"),
    line.replace(",4711,", ",4711x,"),
    line.replace('"[""', '"["""'),
    line.replace(",c-1,", ",,"),
  ];
  const ping = lineOf(SAMPLES["close of a ping"]);
  lines.push(ping.replace(",8,0,", ",256,0,"), ping.replace(",8,0,", ",8,256,"));
  for (const wrong of lines) assertEquals(reader.read(wrong, 0), MALFORMED, wrong);
  assertEquals(CONNSCRIBE_CSV.reader([]).read(line, 0), MALFORMED);
  assertEquals(reader.read(" ", 0), undefined);
});

Deno.test("connscribe-csv is known by its header", () => {
  assertEquals(CONNSCRIBE_CSV.recognises([header, lineOf()]), true);
  assertEquals(CONNSCRIBE_CSV.recognises([lineOf()]), false);
  assertEquals(CONNSCRIBE_CSV.recognises(["time,event,bytes", "1,2,3"]), false);
});

Deno.test("connscribe-csv never throws, and what it gives is sane", () => {
  const cell = fc.oneof(
    fc.constantFrom("", "tcp", "4", "-1", "70000", '"', '""', "true", "[1]", '"[""a""]"', "\\x3d"),
    fc.string({ unit: "binary", maxLength: 6 }),
  );
  fc.assert(
    fc.property(fc.nat(), cell, fc.string({ unit: "binary", maxLength: 40 }), (at, other, text) => {
      const cells = lineOf(SAMPLES["close"]!).split(",");
      cells[at % cells.length] = other;
      for (const line of [cells.join(","), text, "time" + text]) {
        const record = CONNSCRIBE_CSV.reader([header, text]).read(line, 0);
        const time = CONNSCRIBE_CSV.written(line);
        CONNSCRIBE_CSV.recognises([line]);
        if (record === undefined || record === MALFORMED) continue;
        assertEquals(complaint(record), "");
        assertEquals(time, record.time);
      }
    }),
    { numRuns: 1000 },
  );
});
