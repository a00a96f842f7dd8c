/** What the kernel's trace says, event by event. The reader gives them in the order of their times. */
import type { Endpoint } from "../../lib/connection.ts";

/** What every event begins with. */
export interface EventHead {
  /** Microseconds since the epoch. */
  readonly time: number;
  /** Microseconds since the boot (CLOCK_BOOTTIME), with fractions: finer than {@linkcode time}. */
  readonly boot: number;
  /** The thread that was running. Where {@linkcode interrupted} it is anybody's. */
  readonly tid: number;
  /** Whether the event happened in an interrupt (hard, soft or NMI): then the thread has no part in it. */
  readonly interrupted: boolean;
  /**
   * Whether packets could not interrupt the thread either (bottom halves or preemption off); absent
   * where that is not told.
   */
  readonly atomic?: boolean;
}

/** Both ends of a socket. IPv4-mapped IPv6 addresses are IPv4. A port that is not chosen yet is 0. */
export interface SocketEnds {
  readonly local: Required<Endpoint>;
  readonly remote: Required<Endpoint>;
  /** Of the addresses as they are given here. */
  readonly ipVersion: 4 | 6;
}

/** `sock:inet_sock_set_state`. */
export interface StateEvent extends EventHead, SocketEnds {
  readonly type: "state";
  /** The kernel's address of the socket, its low 52 bits; given away again once the socket is freed. */
  readonly socket: number;
  readonly protocol: number;
  /** As in include/net/tcp_states.h: 1 ESTABLISHED, 2 SYN_SENT, ... 7 CLOSE, ... 10 LISTEN, 12 NEW_SYN_RECV. */
  readonly oldState: number;
  readonly newState: number;
}

/** `sock:inet_sk_error_report` (since Linux 5.14): an error that the socket's owner will be told. */
export interface ErrorEvent extends EventHead, SocketEnds {
  readonly type: "error";
  readonly protocol: number;
  /** A positive errno: 111 ECONNREFUSED, 104 ECONNRESET, 110 ETIMEDOUT, 113 EHOSTUNREACH, 101 ENETUNREACH. */
  readonly error: number;
}

/** `tcp:tcp_receive_reset`, `tcp:tcp_send_reset` (of an existing socket). */
export interface ResetEvent extends EventHead {
  readonly type: "reset";
  /** As in {@linkcode StateEvent}. */
  readonly socket: number;
  readonly sent: boolean;
}

/** `tcp:tcp_retransmit_skb`: the kernel sends something once more. Both ports are chosen by then. */
export interface RetransmitEvent extends EventHead, SocketEnds {
  readonly type: "retransmit";
  /** As in {@linkcode StateEvent}. */
  readonly socket: number;
}

/** `tcp:tcp_destroy_sock`: the kernel has no more use for the socket. */
export interface DestroyEvent extends EventHead, SocketEnds {
  readonly type: "destroy";
  /** As in {@linkcode StateEvent}. */
  readonly socket: number;
  /** Low 52 bits of the socket's cookie, as ss(8) tells it too; no two sockets share it. */
  readonly cookie: number;
}

/** `fib:fib_table_lookup`, `fib6:fib6_table_lookup` of a packet that this host sends. */
export interface RouteEvent extends EventHead, SocketEnds {
  readonly type: "route";
  readonly protocol: number;
  /** Routing table. */
  readonly table: number;
  /** 0, or a negative errno; -11 (EAGAIN): this table has no answer, the next one may have. */
  readonly error: number;
}

/** `sock:sock_send_length` (since Linux 6.3): {@linkcode EventHead.tid} has given a message to a socket. */
export interface SendEvent extends EventHead {
  readonly type: "send";
  /** As in {@linkcode StateEvent}. */
  readonly socket: number;
  /** 2 AF_INET, 10 AF_INET6, ... (include/linux/socket.h). */
  readonly family: number;
  readonly protocol: number;
  /** Bytes of payload that the kernel has taken, or a negative errno. */
  readonly result: number;
}

/** `task:task_newtask`: {@linkcode EventHead.tid} made a thread or a process. */
export interface ForkEvent extends EventHead {
  readonly type: "fork";
  /** Thread id of the new task; a process's first thread has the process's id. */
  readonly child: number;
  /** Whether it is one more thread of the same process (CLONE_THREAD). */
  readonly thread: boolean;
  /** Its `comm`. */
  readonly comm: string;
}

/** `sched:sched_process_exec`: {@linkcode EventHead.tid} runs another program. */
export interface ExecEvent extends EventHead {
  readonly type: "exec";
  /** Process id, which is the thread's from here on. */
  readonly pid: number;
  /** Thread id before: another one if it was not the first thread. */
  readonly oldPid: number;
  /** As it was given to execve(2): may be relative, or a link. */
  readonly filename: string;
}

/** `sched:sched_process_exit`: {@linkcode EventHead.tid} ends. */
export interface ExitEvent extends EventHead {
  readonly type: "exit";
  readonly comm: string;
}

/** Any event. */
export type TraceEvent =
  | StateEvent
  | ErrorEvent
  | ResetEvent
  | RetransmitEvent
  | DestroyEvent
  | RouteEvent
  | SendEvent
  | ForkEvent
  | ExecEvent
  | ExitEvent;
