import { assertEquals } from "@std/assert";
import type { TracedEvent } from "./instance.ts";
import { lacksOf, notesOf } from "./instance_notes.ts";

function event(name: string, status: TracedEvent["status"], filter?: string): TracedEvent {
  return { system: "fib", name, status, ...(filter !== undefined && { filter }) };
}

const AS_ASKED = { cpuBufferKib: 64, askedKib: 64, events: [event("fib_table_lookup", "enabled")] };

Deno.test("lacksOf says where packets of tunnels cannot be told", () => {
  const count = (tellsBottomHalves: boolean | undefined, events: readonly TracedEvent[]) =>
    lacksOf({ tellsBottomHalves, events }).length;
  assertEquals(count(true, AS_ASKED.events), 0);
  // What cannot be told is not said.
  assertEquals(count(undefined, AS_ASKED.events), 0);
  assertEquals(count(false, AS_ASKED.events), 1);
  assertEquals(count(true, [event("fib6_table_lookup", "other filter", "iif==1")]), 1);
  assertEquals(count(true, [event("fib_table_lookup", "missing")]), 0);
});

Deno.test("notesOf says how much memory the kernel gave, and which filters it refused", () => {
  assertEquals(notesOf(AS_ASKED), []);
  assertEquals(notesOf({ ...AS_ASKED, cpuBufferKib: 65 }), []);
  const events = [
    event("fib_table_lookup", "other filter", "iif==1"),
    event("fib6_table_lookup", "other filter"),
    event("x", "missing"),
  ];
  assertEquals(notesOf({ cpuBufferKib: 512, askedKib: 8192, events }), [
    "the kernel has memory for 512 KiB of events a CPU only, not the 8192 KiB of --buffer",
    "this kernel refuses the best filter of fib/fib_table_lookup, so more is read; in force: iif==1",
    "this kernel refuses the best filter of fib/fib6_table_lookup, so more is read; in force: none",
  ]);
});
