/** The answer of `hourly`, out of sorted runs. */
import { escapeControl } from "../formats/escape.ts";
import { KIND, readRunEntry, type RunItem } from "../scan/host_tally.ts";
import type { Decode } from "./spill.ts";

const decodeItem: Decode<RunItem> = readRunEntry;

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** The order of runs. */
export function compareItems(a: RunItem, b: RunItem): number {
  return a.span - b.span || a.kind - b.kind || compareBytes(a.name, b.name);
}

/** Of two items of the same span, kind and name. */
export function combineItems(a: RunItem, b: RunItem): RunItem {
  return { ...a, count: a.count + b.count };
}

/** How runs are merged. */
export const HOURS = { decode: decodeItem, compare: compareItems, combine: combineItems } as const;

/** The second column of a line. */
const COLUMN = { [KIND.to]: "TO", [KIND.from]: "FROM", [KIND.most]: "MOST" } as const;

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** `1565654400.0⇥TO⇥name`: seconds since the epoch, as Python writes them. */
function line({ span, kind, name }: RunItem): string {
  const seconds = span / 1e6;
  const stamp = Number.isInteger(seconds) ? `${seconds}.0` : String(seconds);
  return `${stamp}\t${COLUMN[kind]}\t${escapeControl(decoder.decode(name))}\n`;
}

/**
 * The lines of an answer, in the order of time: those that connected to `--to`, those that `--from` connected
 * to, and who connected most, in the order of their names. Of several that connected equally often, the first.
 *
 * @param items Merged, each span whole.
 */
export function* hourLines(items: Iterable<RunItem>): Generator<string> {
  let most: RunItem | undefined;
  for (const item of items) {
    if (most !== undefined && most.span !== item.span) {
      yield line(most);
      most = undefined;
    }
    if (item.kind !== KIND.most) yield line(item);
    else if (most === undefined || item.count > most.count) most = item;
  }
  if (most !== undefined) yield line(most);
}
