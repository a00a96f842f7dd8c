/**
 * Whether the kernel has counted the peer's FIN among the bytes that a TCP socket received (Linux
 * `net/ipv4/tcp_input.c`, `tcp_fin`; `net/ipv4/tcp.c`, `__tcp_close`; `net/ipv4/tcp_minisocks.c`,
 * `tcp_time_wait`).
 */
import { STATE } from "../../../lib/tcp_states.ts";
import type { SsTotals } from "./ss_line.ts";

/** Where an event happened. */
export interface Context {
  readonly tid: number;
  /** In an interrupt. */
  readonly interrupted: boolean;
  /**
   * Whether the thread was kept from being interrupted by packets: bit 0x80 of `common_flags` is set, or
   * the low four bits of `common_preempt_count` are not 0. Absent where the kernel counts neither.
   */
  readonly atomic?: boolean;
}

/** States that a socket enters with the peer's FIN, or after it. */
const AFTER_FIN: readonly number[] = [STATE.closeWait, STATE.lastAck, STATE.closing];

/** What the trace has shown of one connection that matters for its bytes. Begin another for each. */
export class FinTrail {
  #established = false;
  #fin = false;
  #state: number | undefined;
  /** It ended, or was ended, by something else than a FIN while in FIN_WAIT2. */
  #broken = false;
  /** Where it went from FIN_WAIT2 to CLOSE. */
  #closed: Context | undefined;
  #destroyed: Context | undefined;

  /** `sock:inet_sock_set_state`. */
  transition(oldState: number, newState: number, context: Context): void {
    this.#fin ||= AFTER_FIN.includes(oldState) || AFTER_FIN.includes(newState);
    this.#established ||= [STATE.established, STATE.finWait1, STATE.finWait2, ...AFTER_FIN]
      .some((state) => state === oldState || state === newState);
    this.#state = newState;
    if (oldState === STATE.finWait2 && newState === STATE.close) {
      const { tid, interrupted, atomic } = context;
      this.#closed = { tid, interrupted, ...(atomic !== undefined && { atomic }) };
    }
  }

  /** `tcp:tcp_receive_reset`, or `sock:inet_sk_error_report`. */
  broken(): void {
    if (this.#state === STATE.finWait2) this.#broken = true;
  }

  /** `tcp:tcp_send_reset`: a close(2) with unread data sets the state first, and then sends one. */
  resetSent(): void {
    if (this.#state === STATE.finWait2 || this.#closed !== undefined) this.#broken = true;
  }

  /** `tcp:tcp_destroy_sock`. */
  destroyed({ tid, interrupted }: Context): void {
    this.#destroyed = { tid, interrupted };
  }

  /**
   * Whether the FIN is among the bytes received; undefined when that cannot be decided.
   *
   * @param receiveQueue Of the destroyed socket.
   */
  finCounted(receiveQueue: number): boolean | undefined {
    if (this.#fin) return true;
    const closed = this.#closed;
    // It was reset or gave up before the FIN came, or the trace has not seen the end.
    if (closed === undefined) return this.#state === STATE.close ? false : undefined;
    if (this.#broken) return false;
    // Either the FIN has come; or close(2) has left the rest to a socket in miniature, which counts
    // nothing. Nobody reads after close(2), which was without unread data: what is there is the FIN.
    if (receiveQueue > 0) return true;
    // Else the FIN has come before close(2), and was read; or close(2) came first. In that case the
    // socket is destroyed on the spot.
    const destroyed = this.#destroyed;
    if (destroyed === undefined) return undefined;
    if (destroyed.interrupted !== closed.interrupted) return true;
    if (closed.interrupted) return false;
    if (destroyed.tid !== closed.tid) return true;
    // In close(2) packets are shut out; in a call that finds the FIN when it is about to return, not.
    return closed.atomic === undefined ? undefined : !closed.atomic;
  }

  /** Bytes of a socket that is destroyed. What is not known for certain is absent. */
  bytes(totals: SsTotals): { readonly bytesIn?: number; readonly bytesOut?: number } {
    const { bytesSent, bytesReceived, segmentsIn, receiveQueue } = totals;
    // Nobody is connected without a segment of the peer: the counts were cleared.
    if (this.#established && segmentsIn === 0) return {};
    const fin = bytesReceived === 0 ? false : this.finCounted(receiveQueue);
    return {
      ...(fin !== undefined && { bytesIn: bytesReceived - (fin ? 1 : 0) }),
      ...(bytesSent !== undefined && { bytesOut: bytesSent }),
    };
  }
}
