/** A map that forgets what was not asked for lately, so that it stays bounded. */

/** Keeps at least half of `limit` and at most all of `limit` entries: the latest. */
export class Recent<Key, Value> {
  readonly #limit: number;
  readonly #onForget: (value: Value) => void;
  #young = new Map<Key, Value>();
  #old = new Map<Key, Value>();

  /** @param onForget Is told of what is forgotten. */
  constructor(limit: number, onForget: (value: Value) => void) {
    this.#limit = limit;
    this.#onForget = onForget;
  }

  /** What is known; it counts as new then. */
  get(key: Key): Value | undefined {
    const known = this.#young.get(key);
    if (known !== undefined) return known;
    const older = this.#old.get(key);
    if (older !== undefined) {
      this.#old.delete(key);
      this.set(key, older);
    }
    return older;
  }

  /** Adds what is not there yet, or was just asked for. */
  set(key: Key, value: Value): void {
    this.#young.set(key, value);
    if (this.#young.size * 2 < this.#limit) return;
    // One by one, the oldest first, would walk over all that was deleted before it, each time.
    for (const forgotten of this.#old.values()) this.#onForget(forgotten);
    this.#old = this.#young;
    this.#young = new Map();
  }

  delete(key: Key): void {
    if (!this.#young.delete(key)) this.#old.delete(key);
  }
}
