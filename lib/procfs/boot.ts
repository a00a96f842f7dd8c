/** When the host was started, and in which unit the kernel counts the time since then. */
import { textOf, unsigned } from "./text.ts";

/** Clock ticks a second on every common architecture (USER_HZ). */
export const DEFAULT_CLOCK_TICKS = 100;

/** Type of the entry of the auxiliary vector that holds the clock ticks a second (getauxval(3)). */
const AT_CLKTCK = 17n;

/**
 * Seconds since the epoch when the host was started, from /proc/stat: whole ones, rounded down. It moves
 * when the clock is set. Undefined when the file does not say.
 */
export function parseBootTime(bytes: Uint8Array): number | undefined {
  return unsigned(/^btime ([0-9]+)\n/m.exec(textOf(bytes))?.[1]);
}

/** Clock ticks a second, from /proc/self/auxv of a 64-bit little-endian program. */
export function parseClockTicks(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at + 16 <= view.byteLength; at += 16) {
    if (view.getBigUint64(at, true) !== AT_CLKTCK) continue;
    const ticks = Number(view.getBigUint64(at + 8, true));
    return ticks >= 1 && ticks <= 1_000_000 ? ticks : DEFAULT_CLOCK_TICKS;
  }
  return DEFAULT_CLOCK_TICKS;
}

/** The random UUID of this boot, from /proc/sys/kernel/random/boot_id; undefined when it is none. */
export function parseBootId(bytes: Uint8Array): string | undefined {
  return /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\n?$/.exec(textOf(bytes))?.[1];
}
