/** The record of a connection that two collectors saw: that of `trace`, with what `conntrack` knows besides. */
import type { Connection } from "../connection.ts";
import type { Mutable } from "../mutable.ts";
import { UNSPECIFIED } from "./join_index.ts";

/** Name of the collector in records of both. */
export const JOINED = "trace+conntrack";

const COUNTERS = ["bytesIn", "bytesOut", "packetsIn", "packetsOut"] as const;

/** What `conntrack` has told of a connection: its latest record that is no close, and its close. */
export interface ToldFlow {
  readonly flow: Connection | undefined;
  readonly flowClose: Connection | undefined;
}

/** A record of `trace` and what is told of its flow, in one; where nothing is told, the record as it is. */
export function joined({ flow, flowClose }: ToldFlow, record: Connection): Connection {
  const told = flowClose ?? flow;
  if (told === undefined) return record;
  const { nat, icmp, initiator, direction, local } = told;
  const result: Mutable<Connection> = { ...record, collector: JOINED };
  if (nat !== undefined) result.nat = nat;
  if (icmp !== undefined) result.icmp = icmp;
  // Of what ends as the trace begins, it does not know who began it.
  if (record.initiator === undefined && initiator !== undefined) {
    result.initiator = initiator;
    result.direction = direction;
  }
  // A socket that is bound to no address does not tell what its packets have.
  const isBound = !UNSPECIFIED.has(record.local.ip ?? "");
  if (!isBound && initiator === "local" && local.ip !== undefined) {
    result.local = { ...record.local, ip: local.ip };
  }
  if (record.event !== "close" || hasCounters(record)) return result;
  for (const name of COUNTERS) {
    const count = flowClose?.[name];
    if (count !== undefined) result[name] = count;
  }
  return result;
}

/** Whether it has both. Of one direction alone, the counters of the other collector are worth more. */
export function hasCounters({ bytesIn, bytesOut }: Connection): boolean {
  return bytesIn !== undefined && bytesOut !== undefined;
}
