/**
 * What the kernel says of the bytes in its trace: the `format` file of an event and the file
 * `events/header_page` (Documentation/trace/events.rst, kernel/trace/trace_events.c).
 */

/** One field of an event's record. */
export interface EventField {
  readonly name: string;
  /** In bytes, from the start of the record. */
  readonly offset: number;
  /** In bytes. 0 where the field takes the rest of the record (`char buf[]`). */
  readonly size: number;
  readonly signed: boolean;
  /**
   * Where the value is.
   * - `plain`: in the field
   * - `array`: the field is an array
   * - `located`: the field holds 32 bits: where in the record the value is, and 16 bits up, how long
   *   it is (`__data_loc`)
   * - `relative`: the same, but counted from the end of the field (`__rel_loc`)
   */
  readonly form: "plain" | "array" | "located" | "relative";
}

/** What a `format` file says. */
export interface EventFormat {
  readonly name: string;
  /** The first 16 bits of every record of this event. Given away anew at every boot. */
  readonly id: number;
  readonly fields: ReadonlyMap<string, EventField>;
}

/** Where the parts of a page of the ring buffer are; offsets and sizes in bytes. */
export interface PageLayout {
  /** Of the 64 bits of the page's time. */
  readonly timestampOffset: number;
  readonly commitOffset: number;
  /** 8, or 4 where the kernel is a 32-bit one. */
  readonly commitSize: 4 | 8;
  /** Of the first event. */
  readonly dataOffset: number;
}

const FIELD =
  /^\s*field:\s*([^;]{1,256});\s*offset:(\d{1,6});\s*size:(\d{1,6});(?:\s*signed:([01]);)?/gm;

/** `const void * skaddr`, `char comm[16]`, `__data_loc char[] name`: the name and what follows it. */
const DECLARATION = /([A-Za-z_]\w*)\s*(\[[^\]]*\])?$/;

function parseFields(text: string): Map<string, EventField> {
  const fields = new Map<string, EventField>();
  for (const [, declaration = "", offset, size, signed] of text.matchAll(FIELD)) {
    const parts = DECLARATION.exec(declaration.trimEnd());
    const name = parts?.[1];
    if (name === undefined || fields.has(name)) continue;
    const form = declaration.startsWith("__data_loc ")
      ? "located"
      : declaration.startsWith("__rel_loc ")
      ? "relative"
      : parts?.[2] !== undefined || size === "0"
      ? "array"
      : "plain";
    fields.set(name, {
      name,
      offset: Number(offset),
      size: Number(size),
      signed: signed === "1",
      form,
    });
  }
  return fields;
}

/** Reads a `format` file. Undefined where it has no name, no id of 16 bits or no field. */
export function parseFormat(text: string): EventFormat | undefined {
  const name = /^name: (\S{1,256})$/m.exec(text)?.[1];
  const id = /^ID: (\d{1,5})$/m.exec(text)?.[1];
  if (name === undefined || id === undefined || Number(id) > 0xffff) return undefined;
  // A print format may say anything, "field:" too.
  const end = text.indexOf("\nprint fmt:");
  const fields = parseFields(end < 0 ? text : text.slice(0, end));
  return fields.size === 0 ? undefined : { name, id: Number(id), fields };
}

/** Reads `events/header_page`. Undefined where it is not as this program knows it. */
export function parsePageLayout(text: string): PageLayout | undefined {
  const fields = parseFields(text);
  const timestamp = fields.get("timestamp");
  const commit = fields.get("commit");
  const data = fields.get("data");
  if (timestamp?.size !== 8 || commit === undefined || data === undefined) return undefined;
  if (commit.size !== 4 && commit.size !== 8) return undefined;
  if (data.offset < timestamp.offset + 8 || data.offset < commit.offset + commit.size) {
    return undefined;
  }
  return {
    timestampOffset: timestamp.offset,
    commitOffset: commit.offset,
    commitSize: commit.size,
    dataOffset: data.offset,
  };
}
