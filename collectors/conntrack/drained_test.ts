import { assertEquals } from "@std/assert";
import { Drained } from "./drained.ts";
import { begun } from "./owners/test_host.ts";

const SECOND = 1_000_000;

function event(timestampUs?: number) {
  const { timestampUs: _, ...flow } = begun("tcp", ["10.0.0.1", 4000], ["192.0.2.9", 80], 0);
  return timestampUs === undefined ? flow : { ...flow, timestampUs };
}

Deno.test("Drained believes a transport that knows", () => {
  const transport = { drained: 5 };
  const drained = new Drained(transport, () => 100);
  assertEquals([drained.after([event(50)]), drained.after([])], [5, 5]);
  transport.drained = 60;
  assertEquals(drained.after({ dump: [], began: 99 }), 60);
});

Deno.test("Drained tells by the times of events, and by looks between which none came", () => {
  let now = 10 * SECOND;
  const drained = new Drained({}, () => now);
  const at = (time: number, read: Parameters<Drained["after"]>[0]) => {
    now = time * SECOND;
    return drained.after(read) / SECOND;
  };
  // What is in a pipe at the first look is not known.
  assertEquals(at(10, []), -Infinity);
  assertEquals(at(11, []), 10);
  assertEquals(at(12, { dump: [], began: 12 * SECOND }), 10);
  // Read late: there may be more.
  assertEquals(at(20, [event(15 * SECOND), event(16 * SECOND)]), 16);
  assertEquals(at(20.5, []), 16);
  assertEquals(at(21, [event()]), 16);
  assertEquals(at(22, []), 16);
  assertEquals(at(23, []), 22);
  // The clock was set back.
  assertEquals(at(5, [event(4 * SECOND)]), 4);
});
