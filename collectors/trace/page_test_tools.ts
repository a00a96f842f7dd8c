/** What the tests of the trace's decoder need: writing pages as the kernel does, and the fixtures. */
import { type EventFormat, type PageLayout, parseFormat, parsePageLayout } from "./format.ts";

const FIXTURES = new URL("../../fixtures/trace/", import.meta.url);

/** Kernels whose formats are in the fixtures. */
export const KERNELS = ["4.18", "5.10", "5.15", "6.1", "6.18"] as const;

/** Name of a directory of formats. */
export type Kernel = typeof KERNELS[number];

/** A file below `fixtures/trace`. */
export function fixture(path: string): Uint8Array<ArrayBuffer> {
  return Deno.readFileSync(new URL(path, FIXTURES));
}

/** Text of a file below `fixtures/trace`. */
export function fixtureText(path: string): string {
  return new TextDecoder().decode(fixture(path));
}

/** A value that must be there. */
export function existing<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("it is not there");
  return value;
}

/** All formats of a kernel. */
export function formatsOf(kernel: Kernel): EventFormat[] {
  const formats: EventFormat[] = [];
  const root = new URL(`formats/${kernel}/`, FIXTURES);
  for (const system of Deno.readDirSync(root)) {
    if (!system.isDirectory) continue;
    for (const event of Deno.readDirSync(new URL(`${system.name}/`, root))) {
      const path = `formats/${kernel}/${system.name}/${event.name}/format`;
      formats.push(existing(parseFormat(fixtureText(path))));
    }
  }
  return formats.sort((a, b) => a.id - b.id);
}

/** Layout of the pages of a kernel. */
export function layoutOf(kernel: Kernel): PageLayout {
  return existing(parsePageLayout(fixtureText(`formats/${kernel}/header_page`)));
}

/** Something on a page. Times are in nanoseconds. */
export type Item =
  /** `long`: with its length in a word, as all records of more than 112 bytes have it. */
  | {
    readonly type: "data";
    readonly delta: number;
    readonly data: Uint8Array;
    readonly long?: boolean;
  }
  /** An event that was thrown away. */
  | { readonly type: "discarded"; readonly delta: number; readonly length: number }
  | { readonly type: "extend"; readonly delta: number }
  | { readonly type: "stamp"; readonly time: bigint }
  /** The rest of the page is empty. */
  | { readonly type: "end" };

/** How a page begins and ends. */
export interface PageHead {
  /** In nanoseconds. */
  readonly time: bigint;
  readonly lost?: number | "unknown";
  /** Of the whole page, in bytes. */
  readonly size?: number;
}

function header(type: number, delta: number): number[] {
  return words(((delta << 5) | type) >>> 0);
}

function words(...values: number[]): number[] {
  return [...new Uint8Array(Uint32Array.from(values).buffer)];
}

function encodeItem(item: Item): number[] {
  switch (item.type) {
    case "data": {
      const data = [...item.data];
      while (data.length % 4 !== 0 || data.length === 0) data.push(0);
      return data.length > 112 || item.long === true
        ? [...header(0, item.delta), ...words(data.length + 4), ...data]
        : [...header(data.length / 4, item.delta), ...data];
    }
    case "discarded":
      return [
        ...header(29, item.delta === 0 ? 1 : item.delta),
        ...words(item.length + 4),
        ...new Uint8Array(item.length),
      ];
    case "extend":
      return [
        ...header(30, item.delta % 2 ** 27),
        ...words(Math.floor(item.delta / 2 ** 27)),
      ];
    case "stamp":
      return [
        ...header(31, Number(item.time & 0x7ffffffn)),
        ...words(Number(item.time >> 27n)),
      ];
    case "end":
      return header(29, 0);
  }
}

/** A page, as kernel/trace/ring_buffer.c gives it to readers of `trace_pipe_raw`. */
export function encodePage(
  layout: PageLayout,
  head: PageHead,
  items: readonly Item[],
): Uint8Array<ArrayBuffer> {
  const data = items.flatMap(encodeItem);
  const size = head.size ?? Math.max(4096, layout.dataOffset + data.length + 8);
  const page = new Uint8Array(size);
  const view = new DataView(page.buffer);
  page.set(data, layout.dataOffset);
  view.setBigUint64(layout.timestampOffset, head.time, true);
  let commit = BigInt(data.length);
  if (typeof head.lost === "number" && head.lost > 0) {
    const at = layout.dataOffset + data.length;
    if (layout.commitSize === 8) view.setBigUint64(at, BigInt(head.lost), true);
    else view.setUint32(at, head.lost, true);
    commit += 1n << 30n;
  }
  // The kernel adds a negative int.
  if (head.lost !== undefined && head.lost !== 0) commit -= 1n << 31n;
  if (layout.commitSize === 8) view.setBigInt64(layout.commitOffset, commit, true);
  else view.setInt32(layout.commitOffset, Number(BigInt.asIntN(32, commit)), true);
  return page;
}

/** Values for the fields of a record: numbers, or bytes for arrays and for `__data_loc`. */
export type Values = Readonly<Record<string, number | bigint | Uint8Array>>;

/** A record of an event; fields that are not given are 0. */
export function encodeRecord(format: EventFormat, values: Values): Uint8Array<ArrayBuffer> {
  let length = 8;
  for (const field of format.fields.values()) length = Math.max(length, field.offset + field.size);
  const tail: number[] = [];
  const record = new Uint8Array(length);
  const view = new DataView(record.buffer);
  view.setUint16(0, format.id, true);
  for (const [name, value] of Object.entries(values)) {
    const field = existing(format.fields.get(name));
    if (typeof value !== "object") {
      const bits = BigInt.asUintN(64, BigInt(value));
      for (let i = 0; i < field.size; i++) {
        record[field.offset + i] = Number((bits >> BigInt(8 * i)) & 255n);
      }
    } else if (field.form === "array" && field.size > 0) {
      record.set(value.subarray(0, field.size), field.offset);
    } else {
      if (field.form !== "array") {
        const base = field.form === "relative" ? field.offset + 4 : 0;
        const at = length + tail.length - base;
        view.setUint32(field.offset, (value.length << 16) | at, true);
      }
      tail.push(...value);
    }
  }
  return Uint8Array.from([...record, ...tail]);
}

/** The bytes of a text and a NUL. */
export function cString(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text + "\0");
}
