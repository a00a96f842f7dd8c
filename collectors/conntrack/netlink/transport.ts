/** The kernel's netlink socket as a way in for flow events. */
import type { FlowEvent } from "../flow.ts";
import { collect, type FlowTransport } from "../transport.ts";
import { GROUP } from "./ctnetlink.ts";
import { decodeEvent, isFlowMessage } from "./decode.ts";
import { netlinkDrops } from "./drops.ts";
import { requestDump } from "./dump.ts";
import { Messages } from "./messages.ts";
import {
  EMPTY,
  type NetlinkSocket,
  type OpenNetlinkSocket,
  openNetlinkSocket,
  OVERRUN,
} from "./socket.ts";

/** Receive buffer if no other is asked for, bytes: the kernel keeps about 26,000 events in it. */
export const DEFAULT_BUFFER = 16 * 1024 * 1024;

/** What a {@linkcode NetlinkTransport} is made with. */
export interface NetlinkTransportOptions {
  /** Receive buffer in bytes; beyond `net.core.rmem_max` it needs CAP_NET_ADMIN of the host. */
  readonly buffer?: number;
  /** Whether changes of a flow are told as well as its beginning and its end. */
  readonly updates?: boolean;
  /** Microseconds since the epoch: the time of events that bear none. */
  readonly now: () => number;
  /** Contents of /proc/net/netlink of this network namespace; undefined where it cannot be read. */
  readonly readNetlinkTable: () => Uint8Array | undefined;
  /** Opens the sockets; by default, through the C library. */
  readonly open?: OpenNetlinkSocket;
}

/** Datagrams, of one event each, between two chances for the event loop. */
const BATCH_SIZE = 2048;

/** Batches that are still read after the abort, at most: while events come faster than they are read, there is no end. */
const LAST_BATCHES = 64;

/** While events come, they are left to gather for so long: a wake-up costs more than an event. */
const GATHER_MS = 10;

/** How long the abort may go unnoticed while nothing happens. */
const IDLE_MS = 100;

/** How often the table is asked for when it changes under the kernel's hands. */
const MAX_DUMPS = 3;

/** Flow events of the network namespace of this process, straight from the kernel. */
export class NetlinkTransport implements FlowTransport {
  readonly dropped: Record<string, number> = {};
  readonly #options: NetlinkTransportOptions;
  readonly #open: OpenNetlinkSocket;
  #socket: NetlinkSocket | undefined;
  /** Lost by sockets that are closed. */
  #lostBefore: number | undefined = 0;
  #gaps = 0;
  #drained = -Infinity;

  constructor(options: NetlinkTransportOptions) {
    this.#options = options;
    this.#open = options.open ?? openNetlinkSocket;
  }

  /**
   * How often the kernel said that events were missed (ENOBUFS): where it had no memory for an event,
   * {@linkcode lost} does not count it (`netlink_set_err` of `net/netlink/af_netlink.c`).
   */
  get gaps(): number {
    return this.#gaps;
  }

  get drained(): number {
    return this.#drained;
  }

  /** Receive buffer that the kernel has granted, bytes; undefined while there is no socket. */
  get buffer(): number | undefined {
    return this.#socket?.receiveBuffer;
  }

  /** The socket listens as soon as the first batch is asked for. One at a time. */
  async *events(signal: AbortSignal): AsyncGenerator<FlowEvent[]> {
    const { buffer = DEFAULT_BUFFER, updates = false } = this.#options;
    const groups = GROUP.new | GROUP.destroy | (updates ? GROUP.update : 0);
    using socket = this.#open({ groups, receiveBuffer: buffer });
    const messages = new Messages(socket.buffer);
    this.#socket = socket;
    let batchesLeft = LAST_BATCHES;
    try {
      while (true) {
        // What has come before the abort is still taken.
        const { aborted } = signal;
        const batch: FlowEvent[] = [];
        const began = this.#options.now();
        const drained = this.#receive(socket, messages, batch);
        if (batch.length > 0) yield batch;
        if (drained) this.#drained = began;
        if (aborted && (drained || --batchesLeft === 0)) return;
        if (!drained) await sleep(0);
        else if (batch.length > 0) await sleep(GATHER_MS);
        else await socket.readable(IDLE_MS);
      }
    } finally {
      this.#lostBefore = this.lost();
      this.#socket = undefined;
    }
  }

  /**
   * All flows that the kernel tracks, each as a `dump` event: some of them twice when its answer was
   * interrupted.
   *
   * @throws ExitError when the kernel refuses, or does not answer.
   */
  async *entries(): AsyncGenerator<FlowEvent[]> {
    using socket = this.#open({ groups: 0 });
    for (let sequence = 1;; sequence++) {
      const { interrupted, malformed } = yield* requestDump(socket, sequence);
      if (interrupted && sequence < MAX_DUMPS) continue;
      if (malformed > 0) this.#drop("malformed", malformed);
      return;
    }
  }

  /** @throws ExitError as {@linkcode entries}. */
  dump(): Promise<FlowEvent[]> {
    return collect(this.entries());
  }

  lost(): number | undefined {
    if (this.#socket === undefined || this.#lostBefore === undefined) return this.#lostBefore;
    const table = this.#options.readNetlinkTable();
    const drops = table && netlinkDrops(table, { portid: this.#socket.portid });
    return drops === undefined ? undefined : this.#lostBefore + drops;
  }

  /** Reads one batch; returns whether there is no more to read. */
  #receive(socket: NetlinkSocket, messages: Messages, batch: FlowEvent[]): boolean {
    const now = this.#options.now();
    for (let i = 0; i < BATCH_SIZE; i++) {
      const length = socket.receive();
      if (length === EMPTY) return true;
      if (length === OVERRUN) {
        this.#gaps++;
        continue;
      }
      if (length > socket.buffer.length) {
        this.#drop("oversize");
        continue;
      }
      messages.begin(length);
      while (messages.next()) {
        if (!isFlowMessage(messages)) continue;
        const event = decodeEvent(messages, now);
        if (event === undefined) this.#drop("malformed");
        else batch.push(event);
      }
      if (messages.bad) this.#drop("malformed");
    }
    return false;
  }

  #drop(reason: string, count = 1): void {
    this.dropped[reason] = (this.dropped[reason] ?? 0) + count;
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
