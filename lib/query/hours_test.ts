import { assertEquals } from "@std/assert";
import { KIND, type Kind, type RunItem } from "../scan/host_tally.ts";
import { combineItems, compareItems, hourLines } from "./hours.ts";
import { HOUR } from "./hours_test_tools.ts";

const FIRST = 1_565_654_400_000_000;

function item(span: number, kind: Kind, name: string, count = 1): RunItem {
  return { span, kind, name: new TextEncoder().encode(name), count };
}

Deno.test("hourLines writes the hour in seconds, TO, FROM and MOST, as connspy-stream does", () => {
  const items = [
    item(FIRST, KIND.to, "tyjhawn"),
    item(FIRST, KIND.most, "cayce", 3),
    item(FIRST, KIND.most, "tyjhawn"),
    item(FIRST + HOUR, KIND.to, "devonta"),
    item(FIRST + HOUR, KIND.from, "reneisha"),
    item(FIRST + HOUR, KIND.most, "zeplin", 2),
  ];
  assertEquals([...hourLines(items)], [
    "1565654400.0\tTO\ttyjhawn\n",
    "1565654400.0\tMOST\tcayce\n",
    "1565658000.0\tTO\tdevonta\n",
    "1565658000.0\tFROM\treneisha\n",
    "1565658000.0\tMOST\tzeplin\n",
  ]);
  assertEquals([...hourLines([])], []);
});

Deno.test("hourLines names the first by its letters of those that connected equally often", () => {
  const items = [item(0, KIND.most, "a"), item(0, KIND.most, "b", 2), item(0, KIND.most, "c", 2)];
  assertEquals([...hourLines(items)], ["0.0\tMOST\tb\n"]);
});

Deno.test("hourLines writes fractions of seconds, and escapes what a terminal would obey", () => {
  const items = [item(1_500_000, KIND.most, "a\u001b[2J\tb\n")];
  assertEquals([...hourLines(items)], ["1.5\tMOST\ta\\x1b[2J\\tb\\n\n"]);
});

Deno.test("compareItems sorts by span, kind and the bytes of the name; combineItems adds counts", () => {
  const sorted = [
    item(0, KIND.to, "z"),
    item(0, KIND.from, "a"),
    item(0, KIND.most, ""),
    item(0, KIND.most, "a"),
    item(0, KIND.most, "ab"),
    item(0, KIND.most, "\u00e9"),
    item(HOUR, KIND.to, "a"),
  ];
  assertEquals(sorted.toReversed().sort(compareItems), sorted);
  const [a, b] = [item(0, KIND.most, "a", 2), item(0, KIND.most, "a", 3)];
  assertEquals(compareItems(a, b), 0);
  assertEquals(combineItems(a, b), item(0, KIND.most, "a", 5));
});
