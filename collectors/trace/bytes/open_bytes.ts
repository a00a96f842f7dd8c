/** What connections carry while they are open: told now and then, for they may be open for days. */
import type { Happening } from "../happening.ts";
import type { OpenBytes } from "./ss_table.ts";

const TCP = 6;

interface Open {
  readonly happening: Happening;
  /** As told last. */
  bytesIn: number;
  bytesOut: number | undefined;
}

/** The same ends may be in use in several network namespaces. */
function placeOf(
  { local, remote }: Pick<OpenBytes, "local" | "remote">,
  netns: number | undefined,
): string {
  return `${netns ?? ""} ${local.ip} ${local.port} ${remote.ip} ${remote.port}`;
}

/** The connections that are open, with what was told of them. */
export class OpenConnections {
  /** How often a connection was in a table that is not known, because there were too many. */
  unfollowed = 0;
  readonly #max: number;
  #wasFull = false;
  readonly #open = new Map<string, Open>();
  /** By key of the connection: who it belongs to may be known better at its end. */
  readonly #places = new Map<string, string>();

  /** @param max How many are known at the same time, at most. */
  constructor(max: number = Infinity) {
    this.#max = max;
  }

  /** How many are known. */
  get size(): number {
    return this.#open.size;
  }

  /** Whether the connection is open. */
  has({ key }: Happening): boolean {
    return this.#places.has(key);
  }

  #remove(key: string): void {
    const place = this.#places.get(key);
    if (place === undefined) return;
    this.#places.delete(key);
    // Its ends may be those of a later connection by now.
    if (this.#open.get(place)?.happening.key === key) this.#open.delete(place);
  }

  /** Takes note of what begins and ends. */
  note(happenings: readonly Happening[]): void {
    for (const happening of happenings) {
      const { event, protocolNumber, local, remote, outcome, owner } = happening;
      if (protocolNumber !== TCP || remote === undefined) continue;
      const netns = happening.netns ?? owner.process?.netns;
      if (event === "close") this.#remove(happening.key);
      else if (outcome === "established" && netns !== undefined) {
        if (this.#open.size >= this.#max) {
          this.#wasFull = true;
          continue;
        }
        const place = placeOf({ local, remote }, netns);
        this.#places.set(happening.key, place);
        this.#open.set(place, { happening, bytesIn: 0, bytesOut: 0 });
      }
    }
  }

  /**
   * What the connections of a network namespace have carried since that was told last.
   *
   * @param netns Its inode number.
   * @param time When the table was read, microseconds since the epoch.
   */
  updates(table: readonly OpenBytes[], netns: number, time: number): Happening[] {
    const updates: Happening[] = [];
    for (const row of table) {
      const open = this.#open.get(placeOf(row, netns));
      const { bytesIn, bytesOut } = row;
      if (open === undefined) {
        if (this.#wasFull) this.unfollowed++;
        continue;
      }
      if (open.bytesIn === bytesIn && open.bytesOut === bytesOut) continue;
      open.bytesIn = bytesIn;
      open.bytesOut = bytesOut;
      const counts = { bytesIn, ...(bytesOut !== undefined && { bytesOut }) };
      updates.push({ ...open.happening, event: "update", time, ...counts });
    }
    return updates;
  }
}
