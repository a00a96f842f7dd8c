/** A memory that forgets by halves. */

/**
 * Two maps, of which the older is dropped at every {@linkcode Generations.age}: what is not set again goes
 * with it.
 */
export class Generations<K, V> {
  #current = new Map<K, V>();
  #previous = new Map<K, V>();

  /** What was set last, if that is not forgotten. */
  get(key: K): V | undefined {
    return this.#current.get(key) ?? this.#previous.get(key);
  }

  /** Sets it in the younger map. */
  set(key: K, value: V): void {
    this.#current.set(key, value);
  }

  /** Size of the younger map. */
  get size(): number {
    return this.#current.size;
  }

  /** Forgets the older map and begins another one. */
  age(): void {
    this.#previous = this.#current;
    this.#current = new Map();
  }
}
