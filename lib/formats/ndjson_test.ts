import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import { createNdjsonFormat } from "./ndjson.ts";
import { expectedObject } from "./test_ecs.ts";
import { hostileConnection, SAMPLES } from "./test_records.ts";

const { line } = createNdjsonFormat();

Deno.test("ndjson says of each kind of record what the plain mapping says", () => {
  for (const record of Object.values(SAMPLES)) {
    assertEquals(JSON.parse(line(record)), expectedObject(record));
  }
});

Deno.test("ndjson says the same of hostile records, and again when the process is remembered", () => {
  fc.assert(
    fc.property(hostileConnection, (record) => {
      const first = line(record);
      assertEquals(JSON.parse(first), expectedObject(record));
      assertEquals(line(record), first);
    }),
    { numRuns: 500 },
  );
});

Deno.test("ndjson begins with what is unique to the record", () => {
  for (const record of Object.values(SAMPLES)) {
    assertMatch(line(record), /^\{"@timestamp":"[^"]{27}","event":\{"id":"c-/);
  }
});

Deno.test("ndjson has every digit of a duration beyond 2^53 nanoseconds", () => {
  const record = { ...SAMPLES["close"]!, durationUs: 9_007_199_254_740_991 };
  assertStringIncludes(line(record), '"duration":9007199254740991000,');
  assertStringIncludes(line({ ...record, durationUs: 0 }), '"duration":0,');
});

Deno.test("ndjson names no field that is not known", () => {
  assert(!/null|undefined|NaN|""|\{\}/.test(line(SAMPLES["raw socket without a port"]!)));
});

Deno.test("ndjson keeps two hosts apart", () => {
  const record = SAMPLES["open"]!;
  for (const id of ["h1", "h2", "h1"]) {
    assertStringIncludes(
      line({ ...record, host: { id, name: "n" } }),
      `"host":{"id":"${id}","name":"n"}`,
    );
  }
});
