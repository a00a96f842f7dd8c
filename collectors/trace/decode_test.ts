import { assertEquals, assertStrictEquals } from "@std/assert";
import { EventDecoder } from "./decode.ts";
import type { TraceEvent } from "./event.ts";
import type { EventFormat } from "./format.ts";
import {
  cString,
  encodePage,
  encodeRecord,
  existing,
  formatsOf,
  type Item,
  type Kernel,
  KERNELS,
  layoutOf,
  type Values,
} from "./page_test_tools.ts";

const LAYOUT = layoutOf("6.18");

function decoderOf(kernel: Kernel, toWall = (boot: number) => boot): EventDecoder {
  return new EventDecoder(formatsOf(kernel), layoutOf(kernel), toWall);
}

function formatOf(kernel: Kernel, name: string): EventFormat {
  return existing(formatsOf(kernel).find((each) => each.name === name));
}

/** Decodes one record of one event. */
function decodeOne(kernel: Kernel, name: string, values: Values): TraceEvent {
  const data = encodeRecord(formatOf(kernel, name), values);
  const into: TraceEvent[] = [];
  const page = encodePage(LAYOUT, { time: 1_500n }, [{ type: "data", delta: 0, data }]);
  const result = decoderOf(kernel, (boot) => boot + 1e15 + 0.75).decode(page, into);
  assertEquals(result, { lost: 0, unknownIds: 0, malformed: 0 });
  assertEquals(into.length, 1);
  return existing(into[0]);
}

/** Without the head, and with the getters' values. */
function ends(event: TraceEvent): unknown {
  if (!("local" in event)) return undefined;
  return [event.ipVersion, event.local.ip, event.local.port, event.remote.ip, event.remote.port];
}

const ip4 = (...bytes: number[]) => Uint8Array.from(bytes);
const mapped = (...bytes: number[]) =>
  Uint8Array.from([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, ...bytes]);
const ip6 = (last: number) => Uint8Array.from([0xfd, ...new Uint8Array(14), last]);

for (const kernel of KERNELS) {
  Deno.test(`EventDecoder decodes a TCP state of Linux ${kernel}`, () => {
    const event = decodeOne(kernel, "inet_sock_set_state", {
      common_pid: 4711,
      skaddr: 0xffff8881_23456789n,
      oldstate: 7,
      newstate: 2,
      sport: 40000,
      dport: 443,
      family: 2,
      protocol: 6,
      saddr: ip4(192, 0, 2, 1),
      daddr: ip4(192, 0, 2, 2),
      saddr_v6: mapped(192, 0, 2, 1),
      daddr_v6: mapped(192, 0, 2, 2),
    });
    if (event.type !== "state") throw new Error(event.type);
    assertEquals([event.time, event.boot, event.tid, event.interrupted], [
      1e15 + 2,
      1.5,
      4711,
      false,
    ]);
    assertEquals(event.socket, 0xf8881_23456789);
    assertEquals([event.protocol, event.oldState, event.newState], [6, 7, 2]);
    assertEquals(ends(event), [4, "192.0.2.1", 40000, "192.0.2.2", 443]);
  });

  Deno.test(`EventDecoder decodes routes of Linux ${kernel}`, () => {
    const four = decodeOne(kernel, "fib_table_lookup", {
      tb_id: 254,
      err: -11,
      iif: 1,
      proto: 17,
      src: ip4(0, 0, 0, 0),
      dst: ip4(192, 0, 2, 53),
      sport: 5000,
      dport: 53,
    });
    if (four.type !== "route") throw new Error(four.type);
    assertEquals([four.protocol, four.table, four.error], [17, 254, -11]);
    assertEquals(ends(four), [4, "0.0.0.0", 5000, "192.0.2.53", 53]);
    const six = decodeOne(kernel, "fib6_table_lookup", {
      tb_id: 4_000_000_000,
      err: 0,
      proto: 58,
      src: ip6(1),
      dst: ip6(2),
    });
    if (six.type !== "route") throw new Error(six.type);
    assertEquals([six.protocol, six.table, six.error], [58, 4_000_000_000, 0]);
    assertEquals(ends(six), [6, "fd00::1", 0, "fd00::2", 0]);
  });

  Deno.test(`EventDecoder decodes a packet that Linux ${kernel} sends again`, () => {
    const event = decodeOne(kernel, "tcp_retransmit_skb", {
      skaddr: 0xffff8881_23456789n,
      sport: 40000,
      dport: 443,
      saddr: ip4(192, 0, 2, 1),
      daddr: ip4(192, 0, 2, 2),
      saddr_v6: mapped(192, 0, 2, 1),
      daddr_v6: mapped(192, 0, 2, 2),
    });
    if (event.type !== "retransmit") throw new Error(event.type);
    assertEquals(event.socket, 0xf8881_23456789);
    assertEquals(ends(event), [4, "192.0.2.1", 40000, "192.0.2.2", 443]);
  });

  Deno.test(`EventDecoder decodes resets and tasks of Linux ${kernel}`, () => {
    const head = { time: 1e15 + 2, boot: 1.5, tid: 9, interrupted: false };
    const socket = 0xffff8881_00000001n;
    const of = (name: string, values: Values) =>
      decodeOne(kernel, name, { common_pid: 9, ...values });
    const reset = { type: "reset", socket: 0xf8881_00000001, ...head } as const;
    assertEquals(of("tcp_receive_reset", { skaddr: socket }), { ...reset, sent: false });
    assertEquals(of("tcp_send_reset", { skaddr: socket }), { ...reset, sent: true });
    assertEquals(of("task_newtask", { pid: 10, comm: cString("sh"), clone_flags: 0x1010f00 }), {
      type: "fork",
      child: 10,
      thread: true,
      comm: "sh",
      ...head,
    });
    assertEquals(
      of("sched_process_exec", { pid: 10, old_pid: 11, filename: cString("/bin/sh") }),
      { type: "exec", pid: 10, oldPid: 11, filename: "/bin/sh", ...head },
    );
    assertEquals(of("sched_process_exit", { comm: cString("sh"), pid: 9 }), {
      type: "exit",
      comm: "sh",
      ...head,
    });
  });
}

