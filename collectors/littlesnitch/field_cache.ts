/** Remembers what was made of a few fields of a row, so that what repeats is made once. */
import { ByteCache } from "./byte_cache.ts";
import type { ColumnName, Columns } from "./columns.ts";
import { type CsvRow, MAX_ROW } from "./csv_row.ts";

/** Bytes of the key that tell how long a field is: a row is shorter than 2^24 bytes. */
const LENGTH_BYTES = 3;

/** Values by some of the fields of a row, as many as there is room for. */
export class FieldCache<T> {
  readonly #places: readonly number[];
  readonly #key: Uint8Array;
  readonly #known = new ByteCache<T>();

  /** @param names Columns that make the value; those that are missing are the same in all rows. */
  constructor(columns: Columns, names: readonly ColumnName[]) {
    this.#places = names.map((name) => columns.of[name]).filter((place) => place >= 0);
    this.#key = new Uint8Array(MAX_ROW + names.length * LENGTH_BYTES);
  }

  /**
   * The value of a row.
   *
   * @param make Makes it. The same fields must always give the same value.
   */
  get(row: CsvRow, make: (row: CsvRow) => T): T {
    const key = this.#key;
    const { bytes } = row;
    let length = 0;
    for (const place of this.#places) {
      const end = row.end(place);
      let at = row.start(place);
      key[length++] = end - at;
      key[length++] = (end - at) >> 8;
      key[length++] = (end - at) >> 16;
      while (at < end) key[length++] = bytes[at++] ?? 0;
    }
    return this.#known.get(key, 0, length, () => make(row));
  }
}
