/** States of a connection, as in include/net/tcp_states.h; SCTP and DCCP use the same numbers. */

/** The numbers that the table tells apart. */
export const STATE = {
  established: 1,
  synSent: 2,
  synRecv: 3,
  finWait1: 4,
  finWait2: 5,
  timeWait: 6,
  close: 7,
  closeWait: 8,
  lastAck: 9,
  listen: 10,
  closing: 11,
} as const;

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
