/** How the decoder of one kind of event is made from the event's format, and what it gets to read. */
import type { EventHead, TraceEvent } from "./event.ts";
import type { EventField, EventFormat } from "./format.ts";

/** One record of a page. */
export interface TraceRecord {
  readonly view: DataView;
  /** Where it begins in the page. */
  readonly at: number;
  /** In bytes, padding included. */
  readonly length: number;
}

/** Decodes the records of one event. */
export interface RecordKind {
  /** Records that are shorter are not given to {@linkcode decode}. */
  readonly minimum: number;
  /** Adds the event, or none where it says nothing; false where the bytes cannot be of this event. */
  decode(record: TraceRecord, head: EventHead, into: TraceEvent[]): boolean;
}

/** What a format is good for: a kind, or words on what is missing, or both. */
export interface Made {
  readonly kind?: RecordKind;
  readonly lacks?: string;
}

/** Finds the fields of a format by name and knows how long a record has to be for them. */
export class Fields {
  /** Where the last field that was found ends. */
  minimum = 0;
  /** The first one that was asked for and is not there, or is not as expected. */
  missing: string | undefined;

  readonly #format: EventFormat;

  constructor(format: EventFormat) {
    this.#format = format;
  }

  /** The field, if it has this form and one of these sizes in bytes. */
  find(name: string, form: EventField["form"], sizes: readonly number[]): EventField | undefined {
    const field = this.#format.fields.get(name);
    if (field?.form !== form || !sizes.includes(field.size)) return undefined;
    this.minimum = Math.max(this.minimum, field.offset + field.size);
    return field;
  }

  /** Offset of an optional field; -1 where it is not there. */
  optional(name: string, form: EventField["form"], size: number): number {
    return this.find(name, form, [size])?.offset ?? -1;
  }

  /** Offset of a field that must be there; where it is not, 0, and {@linkcode missing} is set. */
  required(name: string, form: EventField["form"], size: number): number {
    return this.field(name, form, [size]).offset;
  }

  /** As {@linkcode required}, where the size differs between kernels. */
  field(name: string, form: EventField["form"], sizes: readonly number[]): EventField {
    const found = this.find(name, form, sizes);
    if (found === undefined) this.missing ??= name;
    return found ?? { name, offset: 0, size: 0, signed: false, form };
  }

  /** The kind, unless a required field is missing. */
  make(what: string, decode: RecordKind["decode"]): Made {
    if (this.missing === undefined) return { kind: { minimum: this.minimum, decode } };
    return {
      lacks:
        `${what}: this kernel's ${this.#format.name} has no "${this.missing}" of the known form`,
    };
  }
}

/** The lowest 32 bits at most of an unsigned field of 1, 2, 4 or 8 bytes. */
export function readUnsigned(view: DataView, at: number, size: number): number {
  if (size === 1) return view.getUint8(at);
  return size === 2 ? view.getUint16(at, true) : view.getUint32(at, true);
}
