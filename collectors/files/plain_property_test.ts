import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { assertCovering } from "../../lib/test_coverage.ts";
import { CONNSPY } from "./connspy.ts";
import { CONNTRACK_LOGGER } from "./conntrack_logger.ts";
import { CONNTRACK_TEXT } from "./conntrack_text.ts";
import { LOGNET } from "./lognet.ts";
import { type LogFormat, MALFORMED } from "./log_format.ts";
import { assertSane, damagedLines, fixtureLines, SAMPLE_LOGS } from "./plain_test_tools.ts";

const FLOWS = ["expiry", "mz", "nat", "rule6", "sctp"].flatMap((name) =>
  fixtureLines(`conntrack/${name}.out`).map((line) =>
    line.startsWith("[1") ? line : `[1795226380.144181]\t${line}`
  )
);

const FORMATS: readonly (readonly [format: LogFormat, lines: readonly string[]])[] = [
  [CONNSPY, SAMPLE_LOGS["connspy"] ?? []],
  [LOGNET, SAMPLE_LOGS["lognet"] ?? []],
  [CONNTRACK_LOGGER, SAMPLE_LOGS["conntrack-logger"] ?? []],
  [CONNTRACK_TEXT, FLOWS],
];

for (const [format, lines] of FORMATS) {
  Deno.test(`${format.name} makes sane records of any text, each of the time that it was written`, () => {
    const reader = format.reader(lines);
    let records = 0;
    let malformed = 0;
    assertCovering(
      fc.property(damagedLines(lines), fc.nat(), (line, at) => {
        const record = reader.read(line, at);
        format.recognises([line]);
        const written = format.written(line);
        if (record === MALFORMED) malformed++;
        if (record === undefined || record === MALFORMED) return;
        records++;
        assertSane(record);
        assertEquals(record.time, written);
        assertEquals(reader.read(line, at), record);
      }),
      { numRuns: 3000 },
      () => assert(records > 100 && malformed > 100, `${records} records, ${malformed} malformed`),
    );
  });
}
