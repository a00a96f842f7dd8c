/** What `logfmt` writes is read back by the npm package of that name. */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import logfmt from "logfmt";
import type { Connection } from "../connection.ts";
import { unescapeControl } from "./escape.ts";
import { createLogfmtFormat } from "./logfmt.ts";
import { reportFacts } from "./report_facts.ts";
import { expectedPairs, type Pairs, SEED } from "./test_pairs.ts";
import { hostileConnection, SAMPLES } from "./test_records.ts";
import { hostileReport } from "./test_reports.ts";

const format = createLogfmtFormat({ communityIdSeed: SEED });
/** The package has no types. */
const parse: (line: string) => Record<string, unknown> = logfmt.parse;

const RUNS = { numRuns: 700 };

/** Columns whose values are lists. */
const LISTS: readonly string[] = ["samples", "command_line", "rules", "reasons"];

function read(line: string): Pairs {
  const pairs: Pairs = {};
  for (const [name, value] of Object.entries(parse(line))) {
    const text = String(value);
    pairs[name] = LISTS.includes(name) ? JSON.stringify(JSON.parse(text)) : unescapeControl(text);
  }
  return pairs;
}

Deno.test("logfmt is read by the npm package of that name, with every value", () => {
  const check = (record: Connection) =>
    assertEquals(read(format.line(record).slice(0, -1)), expectedPairs(record, "plain"));
  Object.values(SAMPLES).forEach(check);
  fc.assert(fc.property(hostileConnection, check), RUNS);
});

Deno.test("logfmt says of a report what its facts are called, and no other key", () => {
  fc.assert(
    fc.property(hostileReport, (report) => {
      assert(format.report);
      const names = Object.keys(parse(format.report(report).slice(0, -1)));
      const facts = reportFacts(report).filter(({ value }) => value !== "");
      assertEquals(names, facts.map(({ name }) => name));
    }),
    RUNS,
  );
});
