import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { HostTally } from "../scan/host_tally.ts";
import { compareItems } from "./hours.ts";
import { OpenSpans } from "./open_spans.ts";

/** A run of hosts that connected at these times, in spans of 10 microseconds. */
function runOf(calls: readonly (readonly [time: number, name: string])[]): Uint8Array<ArrayBuffer> {
  const tally = new HostTally({ spanUs: 10, maxBytes: 512 * 1024 });
  for (const [time, name] of calls) tally.add(time, name, name);
  return tally.takeRun();
}

function taken(spans: OpenSpans, until: number): [number, string, number][] {
  const decoder = new TextDecoder();
  return [...spans.take(until)].map(({ span, name, count }) => [span, decoder.decode(name), count]);
}

Deno.test("OpenSpans gives spans out once, merged, and keeps the others", () => {
  for (const maxBytes of [0, 1e6]) {
    using spans = OpenSpans.open(maxBytes);
    spans.add(runOf([[5, "b"], [12, "a"], [35, "d"]]));
    spans.add(runOf([[6, "b"], [17, "a"], [19, "c"]]));
    assertEquals(taken(spans, 10), [[0, "b", 4]]);
    assertEquals(taken(spans, 10), []);
    spans.add(runOf([[11, "a"]]));
    assertEquals(taken(spans, 20), [[10, "a", 6], [10, "c", 2]]);
    assertEquals(taken(spans, Infinity), [[30, "d", 2]]);
    assertEquals(taken(spans, Infinity), []);
  }
});

Deno.test("OpenSpans keeps more than one run of what is left", () => {
  using spans = OpenSpans.open(0);
  const name = "a".repeat(60_000);
  for (let i = 0; i < 210; i += 3) {
    spans.add(runOf(Array.from({ length: 3 }, (_, k) => [100, `${name}${i + k}`])));
  }
  assertEquals(taken(spans, 100), []);
  const left = taken(spans, 101);
  assertEquals(left.length, 210);
  assertEquals(new Set(left.map(([, found]) => found)).size, 210);
});

Deno.test("OpenSpans gives what all runs hold, whenever it is asked", () => {
  const call = fc.tuple(fc.nat(99), fc.constantFrom("a", "b", "\u00e9", "z".repeat(300)));
  const batch = fc.record({
    calls: fc.array(call, { minLength: 1, maxLength: 20 }),
    until: fc.nat(120),
  });
  fc.assert(
    fc.property(
      fc.array(batch, { maxLength: 10 }),
      fc.constantFrom(0, 500, 1e6),
      (batches, bytes) => {
        using spans = OpenSpans.open(bytes);
        const wanted = new Map<string, number>();
        const found = new Map<string, number>();
        const add = (map: Map<string, number>, span: number, name: string, count: number) =>
          map.set(`${span} ${name}`, (map.get(`${span} ${name}`) ?? 0) + count);
        for (const { calls, until } of batches) {
          for (const [time, name] of calls) add(wanted, time - time % 10, name, 2);
          spans.add(runOf(calls));
          const items = [...spans.take(until)];
          assertEquals(items.toSorted(compareItems), items);
          for (const { span, name, count } of items) {
            assertEquals(span < until, true);
            add(found, span, new TextDecoder().decode(name), count);
          }
        }
        for (const [span, name, count] of taken(spans, Infinity)) add(found, span, name, count);
        assertEquals(found, wanted);
      },
    ),
    { numRuns: 100 },
  );
});
