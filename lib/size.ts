/** Sizes as a user types them. */

const UNITS: Readonly<Record<string, number>> = {
  "": 1,
  k: 2 ** 10,
  m: 2 ** 20,
  g: 2 ** 30,
  t: 2 ** 40,
};

/** What a user may ask the kernel for in one go: 1 GiB. */
const MOST_MEMORY = 2 ** 30;

/** What files may take: 1 PiB. */
export const MOST_STORAGE = 2 ** 50;

/**
 * Reads `16M`, `512K`, `1G` or a number of bytes; the units are powers of 1024.
 *
 * @param maximum The largest size, a whole number of GiB.
 * @throws RangeError that says what a size is, or how large it may be.
 */
export function parseSize(text: string, maximum: number = MOST_MEMORY): number {
  const [, digits = "", unit = ""] = /^(\d{1,10})([kmgt]?)$/i.exec(text) ?? [];
  const size = Number(digits) * (UNITS[unit.toLowerCase()] ?? NaN);
  if (digits === "" || !(size > 0)) {
    throw new RangeError("it is not a size: write a number of bytes, or one with K, M, G or T");
  }
  if (size > maximum) throw new RangeError(`the maximum is ${maximum / 2 ** 30}G`);
  return size;
}