Deno.test("EventDecoder gives a mapped address as IPv4, also where the other end is not chosen", () => {
  const state = (local: Uint8Array, remote: Uint8Array, more: Values = {}) =>
    ends(decodeOne("6.18", "inet_sock_set_state", {
      family: 10,
      saddr_v6: local,
      daddr_v6: remote,
      saddr: ip4(127, 0, 0, 6),
      daddr: ip4(127, 0, 0, 6),
      ...more,
    }));
  const any = new Uint8Array(16);
  assertEquals(state(mapped(10, 0, 0, 1), mapped(10, 0, 0, 2)), [4, "10.0.0.1", 0, "10.0.0.2", 0]);
  assertEquals(state(any, any), [6, "::", 0, "::", 0]);
  assertEquals(state(ip6(1), any), [6, "fd00::1", 0, "::", 0]);
  assertEquals(
    state(any, mapped(10, 0, 0, 2), { saddr: ip4(10, 0, 0, 1) }),
    [4, "10.0.0.1", 0, "10.0.0.2", 0],
  );
  assertEquals(
    state(mapped(10, 0, 0, 1), any, { daddr: ip4(0, 0, 0, 0) }),
    [4, "10.0.0.1", 0, "0.0.0.0", 0],
  );
  // No kernel writes this.
  assertEquals(state(ip6(1), mapped(1, 2, 3, 4)), [6, "fd00::1", 0, "::ffff:1.2.3.4", 0]);
});

Deno.test("EventDecoder decodes addresses once, when they are asked for", () => {
  const event = decodeOne("6.18", "inet_sk_error_report", { error: 111, protocol: 6 });
  if (event.type !== "error") throw new Error(event.type);
  assertEquals([event.protocol, event.error], [6, 111]);
  assertStrictEquals(event.local, event.local);
});

Deno.test("EventDecoder knows interrupts by their flags", () => {
  const interrupted = [0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80].map((flags) =>
    decodeOne("6.18", "sched_process_exit", { common_flags: flags }).interrupted
  );
  assertEquals(interrupted, [false, false, false, true, true, false, true, false]);
});

Deno.test("EventDecoder takes any bytes as a name", () => {
  const comm = (...bytes: number[]) => {
    const event = decodeOne("6.18", "sched_process_exit", { comm: Uint8Array.from(bytes) });
    return event.type === "exit" ? event.comm : undefined;
  };
  assertEquals(comm(0xc3, 0xa4, 0, 0x41), "ä");
  assertEquals(comm(0x61, 0x0a, 0x1b, 0xff, 0), "a\n\x1b\ufffd");
  assertEquals(comm(0xef, 0xbb, 0xbf, 0x61), "\ufeffa");
  assertEquals(comm(...new Uint8Array(16).fill(0x78)), "x".repeat(16));
});

Deno.test("EventDecoder counts what it does not know and what cannot be", () => {
  const exec = formatOf("6.18", "sched_process_exec");
  const good = encodeRecord(exec, { filename: cString("/bin/true") });
  const beyond = good.slice();
  new DataView(beyond.buffer).setUint32(8, (200 << 16) | 20, true);
  const items = [
    good,
    beyond,
    good.slice(0, 12),
    good.slice(0, 4),
    encodeRecord({ ...exec, id: 60000 }, {}),
    // A reset of no socket says nothing, but is not wrong.
    encodeRecord(formatOf("6.18", "tcp_send_reset"), { skaddr: 0 }),
  ].map((data): Item => ({ type: "data", delta: 0, data }));
  const into: TraceEvent[] = [];
  const page = encodePage(LAYOUT, { time: 0n, lost: 3 }, items);
  const decoder = decoderOf("6.18");
  assertEquals(decoder.decode(page, into), { lost: 3, unknownIds: 1, malformed: 3 });
  assertEquals(into.length, 1);
  assertEquals(decoder.decode(page.subarray(0, 100), into).malformed, 2);
});

Deno.test("EventDecoder reads a filename whose place is relative", () => {
  const exec = formatOf("6.18", "sched_process_exec");
  const fields = new Map(exec.fields);
  fields.set("filename", { ...existing(fields.get("filename")), form: "relative" });
  const format = { ...exec, fields };
  const data = encodeRecord(format, { filename: cString("/bin/ä") });
  const into: TraceEvent[] = [];
  new EventDecoder([format], LAYOUT, (boot) => boot)
    .decode(encodePage(LAYOUT, { time: 0n }, [{ type: "data", delta: 0, data }]), into);
  assertEquals(into.map((event) => event.type === "exec" && event.filename), ["/bin/ä"]);
});
