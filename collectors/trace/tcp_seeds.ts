/** Connections that were open before the trace began, known by their ends only. */
import type { Endpoint } from "../../lib/connection.ts";
import type { Happening, Owner } from "./happening.ts";

/** Ends that open connections had: one, or several in different network namespaces. */
interface Place {
  readonly seeds: Happening[];
  /** Once one of several has ended, no one can tell which are left. */
  count: number;
}

/** What was open before with the ends that are looked for. */
export type Found = Happening | "ambiguous" | undefined;

/** What tells a connection from others of its network namespace. */
export function endsText(
  protocol: number,
  local: Required<Endpoint>,
  remote: Required<Endpoint>,
): string {
  return `${protocol} ${local.ip} ${local.port} ${remote.ip} ${remote.port}`;
}

/** Finds a connection that was open before by its ends. */
export class Seeds {
  readonly #places = new Map<string, Place>();
  #size = 0;
  /** Keys of those that {@linkcode began} has found. */
  readonly begun = new Set<string>();
  /** When the last one was seen, microseconds since the epoch. */
  seen = -Infinity;

  /** How many have not been found. */
  get size(): number {
    return this.#size;
  }

  /** Adds one, as it was said to be open. */
  add(seed: Happening, remote: Required<Endpoint>): void {
    const at = endsText(seed.protocolNumber, seed.local, remote);
    const place = this.#places.get(at);
    if (place === undefined) this.#places.set(at, { seeds: [seed], count: 1 });
    else {
      place.seeds.push(seed);
      place.count++;
    }
    this.#size++;
  }

  /**
   * Takes one out.
   *
   * @param holder Who was seen to hold it: that tells which of several it is.
   */
  take(
    protocol: number,
    local: Required<Endpoint>,
    remote: Required<Endpoint>,
    holder?: Owner,
  ): Found {
    if (this.#size === 0) return undefined;
    const at = endsText(protocol, local, remote);
    const place = this.#places.get(at);
    if (place === undefined) return undefined;
    this.#size--;
    place.count--;
    const { seeds } = place;
    if (place.count === 0) this.#places.delete(at);
    if (seeds.length === 1) return seeds[0];
    const id = holder?.process?.entityId;
    const fitting = id === undefined
      ? []
      : seeds.filter(({ owner }) => owner.process?.entityId === id);
    const [one] = fitting;
    if (one === undefined || fitting.length > 1) return "ambiguous";
    seeds.splice(seeds.indexOf(one), 1);
    return one;
  }

  /** Forgets one that the trace saw begin, before it was seen to be open. */
  began(
    protocol: number,
    local: Required<Endpoint>,
    remote: Required<Endpoint>,
    time: number,
  ): Found {
    if (this.#size === 0 || time > this.seen) return undefined;
    const found = this.take(protocol, local, remote);
    if (typeof found === "object") this.begun.add(found.key);
    return found;
  }
}
