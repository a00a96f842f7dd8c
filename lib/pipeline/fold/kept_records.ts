/**
 * Summaries that stand for one record so far. Of very many kinds most are told of once, by a record that is
 * a summary itself. As objects, all of them would be copied and looked at by the garbage collector again and
 * again; here they are numbers in columns, until they are asked for.
 */
import type { Connection, RecordedEndpoint, RecordedProcess } from "../../connection.ts";
import type { Mutable } from "../../mutable.ts";
import { Units } from "./units.ts";

/** Numbers that are kept of each record: see `keep`. */
const WIDTH = 14;
const FIRST_RECORDS = 64;

/** Models of a program that are tried for a record, the latest first. */
const TRIED = 16;

/** Records are kept only if at least so many share a model, on average. */
const RECORDS_PER_MODEL = 4;
const FIRST_MODELS = 256;

/** In place of the length of a text that is not there. */
const NONE = -1;

/** How many members an object has. */
function sizeOf(object: object): number {
  let size = 0;
  for (const _ in object) size++;
  return size;
}

/** How many members a record has of those that are kept. */
function keptMembers(record: Connection): number {
  let size = 9;
  if (record.first !== undefined) size++;
  if (record.last !== undefined) size++;
  if (record.count !== undefined) size++;
  if (record.denied !== undefined) size++;
  if (record.bytesIn !== undefined) size++;
  if (record.bytesOut !== undefined) size++;
  if (record.records !== undefined) size++;
  if (record.initiator !== undefined) size++;
  if (record.protocol !== undefined) size++;
  if (record.protocolNumber !== undefined) size++;
  if (record.ipVersion !== undefined) size++;
  if (record.process !== undefined) size++;
  if (record.attributionReason !== undefined) size++;
  if (record.host !== undefined) size++;
  return size;
}

/** How many members a remote end has of those that are kept. */
function keptMembersOfEnd({ port, name, nameSource }: RecordedEndpoint): number {
  return 1 + Number(port !== undefined) + Number(name !== undefined) +
    Number(nameSource !== undefined);
}

/** Whether both have the same members with the same values. */
function isSame<T extends object>(a: T | undefined, b: T | undefined): boolean {
  if (a === b) return true;
  if (a === undefined || b === undefined || sizeOf(a) !== sizeOf(b)) return false;
  for (const name in a) if (a[name] !== b[name]) return false;
  return true;
}

/** Whether both are the same, as objects or by what they tell. */
function isSameProcess(a: RecordedProcess | undefined, b: RecordedProcess | undefined): boolean {
  if (a === b) return true;
  if (a === undefined || b === undefined || sizeOf(a) !== sizeOf(b)) return false;
  for (const name in a) {
    const key = name as keyof RecordedProcess;
    if (key !== "parent" && a[key] !== b[key]) return false;
  }
  return isSame(a.parent, b.parent);
}

/** Whether two records have the same of all that is not kept of each. */
function isLike(a: Connection, b: Connection): boolean {
  return a.outcome === b.outcome && a.direction === b.direction && a.initiator === b.initiator &&
    a.protocol === b.protocol && a.protocolNumber === b.protocolNumber &&
    a.ipVersion === b.ipVersion && a.attribution === b.attribution &&
    a.attributionReason === b.attributionReason && a.collector === b.collector &&
    a.remote?.nameSource === b.remote?.nameSource && isSame(a.local, b.local) &&
    isSame(a.host, b.host) && isSameProcess(a.process, b.process);
}

/** Records by the numbers that they get. */
export class KeptRecords {
  readonly #texts = new Units();
  #numbers = new Float64Array(FIRST_RECORDS * WIDTH);
  #size = 0;
  /** Records that others are like, but for what is kept of each. */
  readonly #models: Connection[] = [];
  /** Numbers of the models by their program. */
  readonly #byProgram = new Map<string | undefined, number[]>();

