import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { createOcsfFormat } from "../../formats/ocsf.ts";
import { ocsfFaults } from "../../formats/test_ocsf.ts";
import { hostileConnection, namedRecord, SAMPLES } from "../../formats/test_records.ts";
import { shorten } from "./shorten.ts";

Deno.test("shorten leaves an event of OCSF one that its schema takes", () => {
  const { line } = createOcsfFormat();
  for (const most of [1200, 2000, 8000]) {
    const check = (text: string) => {
      const short = shorten(text.trimEnd(), most);
      if (short.startsWith("{") && short.endsWith("}")) {
        assertEquals(ocsfFaults(JSON.parse(short)).filter((f) => !f.includes("ip_t")), []);
      } else throw new Error(short);
    };
    for (const record of Object.values(SAMPLES)) check(line(record));
    check(line(namedRecord("x".repeat(70000))));
    fc.assert(fc.property(hostileConnection, (record) => check(line(record))), { numRuns: 100 });
  }
});
