/** From the events of the trace to what has happened, in the order of the trace. */
import { tableSize } from "../../lib/memory.ts";
import { isBeginning, type TcpBytes } from "./bytes/tcp_bytes.ts";
import { DatagramTable } from "./datagrams.ts";
import type {
  ErrorEvent,
  ResetEvent,
  RetransmitEvent,
  RouteEvent,
  StateEvent,
  TraceEvent,
} from "./event.ts";
import type { Happening, Owner } from "./happening.ts";
import type { ProcessTable } from "./processes.ts";
import { TcpTable } from "./tcp.ts";
import type { SeenSockets } from "./tcp_open.ts";

const TCP = 6;

/** Connections of either kind that are known at a time. */
const MAX_TCP = 262_144;
const MAX_DATAGRAMS = 65_536;

const DOUBT = "events of the trace were lost at that time";

/** Where the trace is. */
export interface TracePlace {
  /** Time up to which all events were given, microseconds since the boot. */
  readonly horizon: number;
  /** Time of the latest event that there can be. */
  readonly now: number;
  /** How many events were lost since the start. */
  readonly lost: number;
}

/** All tables of one run. */
export class TraceTables {
  readonly #processes: ProcessTable;
  readonly tcp: TcpTable;
  readonly datagrams: DatagramTable;
  #lost = 0;
  /** Up to where events may be missing, microseconds since the boot; -Infinity: none is. */
  #doubtful = -Infinity;
  #isBroken = false;
  readonly #doubted = new WeakMap<Owner, Owner>();
  /** What the event that is applied has brought. */
  readonly #fresh: Happening[] = [];
  #bytes: TcpBytes | undefined;

  /**
   * @param datagramTimeoutMs Silence after which a stream of datagrams is over.
   * @param sizes Whether the sizes of datagrams are told.
   * @param part As in `CollectorOptions.tables`.
   */
  constructor(processes: ProcessTable, datagramTimeoutMs: number, sizes = false, part = 1) {
    this.#processes = processes;
    const owners = { of: (tid: number) => this.#ownerOf(tid) };
    this.tcp = new TcpTable({ owners, max: tableSize(MAX_TCP, part) });
    const timeoutUs = datagramTimeoutMs * 1000;
    const max = tableSize(MAX_DATAGRAMS, part);
    this.datagrams = new DatagramTable({ owners, timeoutUs, sizes, max });
  }

  /**
   * Holds back the ends of connections until their bytes are known; undefined: they go without. What one
   * still holds back that gives way to another is told with the next events.
   */
  get bytes(): TcpBytes | undefined {
    return this.#bytes;
  }

  set bytes(bytes: TcpBytes | undefined) {
    if (bytes === this.#bytes) return;
    for (const held of this.#bytes?.finish() ?? []) this.#fresh.push(held);
    this.#bytes = bytes;
  }

  /** Takes the next events. */
  take(events: readonly TraceEvent[], { horizon, lost, now }: TracePlace): Happening[] {
    const into: Happening[] = [];
    this.#tell(into, horizon);
    if (lost > this.#lost) {
      this.#lost = lost;
      // Where there is no room, the newest events are lost: after those that have not been read yet.
      this.#doubtful = now;
    }
    if (this.#doubtful > -Infinity) {
      this.#processes.lost();
      this.#bytes?.lost();
      this.tcp.lost(this.#fresh);
      this.#tell(into, horizon);
    }
    this.datagrams.isLosing = this.#doubtful > -Infinity;
    for (const event of events) this.#apply(event, into);
    this.tcp.advance(horizon, this.#fresh);
    this.#tell(into, horizon);
    // After all of these events, so that none ends before it has begun.
    for (const held of this.#bytes?.done(horizon / 1000) ?? []) into.push(held);
    this.datagrams.advance(horizon, into);
    if (this.#doubtful > -Infinity && this.#doubtful <= horizon) {
      this.#doubtful = -Infinity;
      this.#isBroken = true;
    }
    return into;
  }

  /** Whether ends may have been lost since {@linkcode reconcile}, and none are being lost now. */
  get isBroken(): boolean {
    return this.#isBroken && this.#doubtful === -Infinity;
  }

  /** Ends the connections that are not open any more. Parameters are those of `TcpTable.reconcile`. */
  reconcile(
    seen: SeenSockets,
    place: { readonly time: number; readonly boot: number },
  ): Happening[] {
    const ended: Happening[] = [];
    this.tcp.reconcile(seen, place, ended);
    this.#isBroken = false;
    return ended;
  }

  /** What still waits for something, at the end of the run. */
  end(): Happening[] {
    const into: Happening[] = [];
    this.tcp.lost(this.#fresh);
    this.#tell(into, Infinity);
    for (const held of this.#bytes?.finish() ?? []) into.push(held);
    this.datagrams.end(into);
    return into;
  }

  /** While events may be missing, nobody is known for certain. */
  #ownerOf(tid: number): Owner {
    const owner = this.#processes.of(tid);
    if (this.#doubtful === -Infinity || owner.attribution !== "exact") return owner;
    let doubted = this.#doubted.get(owner);
    if (doubted === undefined) {
      doubted = { ...owner, attribution: "inferred", attributionReason: DOUBT };
      this.#doubted.set(owner, doubted);
    }
    return doubted;
  }

  #apply(event: TraceEvent, into: Happening[]): void {
    this.#processes.apply(event);
    switch (event.type) {
      case "state":
      case "reset":
        this.#socket(event, into);
        break;
      case "destroy":
        this.#bytes?.apply(event);
        break;
      case "error":
        if (event.protocol === TCP) this.#socket(event, into);
        else this.datagrams.error(event);
        break;
      case "send":
        this.datagrams.sent(event);
        break;
      case "retransmit":
        this.#connect(event, into);
        break;
      case "route":
        if (event.protocol !== TCP) this.datagrams.apply(event, into);
        else this.#connect(event, into);
        break;
    }
  }

  #connect(event: RetransmitEvent | RouteEvent, into: Happening[]): void {
    this.tcp.apply(event, this.#fresh);
    this.#tell(into, event.boot);
  }

  #socket(event: StateEvent | ErrorEvent | ResetEvent, into: Happening[]): void {
    // A socket that begins anew ends its connection before.
    const begins = event.type === "state" && isBeginning(event);
    if (!begins) this.#bytes?.apply(event);
    this.tcp.apply(event, this.#fresh);
    this.#tell(into, event.boot);
    if (begins) this.#bytes?.apply(event);
  }

  #tell(into: Happening[], boot: number): void {
    if (this.#fresh.length === 0) return;
    for (const happening of this.#fresh) {
      const told = happening.event === "close" && this.#bytes !== undefined
        ? this.#bytes.end(happening, boot / 1000)
        : happening;
      if (told !== undefined) into.push(told);
    }
    this.#fresh.length = 0;
  }
}
