import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { hostileText } from "../formats/test_records.ts";
import { parseSegmentName, segmentName } from "./segment_name.ts";

const TIME = 1_795_277_338_500_000;

Deno.test("segmentName says host, start and number", () => {
  assertEquals(
    segmentName("web1", TIME, 1, "ndjson"),
    "connscribe-web1-20261121T160858Z-000001.ndjson",
  );
});

Deno.test("segmentName makes any host safe for a file name, and parseSegmentName reads it", () => {
  fc.assert(
    fc.property(
      fc.oneof(hostileText, fc.constantFrom("..", "a/b", "-", "")),
      fc.integer({ min: 1, max: 9_999_999 }),
      fc.constantFrom("", ".zst", ".gz"),
      (host, sequence, suffix) => {
        const name = segmentName(host, TIME, sequence, "ndjson") + suffix;
        assert(/^[A-Za-z0-9._-]{1,255}$/.test(name), name);
        assertEquals(parseSegmentName(name), { sequence, isCompressed: suffix !== "" });
      },
    ),
    { numRuns: 500 },
  );
});

Deno.test("parseSegmentName takes no other file for a segment", () => {
  for (
    const name of [
      "connscribe.ndjson",
      ".connscribe.lock",
      "connscribe-web1-20261121T160858Z-000001.ndjson.zst.tmp",
      "connscribe-web1-20261121T160858Z-000001.txt",
      "connscribe-web1-20261121T160858Z-1.ndjson",
      "x/connscribe-web1-20261121T160858Z-000001.ndjson",
    ]
  ) assertEquals(parseSegmentName(name), undefined);
});

Deno.test("segments sort by their numbers within a second and over the millionth", () => {
  const names = [999_999, 1_000_000].map((n) => segmentName("h", TIME, n, "log"));
  assertEquals(names.map((name) => parseSegmentName(name)?.sequence), [999_999, 1_000_000]);
});
