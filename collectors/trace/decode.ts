/** From the pages of the kernel's trace to events. */
import {
  makeDestroy,
  makeError,
  makeReset,
  makeRetransmit,
  makeRoute,
  makeState,
} from "./decode_sockets.ts";
import { makeExec, makeExit, makeFork } from "./decode_tasks.ts";
import type { TraceEvent } from "./event.ts";
import type { EventFormat, PageLayout } from "./format.ts";
import { Fields, type Made, type RecordKind } from "./record_kind.ts";
import { RingPage } from "./ring_page.ts";
import { makeSend } from "./sizes/send_event.ts";

/** In `common_flags`: hard interrupt, soft interrupt, NMI (include/linux/trace_events.h). */
const IN_INTERRUPT = 0x08 | 0x10 | 0x40;

/** Bottom halves are off (Linux 5.18). */
const BH_OFF = 0x80;

/** In `common_preempt_count`: how deep preemption is off. */
const PREEMPT_OFF = 0x0f;

/** An event that can be decoded. */
interface Known {
  /** `system:name`. */
  readonly event: string;
  /** What the collector gets from it. */
  readonly what: string;
  readonly make: (format: EventFormat, what: string) => Made;
}

const KNOWN: readonly Known[] = [
  { event: "sock:inet_sock_set_state", what: "TCP connections", make: makeState },
  { event: "sock:inet_sk_error_report", what: "why a TCP connection failed", make: makeError },
  { event: "tcp:tcp_receive_reset", what: "TCP resets by the peer", make: makeReset },
  { event: "tcp:tcp_send_reset", what: "TCP resets by this host", make: makeReset },
  {
    event: "tcp:tcp_retransmit_skb",
    what: "own ports of TCP connects that are not answered yet",
    make: makeRetransmit,
  },
  { event: "tcp:tcp_destroy_sock", what: "some bytes of TCP connections", make: makeDestroy },
  {
    event: "fib:fib_table_lookup",
    what: "UDP and ICMP over IPv4",
    make: (format, what) => makeRoute(format, what, 4),
  },
  {
    event: "fib6:fib6_table_lookup",
    what: "UDP and ICMP over IPv6",
    make: (format, what) => makeRoute(format, what, 6),
  },
  { event: "task:task_newtask", what: "new processes and threads", make: makeFork },
  { event: "sched:sched_process_exec", what: "programs that processes run", make: makeExec },
  { event: "sched:sched_process_exit", what: "ends of processes", make: makeExit },
];

/** Decoded only where it is asked for. */
const SIZES: Known = {
  event: "sock:sock_send_length",
  what: "bytes of datagrams",
  make: makeSend,
};

/** What became of a page, apart from its events. */
export interface PageResult {
  /** Events that the kernel threw away before this page; `unknown`: some, it does not say how many. */
  readonly lost: number | "unknown";
  /** Records of events that the decoder does not know. */
  readonly unknownIds: number;
  /** Records that cannot be what they say, and one more if the rest of the page could not be read. */
  readonly malformed: number;
}

/** Offsets of what every record begins with, and where that ends. */
interface CommonFields {
  readonly type: number;
  readonly flags: number;
  readonly depth: number;
  readonly pid: number;
  readonly minimum: number;
}

function commonFields(format: EventFormat): CommonFields | undefined {
  const fields = new Fields(format);
  const common = {
    type: fields.required("common_type", "plain", 2),
    flags: fields.required("common_flags", "plain", 1),
    depth: fields.required("common_preempt_count", "plain", 1),
    pid: fields.required("common_pid", "plain", 4),
  };
  return fields.missing === undefined ? { ...common, minimum: fields.minimum } : undefined;
}

/** Decodes pages of the trace. One object for all processors: it remembers nothing of a page. */
export class EventDecoder {
  /**
   * What connscribe will not learn from these formats, in words for the user:
   * `UDP and ICMP over IPv4: this kernel's fib_table_lookup names no protocol`.
   */
  readonly lacks: readonly string[];
  /** The events that it decodes, as `system:name`; enabling others is of no use. */
  readonly events: readonly string[];

  readonly #kinds: (RecordKind | undefined)[] = [];
  readonly #page: RingPage;
  readonly #toWall: (bootUs: number) => number;
  /** As all Linux kernels have it, until a format says so. */
  #common: CommonFields = { type: 0, flags: 2, depth: 3, pid: 4, minimum: 8 };

  /**
   * @param formats Of the events that are there; those of others are ignored.
   * @param toWall Turns microseconds of the trace's clock into microseconds since the epoch.
   * @param sizes Whether the sizes of datagrams are wanted.
   */
  constructor(
    formats: readonly EventFormat[],
    layout: PageLayout,
    toWall: (bootUs: number) => number,
    sizes = false,
  ) {
    this.#page = new RingPage(layout);
    this.#toWall = toWall;
    const lacks: string[] = [];
    const events: string[] = [];
    this.lacks = lacks;
    this.events = events;
    for (const { event, what, make } of sizes ? [...KNOWN, SIZES] : KNOWN) {
      const name = event.slice(event.indexOf(":") + 1);
      const format = formats.find((each) => each.name === name);
      const common = format && commonFields(format);
      if (format === undefined) {
        lacks.push(`${what}: this kernel has no trace event ${event}`);
        continue;
      }
      const made: Made = common === undefined || !this.#agrees(common)
        ? { lacks: `${what}: this kernel's ${name} begins in an unknown way` }
        : make(format, what);
      if (made.lacks !== undefined) lacks.push(made.lacks);
      if (made.kind === undefined || common === undefined) continue;
      this.#kinds[format.id] = made.kind;
      events.push(event);
    }
  }

  /** The head is read before it is known which event it is: it must be the same in all. */
  #agrees(head: CommonFields): boolean {
    if (this.events.length === 0) this.#common = head;
    const { type, flags, depth, pid } = this.#common;
    return head.type === type && head.flags === flags && head.depth === depth && head.pid === pid;
  }

  /**
   * Decodes a page and adds its events in their order. The events keep the page: give away its bytes
   * and read the next page into others. Any bytes will do; nothing is thrown.
   */
  decode(bytes: Uint8Array, into: TraceEvent[]): PageResult {
    const page = this.#page;
    const { type, flags, depth, pid, minimum } = this.#common;
    const head = { time: 0, boot: 0, tid: 0, interrupted: false, atomic: false };
    let unknownIds = 0;
    let malformed = 0;
    page.open(bytes);
    while (page.next()) {
      const { view, at, length } = page;
      if (length < minimum) {
        malformed++;
        continue;
      }
      const kind = this.#kinds[view.getUint16(at + type, true)];
      if (kind === undefined) {
        unknownIds++;
        continue;
      }
      if (length < kind.minimum) {
        malformed++;
        continue;
      }
      head.boot = page.boot;
      head.time = Math.floor(this.#toWall(head.boot));
      head.tid = view.getInt32(at + pid, true);
      const context = view.getUint8(at + flags);
      head.interrupted = (context & IN_INTERRUPT) !== 0;
      head.atomic = (context & BH_OFF) !== 0 || (view.getUint8(at + depth) & PREEMPT_OFF) !== 0;
      if (!kind.decode(page, head, into)) malformed++;
    }
    if (page.malformed) malformed++;
    return { lost: page.lost, unknownIds, malformed };
  }
}
