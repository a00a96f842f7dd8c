/** One row of a CSV file, as bytes: a text is made only of the fields that are asked for. */

/** Longest row, bytes, without its line feed. */
export const MAX_ROW = 256 * 1024;

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/**
 * A row. The reader fills it and hands it on; it is valid only during the call. Fields are numbered from
 * 0, and {@linkcode start} and {@linkcode end} are places in {@linkcode bytes}, without quotation marks.
 */
export class CsvRow {
  bytes: Uint8Array = new Uint8Array();
  /** How many fields it has. */
  length = 0;
  #base = 0;
  #end = 0;
  // From the beginning of the row: its bytes move while it is not whole.
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];

  /** Where in {@linkcode bytes} it begins. */
  get base(): number {
    return this.#base;
  }

  /** How many bytes it has, without the line feed. */
  get size(): number {
    return this.#end - this.#base;
  }

  start(field: number): number {
    return this.#base + (this.#starts[field] ?? 0);
  }

  end(field: number): number {
    return this.#base + (this.#ends[field] ?? 0);
  }

  /** Whether there is nothing in the field, or no such field. */
  isEmpty(field: number): boolean {
    return field < 0 || field >= this.length || this.#starts[field] === this.#ends[field];
  }

  /** Whether the field is this text, of ASCII characters. */
  is(field: number, text: string): boolean {
    const start = this.start(field);
    if (field >= this.length || this.end(field) - start !== text.length) return false;
    for (let i = 0; i < text.length; i++) {
      if (this.bytes[start + i] !== text.charCodeAt(i)) return false;
    }
    return true;
  }

  /** Text of a field, doubled quotation marks made single; `""` where there is none. Bytes that are no UTF-8 are replaced. */
  text(field: number): string {
    if (this.isEmpty(field)) return "";
    // A quotation mark can only be in a quoted field, and there it is doubled.
    const text = decoder.decode(this.bytes.subarray(this.start(field), this.end(field)));
    return text.replaceAll('""', '"');
  }

  /** The whole row as it was read, without the line feed. */
  raw(): string {
    return decoder.decode(this.bytes.subarray(this.#base, this.#end));
  }

  /** For the reader: begins a row. */
  clear(): void {
    this.length = 0;
  }

  /** For the reader: appends a field. Both places are from the beginning of the row. */
  add(start: number, end: number): void {
    this.#starts[this.length] = start;
    this.#ends[this.length] = end;
    this.length++;
  }

  /** For the reader: the row is whole, and lies in `bytes` from `base` up to `end`. */
  place(bytes: Uint8Array, base: number, end: number): void {
    this.bytes = bytes;
    this.#base = base;
    this.#end = end;
  }
}
