/** How the attempt to connect ended, as far as connection tracking tells. */
import type { Outcome } from "../../lib/connection.ts";
import type { FlowEvent } from "./flow.ts";

const TCP = 6;
const SCTP = 132;

/** States that are only reached over an established connection; CLOSE is not among them. */
const ESTABLISHED: Readonly<Record<number, ReadonlySet<string>>> = {
  [TCP]: new Set(["ESTABLISHED", "FIN_WAIT", "CLOSE_WAIT", "LAST_ACK", "TIME_WAIT"]),
  [SCTP]: new Set(["ESTABLISHED", "SHUTDOWN_SENT", "SHUTDOWN_RECD", "SHUTDOWN_ACK_SENT"]),
};

/** States in which the initiator waits for the first answer. */
const WAITING: Readonly<Record<number, ReadonlySet<string>>> = {
  [TCP]: new Set(["SYN_SENT", "SYN_SENT2", "SYN_RECV"]),
  [SCTP]: new Set(["COOKIE_WAIT", "COOKIE_ECHOED"]),
};

/** Whether a connection is, or has been, established. Without a handshake an answer is as much. */
function isEstablished({ protocolNumber, state, assured, unreplied, offload }: FlowEvent): boolean {
  const states = ESTABLISHED[protocolNumber];
  if (states === undefined) return !unreplied;
  return assured || offload !== undefined || (state !== undefined && states.has(state));
}

/**
 * The outcome after an event. A connection that was refused is destroyed at once in state CLOSE, and
 * counts as not replied though the reset has come; kernels before 5.11 do not say the state, but count
 * the reset. What expires in the handshake has timed out; then the event has no timeout. A tool that
 * removes the flow tells nothing of it.
 *
 * @param before What the events before have told.
 */
export function outcomeOf(flow: FlowEvent, before: Outcome = "unknown"): Outcome {
  if (before !== "unknown") return before;
  if (isEstablished(flow)) return "established";
  if (flow.event !== "destroy" || flow.userspace !== undefined) return "unknown";
  const { protocolNumber, state, timeout, unreplied, replyCounters } = flow;
  if (protocolNumber === TCP) {
    if (state === "CLOSE") return unreplied ? "refused" : "reset";
    const isAnswered = replyCounters !== undefined && replyCounters.packets > 0;
    if (state === undefined && unreplied && isAnswered) return "refused";
  }
  const isWaiting = state !== undefined && WAITING[protocolNumber]?.has(state) === true;
  return isWaiting && timeout === undefined ? "timeout" : "unknown";
}
