import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { Connection } from "../../lib/connection.ts";
import type { FlowEvent } from "./flow.ts";
import { begun, flow, NOW } from "./owners/test_host.ts";
import type { FlowOwner } from "./owners/settle.ts";
import { FlowRecords } from "./records.ts";

const HOST = { id: "host", name: "h" };
const EGRESS = { local: "source", direction: "egress", initiator: "local" } as const;
const INGRESS = { local: "destination", direction: "ingress", initiator: "remote" } as const;
const OWNER: FlowOwner = {
  ...EGRESS,
  attribution: "exact",
  process: { pid: 71, start: 5, name: "curl", entityId: "e" },
  socket: { inode: 700, type: "stream", uid: 0 },
  netns: 1,
};
const SERVER: FlowOwner = { ...OWNER, ...INGRESS };
const NEW: FlowEvent = {
  ...begun("tcp", ["10.0.0.1", 4000], ["192.0.2.9", 80]),
  id: 42,
};
const COUNTED = {
  originalCounters: { packets: 6, bytes: 324 },
  replyCounters: { packets: 4, bytes: 226 },
};
const END: FlowEvent = {
  ...NEW,
  ...COUNTED,
  event: "destroy",
  timestampUs: NOW + 9_500_000,
  state: "TIME_WAIT",
  unreplied: false,
  assured: true,
  deltaTime: 3,
};
const DUMP: FlowEvent = { ...END, event: "dump", state: "ESTABLISHED", timeout: 100 };

function recordsOf(capacity?: number): FlowRecords {
  const place = (_: FlowEvent, attributionReason: string): FlowOwner => ({
    ...EGRESS,
    attribution: "none",
    attributionReason,
  });
  return new FlowRecords(HOST, "boot", place, capacity);
}

function made(record: Connection | undefined): Connection {
  assert(record !== undefined);
  return record;
}

Deno.test("FlowRecords closes a flow with the identity, start and process of its opening", () => {
  const records = recordsOf();
  const open = made(records.make(NEW, OWNER, NOW + 5));
  assertEquals(
    [open.event, open.time, open.start, open.state, open.outcome],
    ["open", NOW, NOW, "syn_sent", "unknown"],
  );
  const update = made(
    records.make({ ...END, event: "update", state: "ESTABLISHED" }, undefined, NOW + 6),
  );
  assertEquals([update.event, update.outcome, update.state], [
    "update",
    "established",
    "established",
  ]);
  const close = made(records.make(END, undefined, NOW + 7));
  assertEquals(close, {
    ...open,
    event: "close",
    time: NOW + 9_500_000,
    end: NOW + 3_000_000,
    durationUs: 3_000_000,
    outcome: "established",
    state: "time_wait",
    bytesOut: 324,
    bytesIn: 226,
    packetsOut: 6,
    packetsIn: 4,
  });
  assertEquals(records.size, 0);
});

Deno.test("FlowRecords counts from this host's point of view", () => {
  const records = recordsOf();
  const open = made(records.make(NEW, SERVER, NOW));
  assertEquals([open.local, open.remote], [
    { ip: "192.0.2.9", port: 80 },
    { ip: "10.0.0.1", port: 4000 },
  ]);
  const { bytesIn, bytesOut, packetsIn, packetsOut } = made(records.make(END, undefined, NOW));
  assertEquals([bytesIn, bytesOut, packetsIn, packetsOut], [324, 226, 6, 4]);
});

Deno.test("FlowRecords closes a flow whose beginning it has missed, without a process", () => {
  const close = made(recordsOf().make(END, undefined, NOW));
  assertEquals(
    [close.event, close.attribution, close.attributionReason, close.bytesOut, close.outcome],
    ["close", "none", "its start was not seen", 324, "established"],
  );
  assertEquals([close.start, close.end, close.durationUs], [undefined, undefined, undefined]);
  const timed = made(
    recordsOf().make({ ...END, start: NOW, stop: NOW + 4_000_000 }, undefined, NOW),
  );
  assertEquals([timed.start, timed.end, timed.durationUs], [NOW, NOW + 4_000_000, 4_000_000]);
});

