import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { OUTCOMES } from "../../lib/record_words.ts";
import type { OpenFlow } from "./open_flow.ts";
import { OpenFlows } from "./open_flows.ts";

const NOW = 1_795_226_380_000_000;
const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const time = fc.nat(10_000_000).map((after) => NOW + after);
const openFlow: fc.Arbitrary<OpenFlow> = fc.record({
  owner: fc.record({
    local: fc.constantFrom("source", "destination"),
    direction: fc.constant("egress"),
    initiator: fc.constant("local"),
    attribution: fc.constant("none"),
  }),
  start: optional(time),
  listed: optional(time),
  seen: time,
  wasThere: fc.boolean(),
  outcome: fc.constantFrom(...OUTCOMES),
  state: optional(fc.constantFrom("SYN_SENT", "ESTABLISHED")),
  reply: optional(fc.constant({ src: "10.0.0.2", dst: "10.0.0.1" })),
  counters: optional(fc.constant({ replyCounters: { packets: 1, bytes: 60 } })),
});

Deno.test("OpenFlows gives what was set, as a map does", () => {
  const step = fc.record({
    action: fc.constantFrom("set", "delete", "see"),
    key: fc.nat(9).map(String),
    open: openFlow,
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), time, (steps, since) => {
      const flows = new OpenFlows();
      const model = new Map<string, OpenFlow>();
      for (const { action, key, open } of steps) {
        const known = model.get(key);
        if (action === "set") {
          flows.set(key, open);
          model.set(key, { ...open });
        } else if (action === "delete") {
          flows.delete(key);
          model.delete(key);
        } else {
          assertEquals(flows.see(key, open.seen), known !== undefined);
          if (known !== undefined) known.seen = Math.max(known.seen, open.seen);
        }
        assertEquals(flows.size, model.size);
        assertEquals([...flows.keys()], [...model.keys()]);
        for (let i = 0; i < 10; i++) assertEquals(flows.get(`${i}`), model.get(`${i}`));
      }
      const unseen = [...model].filter(([, { seen }]) => seen < since).map(([key]) => key);
      assertEquals([...flows.unseenSince(since)], unseen);
    }),
    { numRuns: 200 },
  );
});

Deno.test("OpenFlows has room for many, and uses it again", () => {
  const flows = new OpenFlows();
  const [open] = fc.sample(openFlow, { numRuns: 1, seed: 1 });
  if (open === undefined) throw new Error("no sample");
  for (let round = 0; round < 3; round++) {
    for (let i = 0; i < 5000; i++) flows.set(`${i}`, { ...open, seen: NOW + i, start: NOW - i });
    for (let i = 0; i < 5000; i++) {
      assertEquals(flows.get(`${i}`), { ...open, seen: NOW + i, start: NOW - i });
    }
    for (let i = 0; i < 5000; i++) flows.delete(`${i}`);
    assertEquals(flows.size, 0);
    assertEquals(flows.rows, 5000);
  }
});
