/** Whose a connection is by who ends it. */
import { STATE } from "../../lib/tcp_states.ts";
import type { StateEvent } from "./event.ts";
import type { Owners } from "./happening.ts";
import type { Entry } from "./tcp_entry.ts";

/** The kernel thread that is the parent of all others. */
const KTHREADD = 2;

/** How long before its end `ss -K` sends a reset, microseconds. */
const KILL = 10_000;

/** One who closes or shuts down a socket holds it, but for a kernel thread, and one who kills it from outside. */
export function sawHolder(
  entry: Entry,
  { tid, boot, newState }: StateEvent,
  owners: Owners,
): void {
  const closes = newState === STATE.finWait1 || newState === STATE.lastAck ||
    newState === STATE.close;
  const isKilled = newState === STATE.close && boot - entry.resetSent < KILL;
  if (!closes || isKilled) return;
  const owner = owners.of(tid);
  const { process } = owner;
  if (process === undefined || process.pid === KTHREADD) return;
  if (process.parent?.pid !== KTHREADD) entry.owner = owner;
}