Deno.test("FlowRecords goes on with a flow whose first event is an update", () => {
  const records = recordsOf();
  const update = made(records.make({ ...END, event: "update" }, undefined, NOW));
  const close = made(records.make(END, undefined, NOW));
  assertEquals([update.event, close.event, close.id === update.id], ["update", "close", true]);
  assertEquals(records.size, 0);
});

Deno.test("FlowRecords marks what the first table has, not what later ones have", () => {
  const records = recordsOf();
  const first = made(records.make(DUMP, OWNER, NOW));
  assertEquals([first.event, first.preexisting, first.start], ["open", true, undefined]);
  assertEquals(records.make(DUMP, OWNER, NOW), undefined);
  records.reconcile(NOW, NOW);
  const later = { ...DUMP, id: 43 };
  assertEquals(made(records.make(later, OWNER, NOW)).preexisting, undefined);
  const timed = made(records.make({ ...DUMP, id: 44, start: NOW - 1 }, OWNER, NOW));
  assertEquals(timed.start, NOW - 1);
});

Deno.test("FlowRecords takes a NEW event for the entry that it has just found in the table", () => {
  const records = recordsOf();
  records.make(DUMP, OWNER, NOW);
  assertEquals(records.make({ ...NEW, timestampUs: NOW + 900_000 }, OWNER, NOW), undefined);
  const again = { ...NEW, timestampUs: NOW + 60_000_000 };
  assertEquals(made(records.make(again, OWNER, NOW)).start, again.timestampUs);
});

Deno.test("FlowRecords closes what a later table does not have, if no end comes", () => {
  const records = recordsOf();
  const open = made(records.make(NEW, OWNER, NOW));
  records.make({ ...NEW, id: 43, timestampUs: NOW + 20 }, OWNER, NOW);
  records.make({ ...NEW, id: 44 }, OWNER, NOW);
  records.make({ ...NEW, id: 45 }, OWNER, NOW);
  assertEquals(records.notice({ ...DUMP, id: 44 }, NOW + 10), true);
  records.reconcile(NOW + 10, NOW + 30);
  assertEquals(records.overdue(NOW + 40), []);
  assertEquals(made(records.make({ ...END, id: 45 }, undefined, NOW + 50)).process?.pid, 71);
  const later = NOW + 2_000_030;
  assertEquals(records.overdue(later), [{ ...open, event: "close", time: later }]);
  assertEquals(records.overdue(later), []);
  assertEquals(records.size, 2);
});

Deno.test("FlowRecords does not open again what has ended while the table was read", () => {
  const records = recordsOf();
  records.make(NEW, OWNER, NOW);
  records.expectTable(NOW);
  records.make(END, undefined, NOW);
  assertEquals(records.make(DUMP, OWNER, NOW), undefined);
  assertEquals(made(records.make(NEW, OWNER, NOW)).event, "open");
  for (const id of [1, 2]) records.make({ ...END, id }, undefined, NOW + id * 11_000_000);
  records.make({ ...END, id: 3 }, undefined, NOW + 33_000_000);
  assertEquals(made(records.make({ ...DUMP, id: 1 }, OWNER, NOW)).event, "open");
});

Deno.test("FlowRecords closes by itself with all that it told of the flow at last", () => {
  const line = "[NEW] tcp 6 120 SYN_SENT src=10.0.0.1 dst=198.51.100.7 sport=40418 dport=80 " +
    "[UNREPLIED] src=10.0.0.2 dst=10.0.0.9 sport=8080 dport=42742";
  const ping =
    "[NEW] icmp 1 30 src=10.0.0.1 dst=192.0.2.9 type=8 code=0 id=7 [UNREPLIED] src=192.0.2.9 dst=10.0.0.1 type=0 code=0 id=7 id=9";
  const gre =
    "[NEW] gre 47 30 src=fd00::1 dst=fd00::2 srckey=0x0 dstkey=0x1 [UNREPLIED] src=fd00::2 dst=fd00::1 srckey=0x1 dstkey=0x0";
  for (const first of [NEW, DUMP, flow(line), flow(ping), flow(gre)]) {
    for (const owner of [OWNER, SERVER]) {
      const records = recordsOf();
      let told = made(records.make({ ...first, timestampUs: NOW }, owner, NOW));
      if (first.event === "new") {
        const update = { ...first, ...COUNTED, event: "update" as const, timestampUs: NOW + 1 };
        told = made(records.make(update, undefined, NOW));
      }
      records.reconcile(NOW + 10, NOW + 10);
      const time = NOW + 3_000_000;
      assertEquals(records.overdue(time), [{ ...told, event: "close", time }]);
    }
  }
});

