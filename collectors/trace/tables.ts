/** From the events of the trace to what has happened, in the order of the trace. */
import { DatagramTable } from "./datagrams.ts";
import type { TraceEvent } from "./event.ts";
import type { Happening } from "./happening.ts";
import type { ProcessTable } from "./processes.ts";
import { TcpTable } from "./tcp.ts";

const TCP = 6;

/** All tables of one run. */
export class TraceTables {
  readonly #processes: ProcessTable;
  readonly tcp: TcpTable;
  readonly datagrams: DatagramTable;
  #lost = 0;

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
      this.tcp.lost(into);
    }
    for (const event of events) this.#apply(event, into);
    this.tcp.advance(horizon, into);
    this.datagrams.advance(horizon, into);
    return into;
  }

  /** What still waits for something, at the end of the run. */
  end(): Happening[] {
    const into: Happening[] = [];
    this.tcp.lost(into);
    this.datagrams.end(into);
    return into;
  }

  #apply(event: TraceEvent, into: Happening[]): void {
    this.#processes.apply(event);
    switch (event.type) {
      case "state":
      case "reset":
        this.tcp.apply(event, into);
        break;
      case "error":
        if (event.protocol === TCP) this.tcp.apply(event, into);
        else this.datagrams.error(event);
        break;
      case "route":
        if (event.protocol === TCP) this.tcp.apply(event, into);
        else this.datagrams.apply(event, into);
        break;
    }
  }
}
