/**
 * Community ID version 1 of a record: by it, what this host knows of a connection (the process) is joined
 * with what a network sensor knows of it (https://github.com/corelight/community-id-spec).
 */
import { communityIdDigest } from "./community_id_hash.ts";
import type { Connection, RecordedEndpoint } from "./connection.ts";
import { readIp } from "./ip.ts";
import type { Identity } from "./mapping/identity.ts";

/** IP in IP and IPv6 in IPv4: the specification leaves open whose addresses count. */
const IPV4_INSIDE = 4;
const IPV6_INSIDE = 41;
/** Of raw sockets whose program writes the header (raw(7)): it is not what the packets say. */
const RESERVED = 255;
const ICMP = 1;
const ICMPV6 = 58;

const WITHOUT_ID: ReadonlySet<number> = new Set([
  IPV4_INSIDE,
  IPV6_INSIDE,
  RESERVED,
]);

/** Room for an address, and its first bytes, which are one of IPv4. */
interface Room {
  readonly ipv6: Uint8Array;
  readonly ipv4: Uint8Array;
}

function room(): Room {
  const ipv6 = new Uint8Array(16);
  return { ipv6, ipv4: ipv6.subarray(0, 4) };
}

const ofSource = room();
const ofDestination = room();

/** The bytes of an address that packets may have: not those of a socket that is bound to none. */
function addressOf({ ip }: RecordedEndpoint, { ipv6, ipv4 }: Room): Uint8Array | undefined {
  const length = ip === undefined ? 0 : readIp(ip, ipv6);
  for (let i = 0; i < length; i++) if (ipv6[i] !== 0) return length === 4 ? ipv4 : ipv6;
  return undefined;
}

function isSame(a: RecordedEndpoint, b: RecordedEndpoint | undefined): boolean {
  return a.ip === b?.ip && a.port === b?.port;
}

function digestOf(connection: Connection, seed: number): Uint8Array | undefined {
  const { event, protocolNumber, local, remote, nat, initiator, direction } = connection;
  if (remote === undefined || event === "summary" || event === "listen") return undefined;
  if (protocolNumber === undefined || WITHOUT_ID.has(protocolNumber)) return undefined;
  let here: RecordedEndpoint = local;
  let there: RecordedEndpoint = remote;
  if (nat !== undefined) {
    if (initiator === undefined || direction === "unknown") return undefined;
    const { source, destination } = nat;
    if (initiator === "local") {
      here = source ?? local;
      there = destination ?? remote;
    } else if (isSame(local, destination) || isSame(remote, source)) return undefined;
  }
  const isIcmp = protocolNumber === ICMP || protocolNumber === ICMPV6;
  const { icmp } = connection;
  if (isIcmp && (icmp === undefined || initiator === undefined)) return undefined;
  const isSwapped = isIcmp && initiator === "remote";
  const source = addressOf(isSwapped ? there : here, ofSource);
  const destination = addressOf(isSwapped ? here : there, ofDestination);
  if (source === undefined || destination === undefined) return undefined;
  const tuple = {
    protocol: protocolNumber,
    source,
    destination,
    sourcePort: isIcmp ? icmp?.type : here.port,
    destinationPort: isIcmp ? icmp?.code : there.port,
  };
  return communityIdDigest(tuple, seed);
}

/**
 * The Community ID of a record of one connection, such as `1:LQU9qZlK+B5F3KDmev6m5PMibrg=`. It is that of
 * the packets outside of this host:
 *
 * - What was opened here is translated on its way out: its ends are those in `nat`, as far as they are there,
 *   for `local` and `remote` are what the socket has.
 * - What was opened elsewhere is translated after it has come in: its ends are `local` and `remote`, as
 *   connection tracking has them, and `nat` is what the socket has. Where `local` or `remote` are the
 *   socket's as well, because the record tells of the socket, what the packets had is not known.
 * - A flow that passes by, or of which nobody says where it was opened, is one flow before the translation
 *   and another one behind it.
 *
 * Undefined where it cannot be known: for summaries and listeners, in the last two cases of translation,
 * without the addresses of both ends (that of a socket bound to none is not known), the ports of TCP, UDP
 * and SCTP or the type of ICMP and ICMPv6, for IP in IP, and for what raw sockets send with a header of their
 * own. A translation that no collector has told of is not known of here either.
 *
 * @param seed 0 to 65535; sensors take 0 unless they are told another.
 */
export function communityId(connection: Connection, seed: number): Identity | undefined {
  const digest = digestOf(connection, seed);
  return digest && { begin: "1:", end: digest };
}