Deno.test("FlowRecords forgets what has ended once the table is read", () => {
  const records = recordsOf();
  records.make(END, undefined, NOW);
  assertEquals(records.notice(DUMP, NOW), false);
  records.expectTable(NOW);
  records.make(END, undefined, NOW);
  assertEquals(records.notice(DUMP, NOW), true);
  records.expectTable(NOW + 1);
  records.reconcile(NOW, NOW);
  assertEquals(records.notice(DUMP, NOW + 1), true);
  records.reconcile(NOW + 1, NOW + 1);
  assertEquals(records.notice(DUMP, NOW + 2), false);
});

Deno.test("FlowRecords does not close what a later table has again", () => {
  const records = recordsOf();
  records.make(NEW, OWNER, NOW);
  records.reconcile(NOW + 10, NOW + 20);
  assertEquals(records.notice(DUMP, NOW + 1_000_000), true);
  records.reconcile(NOW + 1_000_000, NOW + 1_000_010);
  assertEquals(records.overdue(NOW + 9_000_000), []);
});

Deno.test("FlowRecords gives the end of a flow its time, however often the table is read", () => {
  const records = recordsOf();
  records.make(NEW, OWNER, NOW);
  for (let second = 1; second <= 3; second++) {
    records.reconcile(NOW + second * 1_000_000, NOW + second * 1_000_000);
  }
  assertEquals(records.overdue(NOW + 3_000_000).length, 1);
});

Deno.test("FlowRecords leaves a flow open that began again before the table was read", () => {
  const began = NOW + 10;
  const again = { ...NEW, timestampUs: NOW + 5 };
  // The table is read before the events that led to it: before the end of the first flow, or behind it.
  for (const isEarly of [true, false]) {
    const records = recordsOf();
    records.make(NEW, OWNER, NOW);
    records.expectTable(began);
    if (isEarly) records.notice(DUMP, began);
    records.make(END, undefined, NOW + 20);
    if (!isEarly) assertEquals(records.notice(DUMP, began), true);
    records.make(again, OWNER, NOW + 20);
    records.reconcile(began, NOW + 30);
    assertEquals(records.overdue(NOW + 9_000_000), []);
    assertEquals(records.size, 1);
  }
});

Deno.test("FlowRecords shows what was translated", () => {
  const line = "[NEW] tcp 6 120 SYN_SENT src=10.0.0.1 dst=198.51.100.7 sport=40418 dport=80 " +
    "[UNREPLIED] src=10.0.0.2 dst=10.0.0.9 sport=8080 dport=42742";
  const source = { ip: "10.0.0.9", port: 42742 };
  const destination = { ip: "10.0.0.2", port: 8080 };
  const nat = (owner: FlowOwner) => made(recordsOf().make(flow(line), owner, NOW)).nat;
  assertEquals(nat(OWNER), { source, destination });
  assertEquals(nat(SERVER), { source, destination });
  // An answer that counts as the first packet: its sender is the destination.
  assertEquals(nat({ ...OWNER, direction: "ingress", initiator: "remote" }), {
    source: destination,
    destination: source,
  });
  assertEquals(made(recordsOf().make(NEW, OWNER, NOW)).nat, undefined);
});

