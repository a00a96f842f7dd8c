/**
 * Flows as texts: all of a flow that is the same in each of its events, in one short string. A table of
 * many thousand open flows keeps nothing else of their addresses.
 */
import { protocolKeyword } from "../../lib/protocols.ts";
import type { FlowEvent, FlowTuple } from "./flow.ts";

/** What a key tells of its flow. */
export type KeyedFlow = Pick<
  FlowEvent,
  "id" | "ipVersion" | "protocol" | "protocolNumber" | "original"
>;

/** The protocol whose two numbers are no ports. */
const GRE = 47;

/** The addresses, and what tells flows between them apart. */
export function tupleParts({ src, dst, sport, dport, icmp, gre }: FlowTuple): (string | number)[] {
  if (sport !== undefined && dport !== undefined) return [src, dst, sport, dport];
  if (icmp !== undefined) return [src, dst, icmp.type, icmp.code, icmp.id];
  return gre === undefined ? [src, dst] : [src, dst, gre.srckey, gre.dstkey];
}

/** Tells a flow from all others that there are at the same time. */
export function flowKey(flow: FlowEvent): string {
  const { id, ipVersion, protocolNumber, zone, zoneOrig, original } = flow;
  const parts = [id, zone ?? zoneOrig, ipVersion, protocolNumber, ...tupleParts(original)];
  // Joined it is one piece; a template or a sum would be a tree of pieces, several times as large.
  return parts.join(" ");
}

/** What {@linkcode flowKey} was made of. */
export function parseFlowKey(key: string): KeyedFlow {
  const [id = "", , ipVersion, number, src = "", dst = "", ...rest] = key.split(" ");
  const protocolNumber = Number(number);
  return {
    ...(id !== "" && { id: Number(id) }),
    ipVersion: ipVersion === "6" ? 6 : 4,
    protocol: protocolKeyword(protocolNumber),
    protocolNumber,
    original: { src, dst, ...numbersOf(protocolNumber, rest.map(Number)) },
  };
}

function numbersOf(
  protocolNumber: number,
  [a, b, c]: readonly number[],
): Pick<FlowTuple, "sport" | "dport" | "icmp" | "gre"> {
  if (a === undefined || b === undefined) return {};
  if (c !== undefined) return { icmp: { type: a, code: b, id: c } };
  return protocolNumber === GRE ? { gre: { srckey: a, dstkey: b } } : { sport: a, dport: b };
}
