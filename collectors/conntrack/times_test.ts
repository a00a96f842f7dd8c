import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { FlowEvent } from "./flow.ts";
import { begun } from "./owners/test_host.ts";
import { endOf, startOf } from "./times.ts";

const SECOND = 1_000_000;
const NEW = begun("tcp", ["10.0.0.1", 4000], ["192.0.2.9", 80]);
const AT = 1_795_226_380 * SECOND;

function destroyed(times: Partial<FlowEvent>): FlowEvent {
  return { ...NEW, event: "destroy", ...times };
}

Deno.test("startOf takes the nearest time that a NEW event has", () => {
  const { timestampUs: _, ...timeless } = NEW;
  assertEquals(startOf({ ...NEW, timestampUs: AT + 5, start: AT }, AT + 9), AT + 5);
  assertEquals(startOf({ ...NEW, timestampUs: AT + 5, start: AT + 3 }, AT + 9), AT + 3);
  assertEquals(startOf({ ...timeless, start: AT }, AT + 9), AT);
  assertEquals(startOf(timeless, AT + 9), AT + 9);
});

Deno.test("startOf knows the start of other events only from the kernel", () => {
  assertEquals(startOf(destroyed({ start: AT }), AT + 9), AT);
  assertEquals(startOf(destroyed({ deltaTime: 3 }), AT + 9), undefined);
});

Deno.test("endOf never takes the time of the event", () => {
  assertEquals(endOf(destroyed({}), AT), undefined);
  assertEquals(endOf(destroyed({ deltaTime: 2 }), AT + 7), AT + 7 + 2 * SECOND);
  assertEquals(endOf(destroyed({ deltaTime: 2 }), undefined), undefined);
  assertEquals(endOf(destroyed({ stop: AT }), undefined), AT);
});

Deno.test("endOf does not let a flow end before it began", () => {
  // Less than a second: the stop is rounded down to before the start.
  assertEquals(endOf(destroyed({ stop: AT, deltaTime: 0 }), AT + 144_181), AT + 144_181);
  assertEquals(endOf(destroyed({ stop: AT }), AT + 144_181), AT + 144_181);
  // The clock was set back meanwhile.
  assertEquals(endOf(destroyed({ stop: AT - 60 * SECOND, deltaTime: 3 }), AT), AT + 3 * SECOND);
  assertEquals(endOf(destroyed({ stop: AT - 60 * SECOND }), AT), undefined);
});

Deno.test("endOf is within a second of the truth, and not before the start", () => {
  fc.assert(
    fc.property(
      fc.nat(10 * SECOND),
      fc.nat(100 * SECOND),
      fc.boolean(),
      (offset, lasting, told) => {
        const start = AT + offset;
        const end = start + lasting;
        const stop = Math.floor(end / SECOND) * SECOND;
        const deltaTime = Math.floor(lasting / SECOND);
        const found = endOf(destroyed({ deltaTime, ...(told && { stop }) }), start);
        assert(found !== undefined && found >= start && found <= end && end - found < SECOND);
      },
    ),
    { numRuns: 300 },
  );
});