Deno.test("FlowRecords gives no ports to protocols without them", () => {
  const lines = [
    "[NEW] icmp 1 30 src=10.0.0.1 dst=192.0.2.9 type=8 code=0 id=7 [UNREPLIED] src=192.0.2.9 dst=10.0.0.1 type=0 code=0 id=7",
    "[NEW] unknown 99 600 src=10.0.0.1 dst=192.0.2.9 [UNREPLIED] src=192.0.2.9 dst=10.0.0.1",
    "[NEW] dccp 33 600 src=10.0.0.1 dst=192.0.2.9 sport=0 dport=0 [UNREPLIED] src=192.0.2.9 dst=10.0.0.1 sport=0 dport=0",
    "[NEW] gre 47 30 src=10.0.0.1 dst=192.0.2.9 srckey=0x0 dstkey=0x1 [UNREPLIED] src=192.0.2.9 dst=10.0.0.1 srckey=0x1 dstkey=0x0",
  ];
  for (const line of lines) {
    const records = recordsOf();
    const { local, remote } = made(records.make(flow(line), OWNER, NOW));
    assertEquals([local, remote], [{ ip: "10.0.0.1" }, { ip: "192.0.2.9" }]);
    const end = { ...flow(line), ...COUNTED, event: "destroy" as const };
    assertEquals(made(records.make(end, undefined, NOW)).bytesOut, 324);
  }
});

Deno.test("FlowRecords does not know when a connection began that it has picked up", () => {
  const records = recordsOf();
  const open = made(records.make({ ...NEW, state: "ESTABLISHED" }, OWNER, NOW));
  assertEquals([open.preexisting, open.start, open.outcome], [true, undefined, "established"]);
  const close = made(records.make({ ...END, stop: NOW + 4_000_000 }, undefined, NOW));
  assertEquals([close.end, close.durationUs], [NOW + 4_000_000, undefined]);
});

Deno.test("FlowRecords forgets the oldest flows when there are too many, and counts them", () => {
  const records = recordsOf(100);
  for (let id = 0; id < 150; id++) records.make({ ...NEW, id }, OWNER, NOW);
  assert(records.size <= 100 && records.size > 90);
  assertEquals(records.size + records.evicted, 150);
  assertEquals(made(records.make({ ...END, id: 0 }, undefined, NOW)).process, undefined);
  assertEquals(made(records.make({ ...END, id: 149 }, undefined, NOW)).process?.pid, 71);
});

Deno.test("FlowRecords makes one record for each event, and forgets every flow that ends", () => {
  const step = fc.record({
    event: fc.constantFrom("new", "update", "destroy"),
    id: fc.option(fc.nat(5), { nil: undefined }),
    sport: fc.nat(3),
    state: fc.constantFrom("SYN_SENT", "ESTABLISHED", "CLOSE", "TIME_WAIT"),
    after: fc.nat(3_000_000),
    deltaTime: fc.option(fc.nat(9), { nil: undefined }),
    isTimed: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const run = () => {
        const records = recordsOf();
        let time = NOW;
        const open = new Map<string, string>();
        const all: Connection[] = [];
        for (const { event, id, sport, state, after, deltaTime, isTimed } of steps) {
          time += after;
          const { timestampUs: _, ...timeless } = NEW;
          const flow: FlowEvent = {
            ...timeless,
            event,
            state,
            ...(id !== undefined && { id }),
            ...(isTimed && { timestampUs: time }),
            ...(deltaTime !== undefined && event === "destroy" && { deltaTime }),
            original: { ...NEW.original, sport },
            reply: { ...NEW.reply, dport: sport },
          };
          const record = made(records.make(flow, event === "new" ? OWNER : undefined, time));
          all.push(record);
          assertEquals(record.event, { new: "open", update: "update", destroy: "close" }[event]);
          assertEquals(record.time, time);
          const key = `${id} ${sport}`;
          if (event !== "new" && open.has(key)) assertEquals(record.id, open.get(key));
          if (event === "destroy") open.delete(key);
          else open.set(key, record.id);
          if (record.durationUs !== undefined) {
            assert(record.durationUs >= 0);
            assertEquals(record.durationUs, (record.end ?? 0) - (record.start ?? 0));
          }
          assertEquals(records.size, open.size);
        }
        return all;
      };
      assertEquals(run(), run());
    }),
    { numRuns: 200 },
  );
});
