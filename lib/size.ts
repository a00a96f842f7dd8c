/** Sizes as a user types them. */

const UNITS: Readonly<Record<string, number>> = { "": 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 };

/** What a user may ask the kernel for in one go: 1 GiB. */
const MOST = 2 ** 30;

/**
 * Reads `16M`, `512K`, `1G` or a number of bytes; the units are powers of 1024.
 *
 * @throws RangeError that says what a size is, or that it may be no more than 1G.
 */
export function parseSize(text: string): number {
  const [, digits = "", unit = ""] = /^(\d{1,10})([kmg]?)$/i.exec(text) ?? [];
  const size = Number(digits) * (UNITS[unit.toLowerCase()] ?? NaN);
  if (digits === "" || !(size > 0)) {
    throw new RangeError("it is not a size: write a number of bytes, or one with K, M or G");
  }
  if (size > MOST) throw new RangeError("the maximum is 1G");
  return size;
}
