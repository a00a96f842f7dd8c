/**
 * The tables of SCTP, /proc/net/sctp/{eps,assocs} (net/sctp/proc.c): ports are decimal, addresses text,
 * and there may be several at each end, the primary one marked by `*`. Kernels differ in what follows
 * the remote addresses; it is not read.
 *
 *     ENDPT     SOCK   STY SST HBKT LPORT   UID INODE LADDRS
 *     ASSOC     SOCK   STY SST ST HBKT ASSOC-ID TX_QUEUE RX_QUEUE UID INODE LPORT RPORT LADDRS <-> RADDRS ...
 */
import { parseIp } from "../ip.ts";
import { encodeHexIp } from "./hex_address.ts";
import type { NetRow, ScanResult } from "./net_table.ts";

/**
 * State of an association (enum sctp_state of include/net/sctp/constants.h) as the state of TCP in the
 * same place of its life: closed, cookie wait, cookie echoed, established, shutdown pending, sent,
 * received, acknowledged.
 */
const TCP_STATE = [7, 2, 2, 1, 4, 5, 8, 9];

/** One address of an end. */
interface Address {
  readonly bytes: Uint8Array;
  readonly primary: boolean;
}

function parseAddress(word: string): Address | undefined {
  const primary = word.startsWith("*");
  const bytes = parseIp(primary ? word.slice(1) : word);
  return bytes && { bytes, primary };
}

/** A decimal number up to `max`; undefined for anything else. */
function decimal(word: string | undefined, max = Number.MAX_SAFE_INTEGER): number | undefined {
  if (word === undefined || !/^[0-9]{1,16}$/.test(word) || Number(word) > max) return undefined;
  return Number(word);
}

/** The primary address, else the first one, if possible of that length. */
function choose(addresses: readonly Address[], length?: number): Uint8Array | undefined {
  const chosen = addresses.find((address) => address.primary) ??
    addresses.find((address) => address.bytes.length === length) ?? addresses[0];
  return chosen?.bytes;
}

function hexIp(bytes: Uint8Array, width: number): string {
  const hex = encodeHexIp(bytes);
  return hex.length === width ? hex : "0000000000000000FFFF0000" + hex;
}

/** Both ends as the key of the other socket tables. */
function keyOf(
  local: Uint8Array,
  localPort: number,
  remote: Uint8Array,
  remotePort: number,
): string {
  const width = 2 * Math.max(local.length, remote.length);
  const port = (number: number) => number.toString(16).toUpperCase().padStart(4, "0");
  return `${hexIp(local, width)}:${port(localPort)} ${hexIp(remote, width)}:${port(remotePort)}`;
}

function endpointRow(words: readonly string[]): NetRow | "unbound" | undefined {
  const state = decimal(words[3], 255);
  const port = decimal(words[5], 65535);
  const uid = decimal(words[6], 0xffffffff);
  const inode = decimal(words[7]);
  if (state === undefined || port === undefined || uid === undefined || inode === undefined) {
    return undefined;
  }
  const addresses: Address[] = [];
  for (const word of words.slice(8)) {
    const address = parseAddress(word);
    if (address === undefined) return undefined;
    addresses.push(address);
  }
  const local = choose(addresses);
  if (local === undefined) return "unbound";
  return { key: keyOf(local, port, new Uint8Array(local.length), 0), state, inode, uid };
}

function associationRow(words: readonly string[]): NetRow | undefined {
  const state = TCP_STATE[decimal(words[4]) ?? -1];
  const uid = decimal(words[9], 0xffffffff);
  const inode = decimal(words[10]);
  const localPort = decimal(words[11], 65535);
  const remotePort = decimal(words[12], 65535);
  if (state === undefined || uid === undefined || inode === undefined) return undefined;
  if (localPort === undefined || remotePort === undefined) return undefined;
  const arrow = words.indexOf("<->", 13);
  const locals: Address[] = [];
  for (const word of words.slice(13, arrow < 0 ? 13 : arrow)) {
    const address = parseAddress(word);
    if (address === undefined) return undefined;
    locals.push(address);
  }
  const remotes: Address[] = [];
  for (const word of words.slice(arrow + 1)) {
    const address = parseAddress(word);
    // The columns of later kernels begin with a number.
    if (address === undefined && decimal(word) === undefined) return undefined;
    if (address === undefined) break;
    remotes.push(address);
  }
  const remote = choose(remotes);
  const local = choose(locals, remote?.length);
  if (local === undefined || remote === undefined) return undefined;
  return { key: keyOf(local, localPort, remote, remotePort), state, inode, uid };
}

function scan(
  bytes: Uint8Array,
  header: string,
  parse: (words: readonly string[]) => NetRow | "unbound" | undefined,
  visit: (row: NetRow) => void,
): ScanResult {
  let rows = 0;
  let malformed = 0;
  const lines = new TextDecoder().decode(bytes).split("\n");
  // What is behind the last newline was cut, possibly within an address.
  if (lines.pop() !== "") malformed++;
  lines.forEach((line, i) => {
    const words = line.split(/[ \t]+/).filter((word) => word !== "");
    if (i === 0 && words[0] === header) return;
    const row = parse(words);
    if (row === undefined) malformed++;
    else if (row !== "unbound") {
      visit(row);
      rows++;
    }
  });
  return { rows, malformed };
}

/**
 * Visits every endpoint of /proc/net/sctp/eps, in the shape of the other socket tables. The state is
 * that of the socket: listeners have 10, sockets with an association (which is in the other file) 1.
 * Of several local addresses the key has the first. Sockets that are not bound are passed over.
 */
export function scanSctpEndpoints(bytes: Uint8Array, visit: (row: NetRow) => void): ScanResult {
  return scan(bytes, "ENDPT", endpointRow, visit);
}

/**
 * Visits every association of /proc/net/sctp/assocs, in the shape of the other socket tables. The state
 * is the association's, as the nearest one of TCP. Of several addresses the key has the primary.
 */
export function scanSctpAssociations(bytes: Uint8Array, visit: (row: NetRow) => void): ScanResult {
  return scan(bytes, "ASSOC", associationRow, visit);
}
