/**
 * Numbers keys, which are lists of texts and numbers. Of very many keys it takes less time and room than a map
 * of texts does, and leaves the garbage collector nothing to look at.
 */
import { Units } from "./units.ts";

/** Places at first; at most half of them are taken. */
const FIRST_PLACES = 1 << 8;

/**
 * Keys, numbered from 0 in the order in which they were entered. Who looks for one writes it, from
 * {@linkcode begin} on; what is written must tell by itself where it ends.
 */
export class KeyTable {
  /** All keys one after the other, and behind them the one that is being written. */
  readonly units = new Units();
  /** So that nobody can know which keys fall on the same place. */
  readonly #seed = crypto.getRandomValues(new Int32Array(1))[0] ?? 0;
  /** Where the written one begins. */
  #end = 0;
  /** Numbers of keys, from 1. */
  #places = new Int32Array(FIRST_PLACES);
  /** By number: where the key begins, and its hash. */
  #starts = new Float64Array(FIRST_PLACES / 2);
  #hashes = new Int32Array(FIRST_PLACES / 2);
  #size = 0;

  /** How many keys there are. */
  get size(): number {
    return this.#size;
  }

  /** Begins to write a key into {@linkcode units}, which is returned. */
  begin(): Units {
    this.units.length = this.#end;
    return this.units;
  }

  /** Where in {@linkcode units} a key begins. */
  start(number: number): number {
    return this.#starts[number] ?? 0;
  }

  /** The number of the key that was written; -1 where it is not there. */
  find(): number {
    return this.#find(this.#hash());
  }

  /** The number of the key that was written, which is entered where it is not there. */
  enter(): number {
    const hash = this.#hash();
    const found = this.#find(hash);
    if (found >= 0) return found;
    if (this.#size === this.#hashes.length) this.#grow();
    const number = this.#size++;
    this.#starts[number] = this.#end;
    this.#hashes[number] = hash;
    this.#end = this.units.length;
    this.#place(number, hash);
    return number;
  }

  #hash(): number {
    return this.units.hash(this.#end, this.units.length, this.#seed);
  }

  #find(hash: number): number {
    const places = this.#places;
    const mask = places.length - 1;
    const length = this.units.length - this.#end;
    for (let i = hash & mask;; i = (i + 1) & mask) {
      const number = (places[i] ?? 0) - 1;
      if (number < 0) return number;
      if (
        this.#hashes[number] === hash &&
        this.units.isSame(this.start(number), this.#end, length)
      ) return number;
    }
  }

  #place(number: number, hash: number): void {
    const places = this.#places;
    const mask = places.length - 1;
    let i = hash & mask;
    while (places[i] !== 0) i = (i + 1) & mask;
    places[i] = number + 1;
  }

  #grow(): void {
    const starts = new Float64Array(this.#size * 2);
    starts.set(this.#starts);
    this.#starts = starts;
    const hashes = new Int32Array(this.#size * 2);
    hashes.set(this.#hashes);
    this.#hashes = hashes;
    this.#places = new Int32Array(this.#places.length * 2);
    for (let number = 0; number < this.#size; number++) this.#place(number, hashes[number] ?? 0);
  }
}
