/** How a connection ended, from what the kernel told of it. */
import type { Outcome } from "../../lib/connection.ts";

/** What is known of a connection at its end. */
export interface Ending {
  /** Whether it was ever established. */
  readonly established: boolean;
  /** The error that the owner was told, a positive errno; 0: none. */
  readonly error: number;
  /** Whether a reset came in, which ends a connection at once. */
  readonly resetReceived: boolean;
  /** Whether this host sent a reset as it ended: SO_LINGER 0, unread data, keepalive, `ss -K`. */
  readonly resetSent: boolean;
}

/** Positive errno values of Linux, as in include/uapi/asm-generic/errno.h. */
const OUTCOMES: Readonly<Record<number, Outcome>> = {
  1: "denied", // EPERM
  13: "denied", // EACCES
  22: "unreachable", // EINVAL: a blackhole route
  32: "reset", // EPIPE: a reset after the peer's FIN
  71: "unreachable", // EPROTO
  92: "unreachable", // ENOPROTOOPT: ICMP protocol unreachable
  100: "unreachable", // ENETDOWN
  101: "unreachable", // ENETUNREACH
  104: "reset", // ECONNRESET
  110: "timeout", // ETIMEDOUT
  111: "refused", // ECONNREFUSED: a reset, or ICMP port unreachable
  112: "unreachable", // EHOSTDOWN
  113: "unreachable", // EHOSTUNREACH
};

/** The outcome that an errno stands for; its sign does not matter. */
export function outcomeOfError(error: number): Outcome {
  return OUTCOMES[Math.abs(error)] ?? "unknown";
}

/**
 * The outcome of a connection that ended. The error says more than a reset: a connection whose
 * keepalive probes stay unanswered sends a reset and ends with ETIMEDOUT.
 */
export function outcomeOfEnding({ established, error, resetReceived, resetSent }: Ending): Outcome {
  const told = outcomeOfError(error);
  if (!established) {
    if (resetReceived && told === "unknown") return "refused";
    return told;
  }
  if (told === "refused") return "reset";
  if (told !== "unknown") return told;
  return resetReceived || resetSent ? "reset" : "established";
}
