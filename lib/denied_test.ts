import { assert } from "@std/assert";
import { isDenied } from "./denied.ts";
import { SAMPLES } from "./formats/test_records.ts";

const summary = SAMPLES["summary"]!;

Deno.test("isDenied says it of a summary only where all that it stands for was denied", () => {
  assert(isDenied({ ...summary, outcome: "denied" }));
  assert(isDenied({ ...summary, outcome: "unknown", count: 2, denied: 2 }));
  assert(!isDenied({ ...summary, outcome: "unknown", count: 2, denied: 1 }));
});

Deno.test("isDenied does not say it of a summary of connections that were counted before", () => {
  assert(!isDenied({ ...summary, outcome: "established", count: 0, denied: 0 }));
});
