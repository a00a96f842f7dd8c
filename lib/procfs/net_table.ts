/**
 * The socket tables /proc/net/{tcp,udp,udplite,raw,icmp} and their IPv6 twins (proc_pid_net(5)):
 *
 *     sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
 *      0: 0100007F:0BBB 00000000:0000 0A 00000000:00000001 00:00000000 00000000     0        0 91555 2 ffff...
 *
 * All of them print the same first twelve columns (get_tcp4_sock, get_timewait4_sock and
 * get_openreq4 of net/ipv4/tcp_ipv4.c, and their like); what follows differs and is not read.
 */
import type { Endpoint } from "../connection.ts";
import { type DecodedIp, decodeHexIp } from "./hex_address.ts";

/** What a polling reader needs of a row to know it again. */
export interface NetRow {
  /**
   * `LOCAL:PORT REMOTE:PORT`, all hexadecimal, as the kernel prints it: what
   * {@linkcode decodeEndpoints} takes. Several sockets may have the same one.
   */
  readonly key: string;
  /** As in include/net/tcp_states.h. */
  readonly state: number;
  /** Inode number on sockfs; 0 when no file refers to the socket. */
  readonly inode: number;
  /** Owner of the socket; 0 also where {@linkcode inode} is 0. */
  readonly uid: number;
}

/** What a scan came across. */
export interface ScanResult {
  /** Rows that were visited. */
  readonly rows: number;
  /** Lines that are no complete row. */
  readonly malformed: number;
}

/** Both ends of a socket. Without a peer, the remote one is `0.0.0.0` or `::`, port 0. */
export interface Endpoints {
  readonly local: Required<Endpoint>;
  readonly remote: Required<Endpoint>;
  readonly ipVersion: 4 | 6;
}

const NEWLINE = 10;
const BLANK = 32;
const MINUS = 45;
const COLON = 58;
const MAX_UID = 0xffffffff;

const UNSPECIFIED_IPV4: DecodedIp = { ip: "0.0.0.0", ipVersion: 4 };

/** The value of an upper-case hexadecimal digit, 255 for other bytes. */
const DIGIT = new Uint8Array(256).fill(255);
for (let i = 0; i < 16; i++) DIGIT["0123456789ABCDEF".charCodeAt(i)] = i;

const decoder = new TextDecoder();

