/** States of sockets, as the kernel numbers them (include/net/tcp_states.h); SCTP and DCCP use the same. */
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
