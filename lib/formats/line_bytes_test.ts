import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { createFormat } from "./formats.ts";
import { writeLineOf } from "./line_bytes.ts";
import { hostileConnection, SAMPLES, TIME } from "./test_records.ts";

for (const name of ["ndjson", "csv"] as const) {
  Deno.test(`${name} writes the same bytes as its line, or asks for enough room`, async () => {
    const format = await createFormat(name, { color: false, now: TIME });
    const write = writeLineOf(format);
    fc.assert(
      fc.property(hostileConnection, fc.nat(3000), fc.nat(20), (record, room, most) => {
        const at = Math.min(most, room);
        const line = new TextEncoder().encode(format.line(record));
        let into = new Uint8Array(room);
        let end = write(record, into, at);
        if (end > room) {
          into = new Uint8Array(end);
          end = write(record, into, at);
          assert(end <= into.length);
        } else assertEquals(end, at + line.length);
        assertEquals(into.subarray(end - line.length, end), line);
        assert(into.subarray(0, end - line.length).every((byte) => byte === 0));
      }),
      { numRuns: 500 },
    );
  });
}

Deno.test("a format that has nothing to say of a record writes nothing", async () => {
  const format = await createFormat("lognet", { color: false, now: TIME });
  const silent = Object.values(SAMPLES).find((record) => format.line(record) === "");
  assert(silent !== undefined);
  assertEquals(writeLineOf(format)(silent, new Uint8Array(10), 4), 4);
});

Deno.test("ndjson makes a whole line of a record of any length", async () => {
  const { line } = await createFormat("ndjson", { color: false, now: TIME });
  const name = '"\n\u{1f995}'.repeat(9000);
  const record = { ...SAMPLES["open"]!, remote: { ip: "192.0.2.1", name } };
  assertEquals(JSON.parse(line(record)).destination.domain, name);
});
