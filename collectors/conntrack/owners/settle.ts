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
  let holder: ProcessIdentity | string = "";
  const holders = new Set<string>();
  for (const { inode, process } of sockets) {
    holder = process ?? holderOf(inode);
    holders.add(typeof holder === "string" ? "" : holder.entityId);
  }
  if (holders.size <= 1) return holder;
  return `ambiguous: ${sockets.length} sockets of several processes fit`;
}

/** Why an exact attribution is not one after all. */
function doubt({ connected }: Match, began: number, start: number | undefined): string | undefined {
  return connected || start === undefined || began - start <= MAX_DELAY
    ? undefined
    : "its address and port were looked at long after it began";
}

/**
 * Decides whose the flow is.
 *
 * @param match What it was matched with; its `reason` counts where it has no sockets.
 * @param began When the look at the sockets began, microseconds since the epoch.
 */
export function settle(
  flow: FlowEvent,
  match: Match,
  holderOf: HolderOf,
  began: number,
): Finding {
  const { local, direction, initiator, netns, sockets } = match;
  const place = { local, direction, initiator, ...(netns !== undefined && { netns }) };
  const none = (attributionReason: string, again: boolean): Finding => ({
    owner: { ...place, attribution: "none", attributionReason },
    again,
  });
  const [socket] = sockets;
  if (socket === undefined) return none(match.reason, match.again);
  const process = holderOfAll(sockets, holderOf);
  if (typeof process === "string") return none(process, true);
  const start = flow.event === "new" ? flow.timestampUs : undefined;
  if (start !== undefined && process.start - start > MAX_LATER) {
    return none("gone: the process that has its address and port began later", false);
  }
  const reason = match.attribution === "exact" ? doubt(match, began, start) : match.reason;
  if (reason !== undefined) {
    const owner = {
      ...place,
      process,
      attribution: "inferred",
      attributionReason: reason,
    } as const;
    return { owner, again: match.again };
  }
  const { inode, uid, table: { type } } = socket;
  const own = sockets.length === 1 ? { socket: { inode, type, uid } } : {};
  return { owner: { ...place, process, attribution: "exact", ...own }, again: false };
}

/** What two looks have found together: the second one counts if it is better. */
export function better(before: FlowOwner, after: FlowOwner): FlowOwner {
  if (after.process === undefined) return before.process === undefined ? after : before;
  if (after.attribution !== "exact") return before.process === undefined ? after : before;
  const { attributionReason = "unknown" } = before;
  return { ...after, attribution: "late", attributionReason: `first ${attributionReason}` };
}
