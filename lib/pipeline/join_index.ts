/** By what the records of two collectors about one connection find each other. */
import type { Connection, RecordedEndpoint } from "../connection.ts";

/** How many wait with the same ports and peer, at most; the oldest is not found any more. */
const MOST = 64;

/** How far apart two collectors may see the beginning of a connection without ports, microseconds. */
const MOMENT = 2_500_000;

const TCP = 6;

/** The local address of a datagram socket that is not bound to one. */
export const UNSPECIFIED: ReadonlySet<string> = new Set(["0.0.0.0", "::"]);

/** What waits, under one of its keys. */
interface Entry<T> {
  readonly item: T;
  readonly localIp: string;
  readonly netns: number | undefined;
  readonly initiator: Connection["initiator"];
  /** When it began, microseconds since the epoch. */
  readonly start: number;
}

/** One place where a record may be found. */
interface Place {
  readonly key: string;
  readonly localIp: string;
}

/**
 * Things by their connections. Two records are of one connection where protocol, ports and peer are the same,
 * and the local address and the network namespace are not known to differ: two containers may have the same
 * addresses, or send from the same port to one peer. Where the namespace of a record is not known and those
 * that fit are of several, none is taken.
 */
export class JoinIndex<T> {
  readonly #byKey = new Map<string, Entry<T>[]>();

  /** Adds a thing, to be found by records of the same connection as this one. */
  add(record: Connection, item: T): void {
    const { netns, initiator, start = record.time } = record;
    for (const { key, localIp } of placesOf(record)) {
      const entry: Entry<T> = { item, localIp, netns, initiator, start };
      const entries = this.#byKey.get(key);
      if (entries === undefined) this.#byKey.set(key, [entry]);
      else if (entries.push(entry) > MOST) entries.shift();
    }
  }

  /** Removes what was added with that record. */
  remove(record: Connection, item: T): void {
    for (const { key } of placesOf(record)) {
      const left = this.#byKey.get(key)?.filter((entry) => entry.item !== item) ?? [];
      if (left.length > 0) this.#byKey.set(key, left);
      else this.#byKey.delete(key);
    }
  }

  /**
   * Finds the thing of the same connection; of several, the one that began at nearly the same time.
   *
   * @param isWanted Whether it counts.
   */
  find(record: Connection, isWanted: (item: T) => boolean): T | undefined {
    const { netns, start = record.time } = record;
    const hasPort = (record.local.port ?? 0) !== 0;
    for (const { key, localIp } of placesOf(record)) {
      const fitting = this.#byKey.get(key)?.filter((entry) =>
        (hasPort || isSameMoment(entry, record)) && isSame(entry.netns, netns) &&
        isSame(addressOf(entry.localIp), addressOf(localIp)) &&
        isWanted(entry.item)
      ) ?? [];
      const certain = prefer(fitting, (entry) =>
        entry.netns === netns);
      const found = nearest(prefer(certain, (entry) => entry.localIp === localIp), start);
      if (found === undefined || certain.some((entry) => entry.netns !== found.netns)) continue;
      return found.item;
    }
    return undefined;
  }
}

/** Without ports, all between two hosts looks alike: a ping from here, and one to here. */
function isSameMoment<T>(entry: Entry<T>, { initiator, time, start = time }: Connection): boolean {
  return isSame(entry.initiator, initiator) && Math.abs(entry.start - start) <= MOMENT;
}

/** What is not known may be the same. */
function isSame<V>(a: V | undefined, b: V | undefined): boolean {
  return a === undefined || b === undefined || a === b;
}

function addressOf(localIp: string): string | undefined {
  return UNSPECIFIED.has(localIp) ? undefined : localIp;
}

/** Those of which it is so, where there are some. */
function prefer<V>(values: readonly V[], isBetter: (value: V) => boolean): readonly V[] {
  const better = values.filter(isBetter);
  return better.length > 0 ? better : values;
}

function nearest<T>(entries: readonly Entry<T>[], start: number): Entry<T> | undefined {
  let best: Entry<T> | undefined;
  for (const entry of entries) {
    const isNearer = best === undefined ||
      Math.abs(entry.start - start) <= Math.abs(best.start - start);
    if (isNearer) best = entry;
  }
  return best;
}

/** Where addresses are translated on the way in, the socket has the translated ones. */
function placesOf({ protocolNumber, local, remote, nat, initiator }: Connection): Place[] {
  const place = (here: RecordedEndpoint, there: RecordedEndpoint | undefined): Place => {
    // A TCP socket always has its address.
    const ip = protocolNumber === TCP ? here.ip : "";
    const peer = `${there?.ip ?? ""} ${there?.port ?? 0}`;
    return { key: `${protocolNumber} ${ip} ${here.port ?? 0} ${peer}`, localIp: here.ip ?? "" };
  };
  const places = [place(local, remote)];
  if (nat !== undefined && initiator === "remote") {
    places.push(place(nat.destination ?? local, nat.source ?? remote));
  }
  return places;
}
