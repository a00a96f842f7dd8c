/** Up to which time all flow events were read. */
import type { FlowEvent } from "./flow.ts";
import type { FlowTable } from "./flows.ts";
import type { FlowTransport } from "./transport.ts";

/**
 * Follows what is read of a transport. Where the transport does not know when it has nothing left, the times
 * of its events tell, and that none have come from one look to the next.
 */
export class Drained {
  readonly #transport: Pick<FlowTransport, "drained">;
  readonly #now: () => number;
  #time = -Infinity;
  /** When it was seen that nothing had come; undefined where something has come since. */
  #quiet: number | undefined;

  /** @param now Microseconds since the epoch. */
  constructor(transport: Pick<FlowTransport, "drained">, now: () => number) {
    this.#transport = transport;
    this.#now = now;
  }

  /**
   * Takes note of what was read: an empty batch is a look at which nothing had come.
   *
   * @returns Up to which time all events were read, with these; microseconds since the epoch.
   */
  after(read: readonly FlowEvent[] | FlowTable): number {
    const { drained } = this.#transport;
    if (drained !== undefined) return drained;
    if ("dump" in read) return this.#time;
    const last = read.at(-1);
    // Not the greatest: the clock may be set back.
    this.#time = (last === undefined ? this.#quiet : last.timestampUs) ?? this.#time;
    this.#quiet = last === undefined ? this.#now() : undefined;
    return this.#time;
  }
}
