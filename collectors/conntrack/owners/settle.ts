/** From sockets and their holders to the process of a flow. */
import type { Attribution, ProcessIdentity, SocketInfo } from "../../../lib/connection.ts";
import type { FlowEvent } from "../flow.ts";
import type { HolderOf } from "./holders.ts";
import type { SocketRow } from "./look.ts";
import type { Match, Place } from "./match.ts";

/** Where a flow is, and whose it is. */
export interface FlowOwner extends Place {
  readonly attribution: Attribution;
  /** Why there is no process, or why it is not `exact`. */
  readonly attributionReason?: string;
  readonly process?: ProcessIdentity;
  /** The flow's own socket. */
  readonly socket?: SocketInfo;
  /** Inode number of the network namespace of the local end. */
  readonly netns?: number;
}

/** What was found, and whether a second look can find more. */
export interface Finding {
  readonly owner: FlowOwner;
  readonly again: boolean;
}

/** A process that began so much later than the flow has only got its addresses, microseconds. */
const MAX_LATER = 1_000_000;
/** After that time, another socket may be bound to the address and port, microseconds. */
const MAX_DELAY = 2_000_000;

/** The one process that holds all the sockets, or why there is none. */
function holderOfAll(sockets: readonly SocketRow[], holderOf: HolderOf): ProcessIdentity | string {
  let [process]: (ProcessIdentity | string | undefined)[] = [];
  const processes = new Set<string>();
  for (const { inode, process: known } of sockets) {
    process = known ?? holderOf(inode);
    processes.add(typeof process === "string" ? "" : process.entityId);
  }
  if (process === undefined || processes.size === 1) return process ?? "";
  return `ambiguous: ${sockets.length} sockets of several processes have its address and port`;
}

/**
 * Decides whose the flow is.
 *
 * @param began When the look at the sockets began, microseconds since the epoch.
 */
export function settle(
  flow: FlowEvent,
  match: Match,
  holderOf: HolderOf,
  began: number,
): Finding {
  const { local, direction, initiator, netns, sockets, connected } = match;
  const place = { local, direction, initiator, ...(netns !== undefined && { netns }) };
  const none = (attributionReason: string, again: boolean): Finding => ({
    owner: { ...place, attribution: "none", attributionReason },
    again,
  });
  const [first] = sockets;
  if (first === undefined) return none(match.reason, match.again);
  const process = holderOfAll(sockets, holderOf);
  if (typeof process === "string") return none(process, sockets.length === 1);
  // Only of an event that has just happened is it known that the socket is as old.
  const began = flow.event === "new" ? flow.timestampUs : undefined;
}
