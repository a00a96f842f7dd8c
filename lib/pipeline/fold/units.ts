/** Texts and numbers one after the other, as 16-bit units in one array: nothing for the garbage collector. */

/** Room at first, units. */
const FIRST_UNITS = 1 << 10;

/** Units of which a text is made at a time: a function does not take as many arguments as a text may have. */
const MOST_UNITS = 4096;

/** What was written. Who reads must know what stands where. */
export class Units {
  #units = new Uint16Array(FIRST_UNITS);
  /** How many units there are; what is written next begins there. */
  length = 0;

  /** Writes a whole number below 2^32: two units. */
  number(value: number): void {
    this.#reserve(2);
    this.#units[this.length++] = value & 0xffff;
    this.#units[this.length++] = value >>> 16;
  }

  /** Writes a text, as many units as it is long. */
  text(text: string): void {
    const { length } = text;
    this.#reserve(length);
    const units = this.#units;
    const at = this.length;
    for (let i = 0; i < length; i++) units[at + i] = text.charCodeAt(i);
    this.length = at + length;
  }

  /** The number that was written there. */
  numberAt(at: number): number {
    return (this.#units[at] ?? 0) + (this.#units[at + 1] ?? 0) * 0x10000;
  }

  /** The text that was written there. */
  textAt(at: number, length: number): string {
    const end = at + length;
    let text = "";
    for (let i = at; i < end; i += MOST_UNITS) {
      // To spread them would take ten times as long.
      const units = this.#units.subarray(i, Math.min(end, i + MOST_UNITS));
      text += Reflect.apply(String.fromCharCode, undefined, units);
    }
    return text;
  }

  /** A hash of what stands there. */
  hash(start: number, end: number, seed: number): number {
    const units = this.#units;
    let hash = seed;
    for (let i = start; i < end; i++) {
      hash = Math.imul(hash ^ (units[i] ?? 0), 0x9e3779b1);
      hash ^= hash >>> 15;
    }
    return hash;
  }

  /** Whether the same stands in both places. */
  isSame(a: number, b: number, length: number): boolean {
    const units = this.#units;
    for (let i = 0; i < length; i++) if (units[a + i] !== units[b + i]) return false;
    return true;
  }

  #reserve(length: number): void {
    const wanted = this.length + length;
    if (wanted <= this.#units.length) return;
    const units = new Uint16Array(Math.max(wanted, this.#units.length * 2));
    units.set(this.#units);
    this.#units = units;
  }
}
