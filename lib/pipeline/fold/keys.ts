/** Numbers for kinds of connections: the same for those that are folded together. */
import type { Connection } from "../../connection.ts";
import { type FieldValue, FOLD_FIELDS, type FoldField, type Getter } from "./fields.ts";
import { KeyTable } from "./key_table.ts";

/** A part of the text of a key. No two lists of parts give the same text, whatever a process calls itself. */
function part(value: FieldValue): string {
  if (value === undefined) return "-,";
  const text = String(value);
  return `${text.length}:${text},`;
}

/** What a record must have in any case: what is folded together always has the same of it. */
function coarseText({ host, direction, initiator, protocolNumber, ipVersion }: Connection): string {
  return part(host?.id) + part(direction) + part(initiator) + part(protocolNumber) +
    part(ipVersion);
}

function isCoarselySame(a: Connection, b: Connection): boolean {
  return a.direction === b.direction && a.initiator === b.initiator &&
    a.protocolNumber === b.protocolNumber && a.ipVersion === b.ipVersion &&
    a.host?.id === b.host?.id;
}

/** In place of the length of a text where there is none: none is so long. */
const NONE = 0xffffffff;

/** What a key begins with. */
interface Beginning {
  readonly text: string;
  /** Whether nothing follows. */
  readonly isWhole: boolean;
}

const NO_BEGINNING: Beginning = { text: "", isWhole: true };

/** Beginnings of keys that are coarsely the same. */
interface Coarse {
  readonly text: string;
  /** The number of the beginning that is all of the key. */
  readonly beginning: number;
  /** Numbers of those that go on with the first field, by its value. */
  readonly byFirst: Map<FieldValue, number>;
}

/**
 * Keys by these fields, besides direction, protocol and the like. Most of them begin with the same few
 * texts, up to the first field: in their place stands a number, so that keys are short.
 */
export class Keys {
  readonly #first: Getter | undefined;
  readonly #others: readonly Getter[];
  readonly #beginnings: Beginning[] = [];
  readonly #coarse = new Map<string, Coarse>();
  readonly #table = new KeyTable();
  /** Those of the record before. */
  #latest: Coarse | undefined;
  #before: Connection | undefined;

  constructor(fields: readonly FoldField[]) {
    [this.#first, ...this.#others] = fields.map((field): Getter => FOLD_FIELDS[field]);
  }

  /** How many keys there are. */
  get size(): number {
    return this.#table.size;
  }

  /**
   * The key of a record; -1 where it is not known.
   *
   * @param isEntered Whether it is known from then on.
   */
  of(record: Connection, isEntered: boolean): number {
    if (this.#first === undefined) return this.coarse(record);
    const table = this.#table;
    const units = table.begin();
    units.number(this.#beginningOf(record, this.#first(record)));
    for (const getter of this.#others) {
      const value = getter(record);
      const text = value === undefined ? "" : String(value);
      units.number(value === undefined ? NONE : text.length);
      units.text(text);
    }
    return isEntered ? table.enter() : table.find();
  }

  /** The key by no fields at all. */
  coarse(record: Connection): number {
    const { beginning } = this.#coarseOf(record);
    this.#table.begin().number(beginning);
    return this.#table.enter();
  }

  /** What the key stands for: the same for the same fields on every run. */
  text(key: number): string {
    const { units } = this.#table;
    let at = this.#table.start(key);
    const { text, isWhole } = this.#beginnings[units.numberAt(at)] ?? NO_BEGINNING;
    if (isWhole) return text;
    let whole = text;
    for (const _ of this.#others) {
      // Each number takes two units.
      const length = units.numberAt(at += 2);
      whole += part(length === NONE ? undefined : units.textAt(at + 2, length));
      if (length !== NONE) at += length;
    }
    return whole;
  }

  #coarseOf(record: Connection): Coarse {
    if (
      this.#before !== undefined && this.#latest !== undefined &&
      isCoarselySame(record, this.#before)
    ) return this.#latest;
    const text = coarseText(record);
    let coarse = this.#coarse.get(text);
    if (coarse === undefined) {
      coarse = { text, beginning: this.#begin(text, true), byFirst: new Map() };
      this.#coarse.set(text, coarse);
    }
    this.#latest = coarse;
    this.#before = record;
    return coarse;
  }

  /** The number of the beginning with the first field. */
  #beginningOf(record: Connection, value: FieldValue): number {
    const { text, byFirst } = this.#coarseOf(record);
    let number = byFirst.get(value);
    if (number === undefined) {
      number = this.#begin(text + part(value), false);
      byFirst.set(value, number);
    }
    return number;
  }

  #begin(text: string, isWhole: boolean): number {
    return this.#beginnings.push({ text, isWhole }) - 1;
  }
}
