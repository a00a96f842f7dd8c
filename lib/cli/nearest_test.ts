import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { didYouMean, nearest } from "./nearest.ts";

const NAMES = ["watch", "snapshot", "doctor", "completions", "interval", "no-listen", "no-private"];

Deno.test("nearest finds slips of the finger and beginnings", () => {
  assertEquals(nearest("wach", NAMES), "watch");
  assertEquals(nearest("wacth", NAMES), "watch");
  assertEquals(nearest("Watch", NAMES), "watch");
  assertEquals(nearest("intervall", NAMES), "interval");
  assertEquals(nearest("snap", NAMES), "snapshot");
  assertEquals(nearest("nolisten", NAMES), "no-listen");
});

Deno.test("nearest suggests nothing that is far away or could be several", () => {
  assertEquals(nearest("query", NAMES), undefined);
  assertEquals(nearest("no-", NAMES), undefined);
  assertEquals(nearest("x", NAMES), undefined);
  assertEquals(nearest("", NAMES), undefined);
  assertEquals(nearest("w".repeat(1_000_000), NAMES), undefined);
  assertEquals(nearest("watch", []), undefined);
});

Deno.test("nearest gives a candidate or nothing, whatever the word", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), fc.array(fc.string()), (word, candidates) => {
      const found = nearest(word, candidates);
      if (found !== undefined) assertEquals(candidates.includes(found), true);
    }),
    { numRuns: 300 },
  );
});

Deno.test("didYouMean is empty where nothing is near", () => {
  assertEquals(didYouMean("wach", NAMES), ': did you mean "watch"?');
  assertEquals(didYouMean("intervall", NAMES, "--"), ': did you mean "--interval"?');
  assertEquals(didYouMean("zzz", NAMES), "");
});
