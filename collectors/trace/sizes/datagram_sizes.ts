/**
 * How many bytes the datagrams of a stream carry. The kernel tells the size of a datagram and its socket, but
 * not its peer; the peer stands in the route lookup before it. A size belongs to a stream only if that is
 * certain, and a stream with one datagram in doubt has no bytes.
 *
 * Measured on Linux 6.18:
 * - A socket without a peer looks up once for each datagram, in the call that sends it; when the call ends, the
 *   size is told, or the error. So the first size after a thread's lookup is that of the datagram looked up,
 *   unless the lookup was that of a connect(2), and another socket has sent.
 * - A connect(2) over IPv4 looks up twice, the second time from the address that it has chosen. So a single lookup
 *   from no address is that of a datagram. Not so to a multicast address, and not on IPv6.
 * - A socket with a peer sends without a lookup. Which peer it has is never told, nor when a socket is closed,
 *   after which its address is given to another. So these sizes belong to no stream.
 * - A datagram that is made of several pieces (MSG_MORE) looks up for the first one only. Whoever connects its
 *   socket between the pieces is believed that the piece goes to the peer.
 * - What a socket without a peer receives may come from anybody.
 */
import { isGroup } from "../group.ts";
import type { SendEvent } from "../event.ts";
import { AF_INET, AF_INET6, UDP } from "./send_event.ts";

/** Entries of each map at most. */
const MAX = 8_192;

/** One sender's use of one socket without a peer. */
export interface SocketUse {
  readonly who: string;
  readonly localPort: number;
  /** When the socket has last sent without a lookup, or may have, microseconds since the boot. */
  blind: number;
}

/** What is known of the sizes of a stream. */
export interface Tally {
  /** Lookups that may be those of datagrams, and how many of them a size has followed. */
  lookups: number;
  sized: number;
  /** Those that the kernel has taken, and their payload in bytes. */
  datagrams: number;
  bytes: number;
  /** The socket that has sent them. */
  socket: SocketUse | undefined;
  /** Something is not certain. */
  isDoubtful: boolean;
  /** How often events had been lost when it began. */
  readonly losses: number;
}

/** A stream of datagrams to one peer. */
export interface SizedStream {
  /** Who sends: the same for all threads of a process. */
  readonly who: string;
  readonly protocol: number;
  readonly ipVersion: 4 | 6;
  readonly localPort: number;
  readonly remote: { readonly ip: string };
  /** Whether a lookup came from an address that was chosen before: that may be the one of any connect(2). */
  readonly uncounted: boolean;
  /** Time of the first lookup, microseconds since the boot. */
  readonly startBoot: number;
  /** Whether it was told of for the last time. */
  readonly over: boolean;
  /** Kept here by {@linkcode DatagramSizes}. */
  tally: Tally | undefined;
}

/** What a stream has carried. */
export interface Sent {
  readonly datagrams: number;
  /** Payload of UDP. */
  readonly bytes: number;
}

/** Ties sizes to streams. Events come in the order of their times. */
export class DatagramSizes {
  /** Threads whose last lookup no size has followed yet; null: several, so that it is not known which. */
  readonly #waiting = new Map<number, SizedStream | null>();
  /** Who has last used each socket. */
  readonly #uses = new Map<number, SocketUse>();
  /** When each sender has last sent without a lookup, microseconds since the boot. */
  readonly #blind = new Map<string, number>();
  /** The same for senders that were forgotten. */
  #blindBefore = -Infinity;
  #losses = 0;
  #isLosing = false;

  /** Whether events may be missing. What is open then, or begins before that is over, has no bytes. */
  set isLosing(isLosing: boolean) {
    this.#isLosing = isLosing;
    if (!isLosing) return;
    this.#losses++;
    this.#waiting.clear();
  }

  /** A thread has looked up the route of a datagram of this stream, or of a connect(2) that looks like one. */
  looked(stream: SizedStream, tid: number): void {
    if (stream.protocol !== UDP) return;
    stream.tally ??= this.#begin();
    stream.tally.lookups++;
    const isFirst = !this.#waiting.has(tid);
    if (isFirst && this.#waiting.size >= MAX) {
      const [oldest] = this.#waiting.keys();
      if (oldest !== undefined) this.#waiting.delete(oldest);
    }
    this.#waiting.set(tid, isFirst ? stream : null);
  }

