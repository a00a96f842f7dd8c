/**
 * Decoders of the events of sockets and routes. Fields as in include/trace/events/{sock,tcp,fib,fib6}.h,
 * which differ from kernel to kernel.
 */
import type {
  DestroyEvent,
  ErrorEvent,
  EventHead,
  ResetEvent,
  RetransmitEvent,
  RouteEvent,
  StateEvent,
} from "./event.ts";
import type { EventFormat } from "./format.ts";
import { Fields, type Made, readUnsigned, type TraceRecord } from "./record_kind.ts";
import { type EndsLayout, SocketRecord } from "./socket_ends.ts";

class StateRecord extends SocketRecord implements StateEvent {
  readonly type = "state";
  readonly atomic: boolean;

  constructor(
    record: TraceRecord,
    head: EventHead,
    layout: EndsLayout,
    readonly socket: number,
    readonly protocol: number,
    readonly oldState: number,
    readonly newState: number,
  ) {
    super(record, head, layout);
    this.atomic = head.atomic ?? false;
  }
}

class ErrorRecord extends SocketRecord implements ErrorEvent {
  readonly type = "error";

  constructor(
    record: TraceRecord,
    head: EventHead,
    layout: EndsLayout,
    readonly protocol: number,
    readonly error: number,
  ) {
    super(record, head, layout);
  }
}

class RetransmitRecord extends SocketRecord implements RetransmitEvent {
  readonly type = "retransmit";

  constructor(record: TraceRecord, head: EventHead, layout: EndsLayout, readonly socket: number) {
    super(record, head, layout);
  }
}

class DestroyRecord extends SocketRecord implements DestroyEvent {
  readonly type = "destroy";

  constructor(
    record: TraceRecord,
    head: EventHead,
    layout: EndsLayout,
    readonly socket: number,
    readonly cookie: number,
  ) {
    super(record, head, layout);
  }
}

class RouteRecord extends SocketRecord implements RouteEvent {
  readonly type = "route";

  constructor(
    record: TraceRecord,
    head: EventHead,
    layout: EndsLayout,
    readonly protocol: number,
    readonly table: number,
    readonly error: number,
  ) {
    super(record, head, layout);
  }
}

/** The lowest 52 bits, for a number holds no more; the highest bits of pointers are the same in all. */
export function readPointer(view: DataView, at: number, size: number): number {
  const low = view.getUint32(at, true);
  return size === 4 ? low : (view.getUint32(at + 4, true) & 0xfffff) * 2 ** 32 + low;
}

/**
 * Sockets are written in the fields of IPv4 and of IPv6 at once; those of IPv6 say it all, mapped where
 * the socket is one of IPv4.
 */
function socketEnds(fields: Fields): EndsLayout {
  return {
    sourcePort: fields.required("sport", "plain", 2),
    destinationPort: fields.required("dport", "plain", 2),
    source: fields.required("saddr", "array", 4),
    destination: fields.required("daddr", "array", 4),
    source6: fields.required("saddr_v6", "array", 16),
    destination6: fields.required("daddr_v6", "array", 16),
  };
}

/** Decoder of `sock:inet_sock_set_state`. */
export function makeState(format: EventFormat, what: string): Made {
  const fields = new Fields(format);
  const socket = fields.field("skaddr", "plain", [4, 8]);
  const oldState = fields.required("oldstate", "plain", 4);
  const newState = fields.required("newstate", "plain", 4);
  // A byte before Linux 5.6.
  const protocol = fields.field("protocol", "plain", [1, 2]);
  const ends = socketEnds(fields);
  return fields.make(what, (record, head, into) => {
    const { view, at } = record;
    into.push(
      new StateRecord(
        record,
        head,
        ends,
        readPointer(view, at + socket.offset, socket.size),
        readUnsigned(view, at + protocol.offset, protocol.size),
        view.getInt32(at + oldState, true),
        view.getInt32(at + newState, true),
      ),
    );
    return true;
  });
}

