/** Records for the tests of connscribe's own logs. */
import fc from "fast-check";
import type { Connection } from "../../lib/connection.ts";
import { hostileConnection } from "../../lib/formats/test_records.ts";
import { canonicalIp } from "./canonical_ip.ts";
import type { Mutable } from "../../lib/mutable.ts";
import {
  ATTRIBUTIONS,
  DIRECTIONS,
  EVENTS,
  INITIATORS,
  OUTCOMES,
  SOCKET_TYPES,
} from "../../lib/record_words.ts";

/** Any text as an address. */
function anAddress(text: string): string {
  const v6 = `2001:db8::${(text.length * 7919 % 65535).toString(16)}`;
  return canonicalIp(text) ?? canonicalIp(v6) ?? v6;
}

function withAddress<T extends { readonly ip?: string }>(end: T): T {
  return end.ip === undefined ? end : { ...end, ip: anAddress(end.ip) };
}

/** Records in which every text is hostile, but every address is one. */
export const recordWithAddresses: fc.Arbitrary<Connection> = hostileConnection.map((record) => {
  const { local, remote, nat } = record;
  const changed: Mutable<Connection> = { ...record, local: withAddress(local) };
  if (remote !== undefined) changed.remote = withAddress(remote);
  if (nat !== undefined) {
    changed.nat = {
      ...(nat.source && { source: withAddress(nat.source) }),
      ...(nat.destination && { destination: withAddress(nat.destination) }),
    };
  }
  return changed;
});

function isEmpty(object: object | undefined): boolean {
  return object !== undefined && Object.keys(object).length === 0;
}

/** The same without objects that have nothing in them. */
export function withoutEmptyObjects(record: Connection): Connection {
  const told: Mutable<Connection> = { ...record };
  if (isEmpty(told.process?.parent)) {
    const { parent: _parent, ...process } = told.process ?? {};
    told.process = process;
  }
  if (isEmpty(told.process)) delete told.process;
  if (isEmpty(told.nat)) delete told.nat;
  return told;
}

/** What is wrong with a record that a log gave; "" where it is sane. */
export function complaint(record: Connection): string {
  const { time, start, end, durationUs, local, remote } = record;
  for (const moment of [time, start ?? 0, end ?? 0, record.first ?? 0, record.last ?? 0]) {
    if (!Number.isSafeInteger(moment)) return `a time is ${moment}`;
  }
  for (const { ip, port = 0 } of [local, remote ?? {}]) {
    if (ip !== undefined && canonicalIp(ip) !== ip) return `${ip} is no canonical address`;
    if (!Number.isInteger(port) || port < 0 || port > 65535) return `${port} is no port`;
  }
  if (!Number.isSafeInteger(durationUs ?? 0)) return "the duration is no integer";
  const words = EVENTS.includes(record.event) && DIRECTIONS.includes(record.direction) &&
    OUTCOMES.includes(record.outcome) && ATTRIBUTIONS.includes(record.attribution) &&
    INITIATORS.includes(record.initiator ?? "local") &&
    SOCKET_TYPES.includes(record.socket?.type ?? "raw");
  return words ? "" : "a word is unknown";
}
