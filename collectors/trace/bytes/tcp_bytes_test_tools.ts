/** Sockets for the tests of bytes, told by hand. Times are milliseconds of the trace. */
import type { DestroyEvent, ErrorEvent, ResetEvent, StateEvent } from "../event.ts";
import type { Happening } from "../happening.ts";
import type { SsTotals } from "./ss_line.ts";
import { TcpBytes } from "./tcp_bytes.ts";

/** In which context something happens: as a process's thread, unless it is told otherwise. */
export interface Where {
  readonly tid?: number;
  readonly interrupted?: boolean;
  readonly atomic?: boolean;
}

/** What packets do. */
export const SOFTIRQ: Where = { tid: 1, interrupted: true, atomic: true };

/** One connection of a socket. */
export class FakeSocket {
  /** Its own count of bytes: different from that of every other one. */
  readonly bytesSent: number;

  /**
   * @param socket Its address in the kernel.
   * @param cookie Of no other socket.
   * @param port Its local port.
   */
  constructor(readonly socket: number, readonly cookie = 1, readonly port = 4000) {
    this.bytesSent = 1000 + cookie;
  }

  get #ends() {
    return {
      local: { ip: "10.0.0.1", port: this.port },
      remote: { ip: "10.0.0.2", port: 80 },
      ipVersion: 4 as const,
    };
  }

  #head(at: number, { tid = 7, interrupted = false, atomic }: Where) {
    const boot = at * 1000;
    return { time: boot, boot, tid, interrupted, ...(atomic !== undefined && { atomic }) };
  }

  /** Goes from one state to another. */
  state(at: number, oldState: number, newState: number, where: Where = {}): StateEvent {
    const { socket } = this;
    const head = this.#head(at, where);
    return { ...head, ...this.#ends, type: "state", socket, protocol: 6, oldState, newState };
  }

  /** Is of no more use. */
  destroy(at: number, where: Where = {}): DestroyEvent {
    const { socket, cookie } = this;
    return { ...this.#head(at, where), ...this.#ends, type: "destroy", socket, cookie };
  }

  reset(at: number, sent: boolean): ResetEvent {
    return { ...this.#head(at, {}), type: "reset", socket: this.socket, sent };
  }

  error(at: number, error: number, where: Where = {}): ErrorEvent {
    return { ...this.#head(at, where), ...this.#ends, type: "error", protocol: 6, error };
  }

  /** What ss says of it: 8 bytes were received, the peer's FIN among them if there was one. */
  line(more: Partial<SsTotals> = {}): SsTotals {
    const { local, remote } = this.#ends;
    return {
      state: "UNCONN",
      receiveQueue: 0,
      local,
      remote,
      cookie: this.cookie,
      bytesSent: this.bytesSent,
      bytesReceived: 8,
      segmentsIn: 3,
      ...more,
    };
  }

  /** Its end; the key is that of the socket and its cookie. */
  end(at: number, more: Partial<Happening> = {}): Happening {
    const { local, remote } = this.#ends;
    return {
      event: "close",
      time: at * 1000,
      key: `${this.socket}-${this.cookie}`,
      protocolNumber: 6,
      ipVersion: 4,
      local,
      remote,
      outcome: "established",
      socket: this.socket,
      owner: { attribution: "none" },
      ...more,
    };
  }
}

/** What one is followed with. */
export interface Followed {
  readonly socket: FakeSocket;
  readonly bytes: TcpBytes;
}

/** One that was opened here. */
export function opened(socket = new FakeSocket(1), bytes = new TcpBytes(), at = 0): Followed {
  bytes.apply(socket.state(at, 7, 2));
  bytes.apply(socket.state(at + 1, 2, 1, SOFTIRQ));
  return { socket, bytes };
}

/** One that was opened here and closed by the peer first: from its beginning to its end. */
export function closed(socket = new FakeSocket(1), bytes = new TcpBytes(), at = 0): Followed {
  opened(socket, bytes, at);
  bytes.apply(socket.state(at + 2, 1, 8, SOFTIRQ));
  bytes.apply(socket.state(at + 3, 8, 9));
  bytes.apply(socket.state(at + 4, 9, 7, SOFTIRQ));
  return { socket, bytes };
}

/** What was told of ends, in short: `KEY IN/OUT`. */
export function told(happenings: readonly (Happening | undefined)[]): string[] {
  return happenings.flatMap((happening) => {
    if (happening === undefined) return [];
    const { key, bytesIn = "-", bytesOut = "-" } = happening;
    return [`${key} ${bytesIn}/${bytesOut}`];
  });
}
