/**
 * One line of `ss -HteinO` or `ss -EHteinO` (ss(8), iproute2 `misc/ss.c`): a TCP socket and what the
 * kernel has counted of it (`struct tcp_info`, linux/tcp.h).
 */
import type { Endpoint } from "../../../lib/connection.ts";
import { formatIp, parseIp } from "../../../lib/ip.ts";

/** What a line says. Counts begin at 0 with each connection of the socket. */
export interface SsTotals {
  /** As ss calls it: `ESTAB`, `FIN-WAIT-1`, `CLOSE-WAIT`, ...; `UNCONN` of one that is destroyed. */
  readonly state: string;
  /** Bytes of the stream that the application has not read; the peer's FIN counts as one. */
  readonly receiveQueue: number;
  readonly local: Required<Endpoint>;
  readonly remote: Required<Endpoint>;
  /** Low 52 bits of the socket's cookie, as `tcp:tcp_destroy_sock` gives it. No two sockets share it. */
  readonly cookie?: number;
  /** Payload that was sent, each byte once; absent where ss or the kernel is too old to tell. */
  readonly bytesSent?: number;
  /** Payload that was received in order, and the peer's FIN as one byte more. */
  readonly bytesReceived: number;
  /** 0 also when the socket was disconnected (reset by SO_LINGER 0, for one): that clears all counts. */
  readonly segmentsIn: number;
}

/** Digits of a cookie that are kept: 52 bits, which a number holds exactly. */
const COOKIE_DIGITS = 13;

const HEAD = /^\s*(?:tcp\s+)?([A-Z][A-Z0-9-]*)\s+(\d{1,10})\s+\d{1,10}\s+(\S+)\s+(\S+)/;
const COOKIE = /^[0-9a-f]{1,16}$/;
const COUNT = /^[0-9]{1,15}$/;

/** `127.0.0.1:80`, `127.0.0.1%lo:80`, `[fe80::1]%eth0:80`, and `fe80::1:80` of iproute2 before 4.16. */
function parseEndpoint(text: string): Required<Endpoint> | undefined {
  const colon = text.lastIndexOf(":");
  const digits = text.slice(colon + 1);
  if (!/^[0-9]{1,5}$/.test(digits) || Number(digits) > 65535) return undefined;
  const [address = ""] = text.slice(0, Math.max(colon, 0)).replace(/[[\]]/g, "").split("%", 1);
  const bytes = parseIp(address);
  return bytes && { ip: formatIp(bytes), port: Number(digits) };
}

/** The value of the first word of that name; undefined where there is none. */
function valueOf(words: string, name: string): string | undefined {
  const at = words.indexOf(` ${name}:`);
  if (at < 0) return undefined;
  const start = at + name.length + 2;
  const end = words.indexOf(" ", start);
  return words.slice(start, end < 0 ? undefined : end);
}

/** ss prints no count that is 0. `null` when it is no number. */
function count(words: string, name: string): number | null {
  const value = valueOf(words, name);
  if (value === undefined) return 0;
  return COUNT.test(value) ? Number(value) : null;
}

/** Undefined when the line is none, or is of a socket without a peer or without counts. Never throws. */
export function parseSsLine(line: string): SsTotals | undefined {
  const head = HEAD.exec(line);
  // The window is never 0, so it is always printed, and before the counts. What comes earlier may hold
  // any words: the name of a control group.
  const window = line.lastIndexOf(" cwnd:");
  if (head === null || window < head[0].length) return undefined;
  const [, state = "", queued, localText = "", remoteText = ""] = head;
  const local = parseEndpoint(localText);
  const remote = parseEndpoint(remoteText);
  if (local === undefined || remote === undefined) return undefined;
  const counts = line.slice(window);
  const sent = count(counts, "bytes_sent");
  const retransmitted = count(counts, "bytes_retrans");
  const bytesReceived = count(counts, "bytes_received");
  const segmentsIn = count(counts, "segs_in");
  if (sent === null || retransmitted === null || bytesReceived === null || segmentsIn === null) {
    return undefined;
  }
  const cookie = valueOf(line, "sk");
  // Before iproute2 4.19 and Linux 4.19 there is no bytes_sent, but data_segs_out.
  const known = sent > 0 ? sent >= retransmitted : count(counts, "data_segs_out") === 0;
  return {
    state,
    receiveQueue: Number(queued),
    local,
    remote,
    ...(cookie !== undefined && COOKIE.test(cookie) &&
      { cookie: parseInt(cookie.slice(-COOKIE_DIGITS), 16) }),
    ...(known && { bytesSent: sent - retransmitted }),
    bytesReceived,
    segmentsIn,
  };
}