/** Reads one row after the other out of the bytes of a table, without making objects. */
class Cursor {
  key = "";
  state = 0;
  inode = 0;
  uid = 0;
  /** Where reading goes on. */
  at = 0;
  /** The number that was read last. */
  #number = 0;
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Reads a row from {@linkcode at}; false where it is not complete. Stops within the line. */
  row(): boolean {
    if (!(this.#blanks() && this.#decimal() && this.#byte(COLON) && this.#byte(BLANK))) {
      return false;
    }
    const start = this.at;
    const width = this.#bytes[start + 8] === COLON ? 8 : 32;
    if (!(this.#hex(width) && this.#byte(COLON) && this.#hex(4) && this.#byte(BLANK))) return false;
    if (!(this.#hex(width) && this.#byte(COLON) && this.#hex(4))) return false;
    const end = this.at;
    if (!(this.#byte(BLANK) && this.#hex(2))) return false;
    this.state = (this.#digit(end + 1) << 4) | this.#digit(end + 2);
    if (!(this.#byte(BLANK) && this.#hex(8) && this.#byte(COLON) && this.#hex(8))) return false;
    if (!(this.#byte(BLANK) && this.#hex(2) && this.#byte(COLON) && this.#hex(8))) return false;
    // The time to the timer is a long: it may have more than 8 digits.
    while (this.#digit(this.at) < 16) this.at++;
    if (!(this.#byte(BLANK) && this.#hex(8) && this.#column() && this.#decimal())) return false;
    this.uid = this.#number;
    if (!(this.uid <= MAX_UID && this.#column() && this.#signed())) return false;
    if (!(this.#column() && this.#decimal())) return false;
    this.inode = this.#number;
    // What was cut in its inode has no further column: so the number of references must be there.
    if (!(this.inode <= Number.MAX_SAFE_INTEGER && this.#column() && this.#signed())) return false;
    if (!(this.#column() && this.#visible())) return false;
    this.key = decoder.decode(this.#bytes.subarray(start, end));
    return true;
  }

  /** Goes to the beginning of the next line. */
  nextLine(): void {
    const end = this.#bytes.indexOf(NEWLINE, this.at);
    this.at = end < 0 ? this.#bytes.length : end + 1;
  }

  /** Whether the line names columns: its first word is `sl`. */
  isHeader(): boolean {
    let at = this.at;
    while (this.#bytes[at] === BLANK) at++;
    return this.#bytes[at] === 115 && this.#bytes[at + 1] === 108 && this.#bytes[at + 2] === BLANK;
  }

  #digit(at: number): number {
    return DIGIT[this.#bytes[at] ?? 0] ?? 255;
  }

  #byte(wanted: number): boolean {
    return this.#bytes[this.at++] === wanted;
  }

  #blanks(): true {
    while (this.#bytes[this.at] === BLANK) this.at++;
    return true;
  }

  /** At least one blank. */
  #column(): boolean {
    return this.#byte(BLANK) && this.#blanks();
  }

  #visible(): boolean {
    return (this.#bytes[this.at] ?? 0) > BLANK;
  }

  /** Exactly so many digits. */
  #hex(digits: number): boolean {
    const end = this.at + digits;
    let all = 0;
    for (let at = this.at; at < end; at++) all |= this.#digit(at);
    this.at = end;
    return all < 16;
  }

  #decimal(): boolean {
    const start = this.at;
    let number = 0;
    for (let digit = this.#digit(start); digit < 10; digit = this.#digit(this.at)) {
      number = number * 10 + digit;
      this.at++;
    }
    this.#number = number;
    return this.at > start;
  }

  #signed(): boolean {
    if (this.#bytes[this.at] === MINUS) this.at++;
    return this.#decimal();
  }
}

/**
 * Visits every row of a table. Every field is checked: a line that is not complete is counted, never
 * thrown for and never made up. A last line without its newline counts if its columns are all there.
 *
 * @param visit Gets the same object every time; copy what you keep. The key holds on to nothing else.
 */
export function scanNetTable(bytes: Uint8Array, visit: (row: NetRow) => void): ScanResult {
  const cursor = new Cursor(bytes);
  let rows = 0;
  let malformed = 0;
  if (cursor.isHeader()) cursor.nextLine();
  while (cursor.at < bytes.length) {
    const start = cursor.at;
    if (cursor.row()) {
      visit(cursor);
      rows++;
    } else {
      malformed++;
      // A cut line may have been read into the next one.
      cursor.at = start;
    }
    cursor.nextLine();
  }
  return { rows, malformed };
}

/** The value of `digits` digits at a place of a key; above 2^32 when one of them is none. */
function hexAt(key: string, at: number, digits: number): number {
  let value = 0;
  for (let i = at; i < at + digits; i++) {
    const digit = DIGIT[key.charCodeAt(i)] ?? 255;
    if (digit > 15) return Infinity;
    value = value * 16 + digit;
  }
  return value;
}

/** Addresses that are remembered, at most: sockets share them, the local ones above all. */
const REMEMBERED_IPS = 4096;

const decodedIps = new Map<string, DecodedIp>();

function decodeIp(hex: string): DecodedIp {
  let decoded = decodedIps.get(hex);
  if (decoded === undefined) {
    if (decodedIps.size >= REMEMBERED_IPS) decodedIps.clear();
    decodedIps.set(hex, decoded = decodeHexIp(hex));
  }
  return decoded;
}

/** Length of a key but for its two addresses. */
const PORTS_AND_MARKS = ":0000 :0000".length;

/**
 * The two ends of a {@linkcode NetRow.key}, for rows that are not known yet. For raw sockets the local
 * "port" is the protocol number, for ICMP sockets the echo identifier.
 *
 * @throws RangeError when `key` is not one.
 */
export function decodeEndpoints(key: string): Endpoints {
  const width = (key.length - PORTS_AND_MARKS) / 2;
  const second = width + 6;
  const localPort = hexAt(key, width + 1, 4);
  const remotePort = hexAt(key, second + width + 1, 4);
  const framed = key[width] === ":" && key[width + 5] === " " && key[second + width] === ":";
  if (!framed || localPort + remotePort === Infinity) {
    throw new RangeError(`"${key}" is not a key of a socket table`);
  }
  let local = decodeIp(key.slice(0, width));
  let remote = decodeIp(key.slice(second, second + width));
  // One end of an IPv6 socket may be mapped, and the other one unspecified.
  if (local.ip === "::" && remote.ipVersion === 4) local = UNSPECIFIED_IPV4;
  if (remote.ip === "::" && local.ipVersion === 4) remote = UNSPECIFIED_IPV4;
  return {
    local: { ip: local.ip, port: localPort },
    remote: { ip: remote.ip, port: remotePort },
    ipVersion: local.ipVersion === 4 && remote.ipVersion === 4 ? 4 : 6,
  };
}
