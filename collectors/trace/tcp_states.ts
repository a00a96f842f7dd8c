/** What the states of a connection mean. */
import { STATE } from "../../lib/tcp_states.ts";

/** DCCP has two states beyond TCP's (13 and 14). */
const LAST_STATE = 14;

/** Whether the kernel has a state of that number. */
export function isState(state: number): boolean {
  return Number.isInteger(state) && state >= STATE.established && state <= LAST_STATE;
}

/** Whether a socket gets into that state over an established connection only. */
export function isSynchronized(state: number): boolean {
  return state === STATE.established || state === STATE.finWait1 || state === STATE.finWait2 ||
    state === STATE.closeWait || state === STATE.lastAck || state === STATE.closing;
}

/** Protocol number of TCP. */
export const IPPROTO_TCP = 6;

/** That of MPTCP in the kernel: its subflows are TCP and are told themselves. */
export const IPPROTO_MPTCP = 262;

/** TCP, DCCP, SCTP. */
const WITH_STATES: ReadonlySet<number> = new Set([IPPROTO_TCP, 33, 132]);

/** Whether sockets of the protocol have the states of TCP. */
export function hasStates(protocol: number): boolean {
  return WITH_STATES.has(protocol);
}
