/** A queue: first in, first out. */
export class Fifo<Item> {
  #items: Item[] = [];
  #head = 0;

  /** The item that was added first. */
  get first(): Item | undefined {
    return this.#items[this.#head];
  }

  /** All items, the first one first. */
  *[Symbol.iterator](): Generator<Item> {
    yield* this.#items.slice(this.#head);
  }

  /** Adds an item. */
  push(item: Item): void {
    this.#items.push(item);
  }

  /** Removes the first item. Room is given back now and then, so that this costs the same at any length. */
  shift(): void {
    if (this.#head >= this.#items.length) return;
    this.#head++;
    if (this.#head < this.#items.length && this.#head < 1_024) return;
    if (this.#head * 2 < this.#items.length) return;
    this.#items = this.#items.slice(this.#head);
    this.#head = 0;
  }
}
