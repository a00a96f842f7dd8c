/** What was open before the trace began, each told once. */
import type { Happening } from "./happening.ts";
import type { TcpTable } from "./tcp.ts";
import { peerText } from "./tcp_pending.ts";

/**
 * Tells what was seen to be open, but for what the trace saw begin. While a connect waits for an answer, the
 * trace does not know its local port: what was seen to wait for the same peer is told once that is known.
 */
export class ToldSeeds {
  readonly #tcp: Pick<TcpTable, "sawBeginning" | "portlessPeers">;
  /** By their keys. */
  readonly #waiting = new Map<string, Happening>();

  /** @param tcp Was given the seeds, and what happened since. */
  constructor(tcp: Pick<TcpTable, "sawBeginning" | "portlessPeers">) {
    this.#tcp = tcp;
  }

  /** Adds what is to be told. */
  add(seeds: readonly Happening[]): void {
    for (const seed of seeds) this.#waiting.set(seed.key, seed);
  }

  /** Puts those before the happenings that can be told by now, and those of which they go on to tell. */
  before(happenings: readonly Happening[]): readonly Happening[] {
    if (this.#waiting.size === 0) return happenings;
    const told = this.#certain(this.#tcp.portlessPeers);
    for (const { key } of happenings) {
      const seed = this.#waiting.get(key);
      if (seed === undefined) continue;
      told.push(seed);
      this.#waiting.delete(key);
    }
    return told.length > 0 ? [...told, ...happenings] : happenings;
  }

  /** Those that are left, at the end of the run. */
  finish(): Happening[] {
    return this.#certain(new Set());
  }

  #certain(peers: ReadonlySet<string>): Happening[] {
    const told: Happening[] = [];
    for (const [key, seed] of this.#waiting) {
      const wasSeen = this.#tcp.sawBeginning(key);
      if (!wasSeen && waitsFor(seed, peers)) continue;
      this.#waiting.delete(key);
      if (!wasSeen) told.push(seed);
    }
    return told;
  }
}

function waitsFor(
  { state, protocolNumber, local, remote }: Happening,
  peers: ReadonlySet<string>,
): boolean {
  return state === "syn_sent" && remote !== undefined &&
    peers.has(peerText(protocolNumber, local, remote));
}