/** Decoder of `sock:inet_sk_error_report`. */
export function makeError(format: EventFormat, what: string): Made {
  const fields = new Fields(format);
  const error = fields.required("error", "plain", 4);
  const protocol = fields.field("protocol", "plain", [1, 2]);
  const ends = socketEnds(fields);
  return fields.make(what, (record, head, into) => {
    const { view, at } = record;
    into.push(
      new ErrorRecord(
        record,
        head,
        ends,
        readUnsigned(view, at + protocol.offset, protocol.size),
        view.getInt32(at + error, true),
      ),
    );
    return true;
  });
}

/** Decoder of `tcp:tcp_receive_reset` and `tcp:tcp_send_reset`. */
export function makeReset(format: EventFormat, what: string): Made {
  const fields = new Fields(format);
  const pointer = fields.field("skaddr", "plain", [4, 8]);
  const sent = format.name === "tcp_send_reset";
  return fields.make(what, ({ view, at }, { time, boot, tid, interrupted }, into) => {
    const socket = readPointer(view, at + pointer.offset, pointer.size);
    // Since Linux 6.10 resets are told that belong to no socket.
    if (socket === 0) return true;
    const event: ResetEvent = { type: "reset", time, boot, tid, interrupted, socket, sent };
    into.push(event);
    return true;
  });
}

/** Decoder of `tcp:tcp_retransmit_skb`. */
export function makeRetransmit(format: EventFormat, what: string): Made {
  const fields = new Fields(format);
  const pointer = fields.field("skaddr", "plain", [4, 8]);
  const ends = socketEnds(fields);
  return fields.make(what, (record, head, into) => {
    const socket = readPointer(record.view, record.at + pointer.offset, pointer.size);
    into.push(new RetransmitRecord(record, head, ends, socket));
    return true;
  });
}

/** Decoder of `tcp:tcp_destroy_sock`. */
export function makeDestroy(format: EventFormat, what: string): Made {
  const fields = new Fields(format);
  const socket = fields.field("skaddr", "plain", [4, 8]);
  const cookie = fields.required("sock_cookie", "plain", 8);
  const ends = socketEnds(fields);
  return fields.make(what, (record, head, into) => {
    const { view, at } = record;
    into.push(
      new DestroyRecord(
        record,
        head,
        ends,
        readPointer(view, at + socket.offset, socket.size),
        readPointer(view, at + cookie, 8),
      ),
    );
    return true;
  });
}

/** Decoder of `fib:fib_table_lookup` (4) or `fib6:fib6_table_lookup` (6). */
export function makeRoute(format: EventFormat, what: string, ipVersion: 4 | 6): Made {
  const fields = new Fields(format);
  const protocol = fields.optional("proto", "plain", 1);
  if (protocol < 0) return { lacks: `${what}: this kernel's ${format.name} names no protocol` };
  const table = fields.required("tb_id", "plain", 4);
  const error = fields.required("err", "plain", 4);
  const source = fields.required("src", "array", ipVersion === 4 ? 4 : 16);
  const destination = fields.required("dst", "array", ipVersion === 4 ? 4 : 16);
  const ends: EndsLayout = {
    sourcePort: fields.optional("sport", "plain", 2),
    destinationPort: fields.optional("dport", "plain", 2),
    source: ipVersion === 4 ? source : -1,
    destination: ipVersion === 4 ? destination : -1,
    source6: ipVersion === 6 ? source : -1,
    destination6: ipVersion === 6 ? destination : -1,
  };
  const made = fields.make(what, (record, head, into) => {
    const { view, at } = record;
    into.push(
      new RouteRecord(
        record,
        head,
        ends,
        view.getUint8(at + protocol),
        view.getUint32(at + table, true),
        view.getInt32(at + error, true),
      ),
    );
    return true;
  });
  if (made.kind === undefined || (ends.sourcePort >= 0 && ends.destinationPort >= 0)) return made;
  return { kind: made.kind, lacks: `ports of ${what}: this kernel's ${format.name} names none` };
}
