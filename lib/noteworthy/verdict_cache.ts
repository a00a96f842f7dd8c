/** Remembers what was decided of records that are alike. */
import type { Connection } from "../connection.ts";
import { servicePort } from "../service_port.ts";

/** Keys longer than this are not worth remembering. */
const LONGEST_KEY = 1024;

/** The length before the text: nobody can choose names so that two different records look alike. */
function part(text: string | undefined): string {
  return text === undefined ? "-" : text.length + ":" + text;
}

/**
 * Everything that conditions and reasons look at, in one text; different for records that differ in any
 * of it.
 */
export function verdictKey(connection: Connection): string {
  const { direction, protocol, protocolNumber, remote, local, process, socket } = connection;
  const parent = process?.parent;
  return `${direction} ${protocolNumber} ${servicePort(connection)} ${connection.initiator} ${
    process?.uid ?? socket?.uid
  } ${remote === undefined} ${process === undefined} ` + part(process?.executable) +
    part(process?.name) + part(remote?.ip) + part(remote?.name) + part(remote?.nameSource) +
    part(local.ip) + part(process?.unit) + part(process?.userUnit) + part(process?.user) +
    part(parent?.executable) + part(parent?.name) + part(protocol);
}

/** The values that were used last: between half and all of `size`. */
export class RecentCache<T> {
  #recent = new Map<string, T>();
  #older = new Map<string, T>();
  readonly #half: number;

  /** @param size How many values are kept at most: an even number. */
  constructor(size: number) {
    this.#half = size / 2;
  }

  /** How many values are kept. One that has been used again may count twice. */
  get size(): number {
    return this.#recent.size + this.#older.size;
  }

  get(key: string): T | undefined {
    const found = this.#recent.get(key);
    if (found !== undefined) return found;
    const older = this.#older.get(key);
    if (older !== undefined) this.set(key, older);
    return older;
  }

  set(key: string, value: T): void {
    if (key.length > LONGEST_KEY) return;
    if (this.#recent.size >= this.#half) {
      this.#older = this.#recent;
      this.#recent = new Map();
    }
    this.#recent.set(key, value);
  }
}
