/** What a record is in the words of Zeek's conn.log (scripts/base/protocols/conn/main.zeek). */
import { icmpCounterpart } from "../community_id_hash.ts";
import type { Connection } from "../connection.ts";
import type { Reading } from "./field.ts";
import type { Flow } from "./flow.ts";

/** Zeek's own states, as records of its logs have them. */
const STATES: ReadonlySet<string> = new Set(
  ["s0", "s1", "sf", "rej", "s2", "s3", "rsto", "rstr", "rstos0", "rstrh", "sh", "shr", "oth"],
);

/** Zeek knows these. ICMP of both versions is one to it. */
function transport(protocol: string | undefined): "tcp" | "udp" | "icmp" | "unknown_transport" {
  switch (protocol) {
    case "tcp":
    case "udp":
    case "icmp":
      return protocol;
    case "ipv6-icmp":
      return "icmp";
    default:
      return "unknown_transport";
  }
}

/** `proto`. */
export const PROTO: Reading = {
  kind: "word",
  value: ({ record }) => transport(record.protocol),
};

/** What {@linkcode PROTO} may be. */
export const PROTO_NOTE =
  "tcp, udp, icmp also for ICMPv6, unknown_transport for others and where it is not known";

/** A connection that was established. Of several, some may have ended. */
function established(event: Connection["event"], isTcp: boolean): string | undefined {
  // Of UDP it says that both ends have sent something.
  if (event === "close" || !isTcp) return "SF";
  return event === "summary" ? undefined : "S1";
}

function connState({ event, outcome, protocol, remote, state }: Connection): string | undefined {
  if (state !== undefined && STATES.has(state)) return state.toUpperCase();
  if (remote === undefined || protocol === undefined) return undefined;
  const isTcp = protocol === "tcp";
  if (!isTcp && protocol !== "udp") return "OTH";
  switch (outcome) {
    case "established":
      return established(event, isTcp);
    case "refused":
      return isTcp ? "REJ" : "S0";
    case "timeout":
    case "unreachable":
    case "denied":
      return "S0";
    case "reset":
    case "unknown":
      return undefined;
  }
}

/** `conn_state`. */
export const CONN_STATE: Reading = { kind: "word", value: ({ record }) => connState(record) };

/** What {@linkcode CONN_STATE} may be. */
export const CONN_STATE_NOTE =
  "S1 established, SF ended, or UDP in both directions; REJ refused; S0 no answer; OTH neither TCP nor UDP; others as a log of Zeek has them. Absent where the outcome is not known, and where a reset ended it: a record does not say whose";

type Side = "source" | "destination";

/** `id.orig_p` or `id.resp_p`: of ICMP the type, and that of the answer or else the code. */
export function portOf(side: Side): Reading {
  return {
    kind: "integer",
    value: (flow) => {
      const { icmp, protocolNumber } = flow.record;
      if (icmp === undefined) return flow[side]?.end.port;
      if (side === "source") return icmp.type;
      return icmpCounterpart(protocolNumber, icmp.type) ?? icmp.code;
    },
  };
}

/** What {@linkcode portOf} may be. */
export const PORT_NOTES: Readonly<Record<Side, string>> = {
  source: "of ICMP its type",
  destination: "of ICMP the type that answers it, else its code",
};

/** Connection tracking counts packets with the headers of IP; all others count what is in them. */
function countsHeaders({ record }: Flow): boolean {
  return record.collector === "conntrack";
}

/** `orig_bytes` or `resp_bytes`: what an end has sent, without headers. */
export function payloadBytes(side: Side): Reading {
  return {
    kind: "integer",
    value: (flow) => countsHeaders(flow) ? undefined : flow[side]?.bytes,
  };
}

/** `orig_ip_bytes` or `resp_ip_bytes`: the same with the headers of IP. */
export function packetBytes(side: Side): Reading {
  return {
    kind: "integer",
    value: (flow) => countsHeaders(flow) ? flow[side]?.bytes : undefined,
  };
}

/** Whether the originator is an end on this host; undefined where that is not known. */
export function isLocalOriginator({ record, isFromHere }: Flow): boolean | undefined {
  if (record.direction === "unknown") return undefined;
  return record.direction === "local" || isFromHere;
}

/** Whether the responder is an end on this host; undefined where that is not known. */
export function isLocalResponder({ record, isFromHere }: Flow): boolean | undefined {
  if (record.direction === "unknown") return undefined;
  return record.direction === "local" || !isFromHere;
}
