import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { EventDecoder } from "./decode.ts";
import type { TraceEvent } from "./event.ts";
import type { EventFormat } from "./format.ts";
import {
  encodePage,
  encodeRecord,
  formatsOf,
  type Item,
  KERNELS,
  layoutOf,
} from "./page_test_tools.ts";

const LAYOUT = layoutOf("6.18");

function decoderOf(formats: readonly EventFormat[]): EventDecoder {
  return new EventDecoder(formats, LAYOUT, (boot) => boot);
}

/** The formats of 6.18, without some fields of an event. */
function without(name: string, ...fields: string[]): EventFormat[] {
  return formatsOf("6.18").map((format) => {
    if (format.name !== name) return format;
    return {
      ...format,
      fields: new Map([...format.fields].filter(([key]) => !fields.includes(key))),
    };
  });
}

Deno.test("EventDecoder says what the kernels of the fixtures lack", () => {
  const noErrors =
    "why a TCP connection failed: this kernel has no trace event sock:inet_sk_error_report";
  assertEquals(KERNELS.map((kernel) => decoderOf(formatsOf(kernel)).lacks), [
    [noErrors],
    [noErrors],
    [],
    [],
    [],
  ]);
});

Deno.test("EventDecoder says what is missing in a format", () => {
  const lacks = (formats: readonly EventFormat[]) => decoderOf(formats).lacks;
  assertEquals(lacks(without("fib_table_lookup", "proto", "sport", "dport")), [
    "UDP and ICMP over IPv4: this kernel's fib_table_lookup names no protocol",
  ]);
  assertEquals(lacks(without("fib6_table_lookup", "sport", "dport")), [
    "ports of UDP and ICMP over IPv6: this kernel's fib6_table_lookup names none",
  ]);
  assertEquals(lacks(without("inet_sock_set_state", "saddr_v6")), [
    'TCP connections: this kernel\'s inet_sock_set_state has no "saddr_v6" of the known form',
  ]);
  assertEquals(lacks(without("sched_process_exit", "common_flags")), [
    "ends of processes: this kernel's sched_process_exit begins in an unknown way",
  ]);
  assertEquals(lacks(without("inet_sock_set_state", "family")), []);
  assertEquals(lacks([]).length, 11);
});

Deno.test("EventDecoder names the events that it decodes, and takes those of others as unknown", () => {
  const all = decoderOf(formatsOf("6.18"));
  assertEquals(all.events, [
    "sock:inet_sock_set_state",
    "sock:inet_sk_error_report",
    "tcp:tcp_receive_reset",
    "tcp:tcp_send_reset",
    "tcp:tcp_retransmit_skb",
    "tcp:tcp_destroy_sock",
    "fib:fib_table_lookup",
    "fib6:fib6_table_lookup",
    "task:task_newtask",
    "sched:sched_process_exec",
    "sched:sched_process_exit",
  ]);
  const items = formatsOf("6.18").map((format): Item => ({
    type: "data",
    delta: 0,
    data: encodeRecord(format, format.fields.has("skaddr") ? { skaddr: 1 } : {}),
  }));
  const page = encodePage(LAYOUT, { time: 0n }, items);
  const into: TraceEvent[] = [];
  // `ftrace:print` is none of them.
  assertEquals(all.decode(page, into).unknownIds, 1);
  assertEquals(into.length, 11);
  const less = decoderOf(without("fib_table_lookup", "proto"));
  assertEquals(less.events.length, 10);
  assertEquals(less.decode(page, []).unknownIds, 2);
  assertEquals(decoderOf([]).decode(page, []).unknownIds, 12);
});

Deno.test("EventDecoder gives port 0 where a route names no ports", () => {
  const formats = without("fib_table_lookup", "sport", "dport");
  const route = formats.find((format) => format.name === "fib_table_lookup");
  if (route === undefined) throw new Error("no route");
  const into: TraceEvent[] = [];
  const data = encodeRecord(route, { proto: 17, dst: Uint8Array.from([10, 0, 0, 1]) });
  decoderOf(formats)
    .decode(encodePage(LAYOUT, { time: 0n }, [{ type: "data", delta: 0, data }]), into);
  assertEquals(into.map((event) => event.type === "route" && event.remote), [
    { ip: "10.0.0.1", port: 0 },
  ]);
});

Deno.test("EventDecoder takes any bytes as a page", () => {
  const formats = formatsOf("6.18");
  const ids = formats.map((format) => format.id);
  const decoder = decoderOf(formats);
  const record = fc.tuple(fc.constantFrom(...ids, 60000), fc.uint8Array({ maxLength: 160 }));
  fc.assert(
    fc.property(
      fc.array(record, { maxLength: 12 }),
      fc.array(fc.tuple(fc.nat(2000), fc.nat(255)), { maxLength: 8 }),
      fc.nat(2000),
      (records, changes, cut) => {
        const items = records.map(([id, noise]): Item => {
          const data = noise.slice();
          if (data.length >= 2) data.set([id & 255, id >> 8]);
          return { type: "data", delta: 1, data };
        });
        const page = encodePage(LAYOUT, { time: 0n, size: 4096 }, items);
        for (const [at, value] of changes) page[at] = value;
        const into: TraceEvent[] = [];
        decoder.decode(page.subarray(0, cut + 16), into);
        for (const event of into) {
          assertEquals(Number.isSafeInteger(event.time), true);
          if ("local" in event) assertEquals(typeof (event.local.ip + event.remote.ip), "string");
        }
      },
    ),
    { numRuns: 500 },
  );
});