  /** The thread's last lookup was that of a connect(2). */
  connected(stream: SizedStream, tid: number): void {
    if (stream.tally !== undefined) stream.tally.isDoubtful = true;
    if (this.#waiting.get(tid) === stream) this.#waiting.delete(tid);
  }

  /** A message was given to a socket. @param who As {@linkcode SizedStream.who}. */
  sent(event: SendEvent, who: string): void {
    const { tid, family, protocol, result } = event;
    if (event.interrupted) return;
    const isInet = family === AF_INET || family === AF_INET6;
    const stream = this.#waiting.get(tid) ?? undefined;
    this.#waiting.delete(tid);
    const tally = stream?.tally;
    if (
      stream === undefined || tally === undefined || stream.over || stream.who !== who ||
      !isInet || protocol !== stream.protocol || (family === AF_INET && stream.ipVersion === 6)
    ) {
      if (isInet) this.#sentBlindly(event, who);
      return;
    }
    tally.sized++;
    const socket = this.#use(event, stream);
    tally.socket ??= socket;
    if (tally.socket !== socket) tally.isDoubtful = true;
    if (result < 0) return;
    tally.datagrams++;
    tally.bytes += result;
  }

  /** What the stream has carried until here; undefined where that is not certain. */
  total(stream: SizedStream): Sent | undefined {
    const { tally } = stream;
    if (tally === undefined || tally.isDoubtful || tally.losses !== this.#losses) return undefined;
    if (tally.sized !== tally.lookups) return undefined;
    const { startBoot, who } = stream;
    const { blind = Infinity } = tally.socket ?? {};
    if (blind >= startBoot || !isProven(stream, tally)) return undefined;
    if (!tellsConnect(stream) && (this.#blind.get(who) ?? this.#blindBefore) >= startBoot) {
      // The process has used sockets with peers: the lookups may be their connect(2), and the sizes theirs.
      return undefined;
    }
    return { datagrams: tally.datagrams, bytes: tally.bytes };
  }

  #begin(): Tally {
    return {
      lookups: 0,
      sized: 0,
      datagrams: 0,
      bytes: 0,
      socket: undefined,
      isDoubtful: this.#isLosing,
      losses: this.#losses,
    };
  }

  /** By a socket with a peer, or a further piece of a datagram. */
  #sentBlindly({ socket, boot }: SendEvent, who: string): void {
    if (this.#blind.size >= MAX && !this.#blind.has(who)) {
      this.#blind.clear();
      this.#blindBefore = boot;
    }
    this.#blind.set(who, boot);
    const use = this.#uses.get(socket);
    if (use?.who === who) use.blind = boot;
  }

  /** A socket that is forgotten could send a piece that would not be noticed: its streams are in doubt. */
  #use({ socket, boot }: SendEvent, stream: SizedStream): SocketUse {
    const { who, localPort } = stream;
    const known = this.#uses.get(socket);
    if (known?.who === who) {
      if (known.localPort === localPort) return known;
      // Another socket that has got its address, or a piece after another socket's connect(2).
      if (!tellsConnect(stream) || stream.uncounted) known.blind = boot;
    }
    if (known === undefined && this.#uses.size >= MAX) {
      for (const [oldest, use] of this.#uses) {
        this.#uses.delete(oldest);
        use.blind = Infinity;
        break;
      }
    }
    const use: SocketUse = { who, localPort, blind: -Infinity };
    this.#uses.set(socket, use);
    return use;
  }
}

/** Whether a connect(2) to this peer looks different from a datagram. */
function tellsConnect({ ipVersion, remote }: SizedStream): boolean {
  return ipVersion === 4 && !isGroup(remote.ip, 4);
}

/** Whether its lookups are those of datagrams: a second one from no address cannot follow that of a connect(2). */
function isProven(stream: SizedStream, { lookups }: Tally): boolean {
  return !stream.uncounted && (tellsConnect(stream) || lookups > 1);
}
