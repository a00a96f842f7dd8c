/** From the events of the trace to what has happened, in the order of the trace. */
import type { TcpBytes } from "./bytes/tcp_bytes.ts";
import { DatagramTable } from "./datagrams.ts";
import type { ErrorEvent, ResetEvent, StateEvent, TraceEvent } from "./event.ts";
import type { Happening } from "./happening.ts";
import type { ProcessTable } from "./processes.ts";
import { TcpTable } from "./tcp.ts";
import { STATE } from "./tcp_states.ts";

const TCP = 6;

/** All tables of one run. */
export class TraceTables {
  readonly #processes: ProcessTable;
  readonly tcp: TcpTable;
  readonly datagrams: DatagramTable;
  #lost = 0;
  /** What the event that is applied has brought. */
  readonly #fresh: Happening[] = [];

  /** Holds back the ends of connections until their bytes are known; absent: they go without. */
  bytes: TcpBytes | undefined;

  /** @param datagramTimeoutMs Silence after which a stream of datagrams is over. */
  constructor(processes: ProcessTable, datagramTimeoutMs: number) {
    this.#processes = processes;
    this.tcp = new TcpTable({ owners: processes });
    this.datagrams = new DatagramTable({ owners: processes, timeoutUs: datagramTimeoutMs * 1000 });
  }

  /**
   * Takes the next events.
   *
   * @param horizon Time up to which there are no others, microseconds since the boot.
   * @param lost How many events were lost since the start: whatever may be one of them is in doubt.
   */
  take(events: readonly TraceEvent[], horizon: number, lost: number): Happening[] {
    const into: Happening[] = [];
    if (lost > this.#lost) {
      this.#lost = lost;
      this.#processes.lost();
      this.tcp.lost(this.#fresh);
      this.#tell(into, horizon);
    }
    for (const event of events) this.#apply(event, into);
    this.tcp.advance(horizon, this.#fresh);
    this.#tell(into, horizon);
    this.datagrams.advance(horizon, into);
    return into;
  }

  /** What still waits for something, at the end of the run. */
  end(): Happening[] {
    const into = this.bytes?.finish() ?? [];
    this.tcp.lost(into);
    this.datagrams.end(into);
    return into;
  }

  #apply(event: TraceEvent, into: Happening[]): void {
    this.#processes.apply(event);
    switch (event.type) {
      case "state":
      case "reset":
        this.#socket(event, into);
        break;
      case "destroy":
        this.bytes?.apply(event);
        break;
      case "error":
        if (event.protocol === TCP) this.#socket(event, into);
        else this.datagrams.error(event);
        break;
      case "route":
        if (event.protocol !== TCP) return this.datagrams.apply(event, into);
        this.tcp.apply(event, this.#fresh);
        this.#tell(into, event.boot);
        break;
    }
  }

  #socket(event: StateEvent | ErrorEvent | ResetEvent, into: Happening[]): void {
    // A socket that begins anew ends its connection before.
    const begins = event.type === "state" &&
      (event.newState === STATE.synSent || event.oldState === STATE.listen);
    if (!begins) this.bytes?.apply(event);
    this.tcp.apply(event, this.#fresh);
    this.#tell(into, event.boot);
    if (begins) this.bytes?.apply(event);
  }

  #tell(into: Happening[], boot: number): void {
    if (this.#fresh.length === 0) return;
    for (const happening of this.#fresh) {
      const told = happening.event === "close" && this.bytes !== undefined
        ? this.bytes.end(happening, boot / 1000)
        : happening;
      if (told !== undefined) into.push(told);
    }
    this.#fresh.length = 0;
  }
}
