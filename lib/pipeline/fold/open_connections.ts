/** What the fold knows of connections that are open: their counters are totals. */
import type { Connection } from "../../connection.ts";
import { Recent } from "./recent.ts";
import type { Amounts } from "./summary.ts";

/** Open connections that are remembered unless another number is asked for; the latest half in any case. */
export const MAX_OPEN = 524_288;

/** What is known of a connection that is open. */
export interface OpenConnection<Window> {
  /** What it has added up to so far. */
  readonly total: Amounts;
  /** Where it is counted, what it has added there, and in which window. */
  place: { readonly window: Window; readonly key: number; readonly amounts: Amounts } | undefined;
  /** It was let through as it is, and so is all that is told of it. */
  readonly passes: boolean;
}

interface Entry<Window> {
  readonly connection: OpenConnection<Window>;
  /** When it began, or was told of first, microseconds since the epoch. */
  readonly since: number;
}

/** Connections that are open, by their ids; of too many, those that were heard of last. */
export class OpenConnections<Window> {
  readonly #entries: Recent<string, Entry<Window>>;
  #forgotten = 0;
  /** The latest beginning of a connection that was forgotten, microseconds since the epoch. */
  #forgottenUntil = -Infinity;

  constructor(limit: number = MAX_OPEN) {
    this.#entries = new Recent(limit, ({ since }) => {
      this.#forgotten++;
      this.#forgottenUntil = Math.max(this.#forgottenUntil, since);
    });
  }

  /** How many were forgotten. */
  get forgotten(): number {
    return this.#forgotten;
  }

  get(id: string): OpenConnection<Window> | undefined {
    return this.#entries.get(id)?.connection;
  }

  /** Remembers one that a record tells of first. */
  add({ id, start, time }: Connection, connection: OpenConnection<Window>): void {
    this.#entries.set(id, { connection, since: start ?? time });
  }

  delete(id: string): void {
    this.#entries.delete(id);
  }

  /** Whether a record that is not known here may be of one that was. */
  wasForgotten({ event, start, time }: Connection): boolean {
    return (event === "update" || event === "close") && (start ?? time) <= this.#forgottenUntil;
  }
}
