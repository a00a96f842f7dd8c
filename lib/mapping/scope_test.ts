import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { remembered } from "../formats/remembered.ts";
import { hostileConnection, SAMPLES } from "../formats/test_records.ts";
import type { Connection } from "../connection.ts";
import { columnsOf, SCHEMAS } from "./field.ts";
import { FIELDS } from "./fields.ts";
import { flowOf } from "./flow.ts";

const SEED = 0;

/** A record with every field. */
const FULL: Connection = {
  ...SAMPLES["update"]!,
  ...SAMPLES["open with a name and address translation"]!,
  ...SAMPLES["summary"]!,
  ...SAMPLES["close"]!,
  preexisting: true,
  application: "http",
  communityId: "1:x",
  attributionReason: "first not permitted",
};

const REQUIRED = {
  id: "c-1",
  event: "open",
  time: 1,
  direction: "unknown",
  outcome: "unknown",
  local: {},
  attribution: "none",
  collector: "proc",
} as const;

/** Records with every field but one, with no more than one, and with another word in its place. */
function variants(): Connection[] {
  const records: Connection[] = [];
  for (const field of Object.keys(FULL) as (keyof Connection)[]) {
    const { [field]: value, ...rest } = FULL;
    records.push({ ...REQUIRED, ...rest }, { ...REQUIRED, [field]: value });
    if (typeof value === "string") records.push({ ...FULL, [field]: "another" });
    if (typeof value === "number") records.push({ ...FULL, [field]: 7 });
  }
  records.push({ ...FULL, noteworthy: [] }, { ...FULL, socket: { type: "raw" } });
  const { host = { id: "h", name: "n" } } = FULL;
  for (const field of ["id", "name", "os"]) {
    records.push({ ...FULL, host: { ...host, [field]: "another" } });
  }
  return records.flatMap((record) => [FULL, record]);
}

const COLUMNS = SCHEMAS.flatMap((schema) =>
  columnsOf(FIELDS, schema).map((column) => ({ ...column, title: `${schema} ${column.name}` }))
);

/** Columns that depend on less than a record, and what is remembered of them. */
const SHARED = COLUMNS.flatMap(({ title, scope, value }) =>
  scope === "record"
    ? []
    : { title, value, known: remembered(scope, (record) => [value(flowOf(record))]) }
);

function assertShared(record: Connection): void {
  const flow = flowOf(record, SEED);
  for (const { title, value, known } of SHARED) assertEquals(known(record), [value(flow)], title);
}

function assertOnly(record: Connection): void {
  const flow = flowOf(record, SEED);
  for (const { title, field, value } of COLUMNS) {
    if (field.only?.(record) === false) assertEquals(value(flow), undefined, title);
  }
}

Deno.test("columns depend on no more than their scope says", () => {
  variants().forEach(assertShared);
  fc.assert(fc.property(hostileConnection, assertShared), { numRuns: 500 });
});

Deno.test("columns of rows that few records have are unknown of all others", () => {
  variants().forEach(assertOnly);
  fc.assert(fc.property(hostileConnection, assertOnly), { numRuns: 500 });
});

Deno.test("what is remembered of texts that are no words is right, too", () => {
  for (const letter of "aba") assertShared({ ...FULL, state: letter.repeat(100_000) });
});
