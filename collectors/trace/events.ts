/** Which events are traced, and what the kernel shall let through. */
import type { WantedEvent } from "./instance.ts";

/** Interrupt bits of `common_flags`, and the one for bottom halves that are off (TRACE_FLAG_*). */
const NOT_A_PROCESS = 0x08 | 0x10 | 0x40 | 0x80;

/** Index of the loopback device: the way in of packets that this host makes (LOOPBACK_IFINDEX). */
const FROM_HERE = "iif==1";

/** Successful lookups of TCP say nothing that the states of sockets do not. */
const TELLING = "(proto!=6 || err!=0)";

/**
 * Lookups that a process makes for what it sends. What the kernel sends on its own behalf in a process's
 * thread (tunnels, answers of a firewall) has bottom halves off.
 */
const LOOKUPS = [
  `${FROM_HERE} && ${TELLING} && !(common_flags & ${NOT_A_PROCESS})`,
  `${FROM_HERE} && ${TELLING}`,
];

/** A SYN (TCP_SYN_SENT): what else is sent again says nothing. Linux 4.18 has no such field. */
const SYN = "state==2";

/** Events of the main instance. */
export const EVENTS: readonly WantedEvent[] = [
  { system: "sock", name: "inet_sock_set_state", required: true },
  { system: "sock", name: "inet_sk_error_report" },
  { system: "tcp", name: "tcp_receive_reset" },
  { system: "tcp", name: "tcp_send_reset" },
  { system: "tcp", name: "tcp_retransmit_skb", filters: [SYN] },
  { system: "tcp", name: "tcp_destroy_sock" },
  { system: "fib", name: "fib_table_lookup", filters: LOOKUPS },
  { system: "fib6", name: "fib6_table_lookup", filters: LOOKUPS },
  { system: "task", name: "task_newtask" },
  { system: "sched", name: "sched_process_exec" },
  { system: "sched", name: "sched_process_exit" },
];