  /** Keeps a record, and returns its number; -1 where it is none that can be kept so. */
  keep(record: Connection): number {
    const { id, event, time, remote } = record;
    const isPlain = event === "summary" && remote?.ip !== undefined &&
      sizeOf(record) === keptMembers(record) && sizeOf(remote) === keptMembersOfEnd(remote);
    const model = isPlain ? this.#modelOf(record) : NONE;
    if (model === NONE || remote?.ip === undefined) return NONE;
    const at = this.#size * WIDTH;
    this.#reserve(at + WIDTH);
    const numbers = this.#numbers;
    numbers[at] = time;
    numbers[at + 1] = record.first ?? NaN;
    numbers[at + 2] = record.last ?? NaN;
    numbers[at + 3] = record.count ?? NaN;
    numbers[at + 4] = record.denied ?? NaN;
    numbers[at + 5] = record.bytesIn ?? NaN;
    numbers[at + 6] = record.bytesOut ?? NaN;
    numbers[at + 7] = record.records ?? NaN;
    numbers[at + 8] = remote.port ?? NaN;
    numbers[at + 9] = model;
    numbers[at + 10] = this.#texts.length;
    numbers[at + 11] = this.#write(id);
    numbers[at + 12] = this.#write(remote.ip);
    numbers[at + 13] = this.#write(remote.name);
    return this.#size++;
  }

  /** The times of the first and the last event in it. */
  span(number: number): { first: number; last: number } {
    const time = this.#number(number, 0) ?? NaN;
    return { first: this.#number(number, 1) ?? time, last: this.#number(number, 2) ?? time };
  }

  /** The record, made again. */
  record(number: number): Connection | undefined {
    const of = (column: number) => this.#number(number, column);
    const model = this.#models[of(9) ?? NONE];
    if (model === undefined) return undefined;
    let at = of(10) ?? 0;
    const text = (column: number) => {
      const length = of(column) ?? NONE;
      const found = length === NONE ? undefined : this.#texts.textAt(at, length);
      at += Math.max(0, length);
      return found;
    };
    const id = text(11) ?? "";
    const remote: Mutable<RecordedEndpoint> = {};
    const [ip, name, port] = [text(12), text(13), of(8)];
    if (ip !== undefined) remote.ip = ip;
    if (port !== undefined) remote.port = port;
    if (name !== undefined) remote.name = name;
    if (model.remote?.nameSource !== undefined) remote.nameSource = model.remote.nameSource;
    const record: Mutable<Connection> = { ...model, id, time: of(0) ?? NaN, remote };
    const [first, last, count, denied] = [of(1), of(2), of(3), of(4)];
    const [bytesIn, bytesOut, records] = [of(5), of(6), of(7)];
    if (first !== undefined) record.first = first;
    if (last !== undefined) record.last = last;
    if (count !== undefined) record.count = count;
    if (denied !== undefined) record.denied = denied;
    if (bytesIn !== undefined) record.bytesIn = bytesIn;
    if (bytesOut !== undefined) record.bytesOut = bytesOut;
    if (records !== undefined) record.records = records;
    return record;
  }

  #number(number: number, column: number): number | undefined {
    const value = this.#numbers[number * WIDTH + column] ?? NaN;
    return isNaN(value) ? undefined : value;
  }

  /** Writes a text, and returns its length. */
  #write(text: string | undefined): number {
    if (text === undefined) return NONE;
    this.#texts.text(text);
    return text.length;
  }

  #modelOf(record: Connection): number {
    const program = record.process?.executable;
    const known = this.#byProgram.get(program);
    const least = Math.max(0, (known?.length ?? 0) - TRIED);
    for (let i = (known?.length ?? 0) - 1; i >= least; i--) {
      const number = known?.[i] ?? NONE;
      const model = this.#models[number];
      if (model !== undefined && isLike(model, record)) return number;
    }
    const most = Math.max(FIRST_MODELS, this.#size / RECORDS_PER_MODEL);
    if (this.#models.length >= most) return NONE;
    const number = this.#models.push(modelOf(record)) - 1;
    if (known === undefined) this.#byProgram.set(program, [number]);
    else known.push(number);
    return number;
  }

  #reserve(length: number): void {
    if (length <= this.#numbers.length) return;
    const numbers = new Float64Array(this.#numbers.length * 2);
    numbers.set(this.#numbers);
    this.#numbers = numbers;
  }
}

/** The record without what is kept of each. */
function modelOf(record: Connection): Connection {
  const { first: _f, last: _l, count: _c, denied: _d, records: _r, ...rest } = record;
  const { bytesIn: _in, bytesOut: _out, ...model } = rest;
  return model;
}
