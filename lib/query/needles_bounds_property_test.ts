/** What stands beside the hosts of a log of connspy hides no answer. */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { readBlock } from "../../collectors/files/block_records.ts";
import { CONNSPY } from "../../collectors/files/connspy.ts";
import { LineFinder, type Needle } from "../scan/line_finder.ts";
import { assertCovering } from "../test_coverage.ts";
import { needlesFor } from "./needles.ts";
import { compileEnds, type Question } from "./question.ts";
import { question, TIME } from "./query_test_tools.ts";

const WANTED = ["zyla", "ZYLA.", "db.zyla", "192.0.2.7", "x", ".", "zyla..", "7", "0.2.7"];

const name = fc.constantFrom(
  ...["zyla", "Zyla", "ZYLA.", "zyla..", "db.zyla", "xzyla", "zylax", "zyla-x", "x.y", "7"],
  ...["192.0.2.7", "1192.0.2.7", "::ffff:192.0.2.7", "0:0:0:0:0:FFFF:192.0.2.7", "ézyla", "zylaé"],
  ...["a...", "x", "zyla:7", "\ufeffzyla", "zyla\0"],
);
const blank = fc.constantFrom(" ", " ", "\t", "  ", " \t", "\v", "\f", "\r");
const end = fc.constantFrom(
  "\n",
  "\n",
  "\r\n",
  " \n",
  "\t \r\n",
  "\r\r\n",
  ".\n",
  " # \n",
  " zyla\n",
);

/** A log of connspy whose last line may lack its line feed. */
const log = fc.tuple(
  fc.array(fc.tuple(blank, name, blank, name, end), { minLength: 4, maxLength: 12 }),
  fc.nat({ max: 2 }),
).map(([lines, cut]) => {
  const text = lines.map((fields) => `${TIME / 1e6}${fields.join("")}`).join("");
  return text.slice(0, text.length - cut);
});

const asked: fc.Arbitrary<Question> = fc.tuple(
  fc.constantFrom("to", "from", "host"),
  fc.array(fc.constantFrom(...WANTED), { minLength: 1, maxLength: 2 }),
).map(([side, hosts]) => question({ [side]: hosts }));

/** Where the lines of the answer begin, and how many were read. */
function answer(text: string, asked: Question, needles: readonly Needle[]): [number[], number] {
  const finder = new LineFinder(needles);
  const { written } = new TextEncoder().encodeInto(text, finder.buffer);
  const keeps = compileEnds(asked);
  const reader = CONNSPY.reader([]);
  const found: number[] = [];
  let read = 0;
  readBlock({ start: 0, end: written, at: 0 }, finder, {
    read(line, at) {
      read++;
      const record = reader.read(line, at);
      if (typeof record === "object" && keeps(record)) found.push(at);
      return undefined;
    },
  }, { record() {}, malformed() {} });
  return [found, read];
}

Deno.test("needlesFor loses no answer by what stands beside a host, and reads fewer lines", () => {
  const sum = { found: 0, bounded: 0, unbounded: 0 };
  const property = fc.property(log, asked, (text, asked) => {
    const needles = needlesFor(asked, CONNSPY) ?? [];
    const [all] = answer(text, asked, []);
    const [found, bounded] = answer(text, asked, needles);
    const [same, unbounded] = answer(text, asked, needles.map(({ text }) => ({ text })));
    assertEquals(found, all);
    assertEquals(same, all);
    sum.found += all.length;
    sum.bounded += bounded;
    sum.unbounded += unbounded;
  });
  assertCovering(property, { numRuns: 1500 }, () => {
    assert(sum.found > 500, `${sum.found} found`);
    assert(sum.bounded < sum.unbounded * 0.7, `${sum.bounded} of ${sum.unbounded} read`);
  });
});
