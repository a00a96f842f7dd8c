/** Addresses and ports of the socket events, decoded when they are first asked for. */
import type { Endpoint } from "../../lib/connection.ts";
import { formatIpv4, formatIpv6 } from "../../lib/ip.ts";
import type { EventHead, SocketEnds } from "./event.ts";
import type { TraceRecord } from "./record_kind.ts";

/** Offsets of the fields in the record; -1 where there is none. */
export interface EndsLayout {
  readonly sourcePort: number;
  readonly destinationPort: number;
  /** 4 bytes. */
  readonly source: number;
  readonly destination: number;
  /** 16 bytes. */
  readonly source6: number;
  readonly destination6: number;
}

/**
 * What all socket events have in common. It holds on to the page that it was decoded from. Its ends are
 * getters of the prototype: spread syntax and structuredClone lose them.
 */
export abstract class SocketRecord implements EventHead, SocketEnds {
  readonly time: number;
  readonly boot: number;
  readonly tid: number;
  readonly interrupted: boolean;
  readonly #view: DataView;
  readonly #at: number;
  readonly #layout: EndsLayout;
  #ends: SocketEnds | undefined;

  constructor(record: TraceRecord, head: EventHead, layout: EndsLayout) {
    this.time = head.time;
    this.boot = head.boot;
    this.tid = head.tid;
    this.interrupted = head.interrupted;
    this.#view = record.view;
    this.#at = record.at;
    this.#layout = layout;
  }

  get local(): Required<Endpoint> {
    return this.#decoded().local;
  }

  get remote(): Required<Endpoint> {
    return this.#decoded().remote;
  }

  get ipVersion(): 4 | 6 {
    return this.#decoded().ipVersion;
  }

  #decoded(): SocketEnds {
    return this.#ends ??= decodeEnds(this.#view, this.#at, this.#layout);
  }
}

/** The local end is the source: all of these events are told from this host's point of view. */
function decodeEnds(view: DataView, at: number, layout: EndsLayout): SocketEnds {
  const { sourcePort, destinationPort, source, destination } = layout;
  // The kernel has turned the ports to the host's byte order.
  const localPort = sourcePort < 0 ? 0 : view.getUint16(at + sourcePort, true);
  const remotePort = destinationPort < 0 ? 0 : view.getUint16(at + destinationPort, true);
  const source6 = layout.source6 < 0 ? -1 : at + layout.source6;
  const destination6 = layout.destination6 < 0 ? -1 : at + layout.destination6;
  if (source6 >= 0 && destination6 >= 0 && !isIpv4(view, source6, destination6)) {
    return {
      local: { ip: ipv6(view, source6), port: localPort },
      remote: { ip: ipv6(view, destination6), port: remotePort },
      ipVersion: 6,
    };
  }
  return {
    local: { ip: ipv4(view, at, source, source6), port: localPort },
    remote: { ip: ipv4(view, at, destination, destination6), port: remotePort },
    ipVersion: 4,
  };
}

/**
 * Whether two IPv6 addresses stand for IPv4: both mapped (so the kernel writes an IPv4 socket's), or one
 * mapped and the other not chosen (an IPv6 socket that connects to a mapped address). This is known
 * from the addresses alone, so formats without `family` serve as well.
 */
function isIpv4(view: DataView, a: number, b: number): boolean {
  return isMapped(view, a) ? isMapped(view, b) || isUnspecified(view, b) : isMapped(view, b) &&
    isUnspecified(view, a);
}

function isMapped(view: DataView, at: number): boolean {
  return view.getUint32(at + 8) === 0xffff && view.getUint32(at) === 0 &&
    view.getUint32(at + 4) === 0;
}

function isUnspecified(view: DataView, at: number): boolean {
  return view.getUint32(at) === 0 && view.getUint32(at + 4) === 0 &&
    view.getUint32(at + 8) === 0 && view.getUint32(at + 12) === 0;
}

function ipv6(view: DataView, at: number): string {
  return formatIpv6(
    view.getUint32(at),
    view.getUint32(at + 4),
    view.getUint32(at + 8),
    view.getUint32(at + 12),
  );
}

/** Of the mapped form where it is one; an IPv6 socket that is connecting has only the other. */
function ipv4(view: DataView, at: number, plain: number, mapped: number): string {
  if (mapped >= 0 && isMapped(view, mapped)) return formatIpv4(view.getUint32(mapped + 12));
  return plain < 0 ? "0.0.0.0" : formatIpv4(view.getUint32(at + plain));
}
