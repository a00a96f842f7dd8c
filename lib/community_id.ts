/**
 * Community ID version 1 of a record: by it, what this host knows of a connection (the process) is joined
 * with what a network sensor knows of it (https://github.com/corelight/community-id-spec).
 */
import { communityIdDigest } from "./community_id_hash.ts";
import type { Connection, RecordedEndpoint } from "./connection.ts";
import { parseIp } from "./ip.ts";

/** IP in IP and IPv6 in IPv4: the specification leaves open whose addresses count. */
const IPV4_INSIDE = 4;
const IPV6_INSIDE = 41;
/** Of raw sockets whose program writes the header (raw(7)): it is not what the packets say. */
const RESERVED = 255;
/** What stands for them in an ID is their type and code, which no record has. */
const ICMP = 1;
const ICMPV6 = 58;

const WITHOUT_ID: ReadonlySet<number> = new Set([
  ICMP,
  IPV4_INSIDE,
  IPV6_INSIDE,
  ICMPV6,
  RESERVED,
]);

const EQUALS = 61;
const ALPHABET = new TextEncoder().encode(
  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
);

/** `1:` and room for the base64 of 20 bytes. */
const text = new TextEncoder().encode("1:".padEnd(30));

/** The bytes of an address that packets may have: not those of a socket that is bound to none. */
function addressOf({ ip }: RecordedEndpoint): Uint8Array | undefined {
  const bytes = ip === undefined ? undefined : parseIp(ip);
  if (bytes === undefined) return undefined;
  for (let i = 0; i < bytes.length; i++) if (bytes[i] !== 0) return bytes;
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
  const source = addressOf(here);
  const destination = addressOf(there);
  if (source === undefined || destination === undefined) return undefined;
  const tuple = {
    protocol: protocolNumber,
    source,
    destination,
    sourcePort: here.port,
    destinationPort: there.port,
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
 * without the addresses of both ends (that of a socket bound to none is not known) or the ports of TCP, UDP
 * and SCTP, for ICMP and ICMPv6 (a record has no type and code), for IP in IP, and for what raw sockets send
 * with a header of their own. A translation that no collector has told of is not known of here either.
 *
 * @param seed 0 to 65535; sensors take 0 unless they are told another.
 */
export function communityId(connection: Connection, seed: number): string | undefined {
  const digest = digestOf(connection, seed);
  return digest && "1:" + digest.toBase64();
}

/**
 * What {@linkcode communityId} gives, as ASCII: 30 bytes that are good until the next call. No string is made,
 * for what is written as bytes in the end.
 */
export function communityIdBytes(connection: Connection, seed: number): Uint8Array | undefined {
  const digest = digestOf(connection, seed);
  if (digest === undefined) return undefined;
  let at = 2;
  for (let i = 0; i < digest.length; i += 3) {
    const bits = ((digest[i] ?? 0) << 16) | ((digest[i + 1] ?? 0) << 8) | (digest[i + 2] ?? 0);
    text[at++] = ALPHABET[bits >>> 18] ?? 0;
    text[at++] = ALPHABET[(bits >>> 12) & 63] ?? 0;
    text[at++] = ALPHABET[(bits >>> 6) & 63] ?? 0;
    text[at++] = ALPHABET[bits & 63] ?? 0;
  }
  // The last group has two bytes.
  text[at - 1] = EQUALS;
  return text;
}
