/** Finds the process behind each flow while its socket is there, or was a moment ago. */
import { type ProcFs, ProcFsError } from "../../lib/procfs/procfs.ts";
import { tableSize } from "../../lib/memory.ts";
import type { System } from "../../lib/system.ts";
import type { FlowEvent } from "./flow.ts";
import { type HolderOf, Holders } from "./owners/holders.ts";
import { Look, type SocketRow } from "./owners/look.ts";
import { type Match, Matcher, NO_SOCKETS } from "./owners/match.ts";
import { NetNamespaces } from "./owners/netns.ts";
import { SocketPast } from "./owners/past.ts";
import { Rounds } from "./owners/rounds.ts";
import { better, type Finding, type FlowOwner, settle } from "./owners/settle.ts";

export type { FlowOwner };

type Matched = readonly [flow: FlowEvent, match: Match];

/** How old the knowledge of namespaces and their addresses may be, microseconds. */
const MAX_AGE = 5_000_000;
/** The same when a flow is not of any address that is known. */
const MAX_AGE_UNKNOWN = 100_000;

/** Sockets and processes that are remembered, and sockets that were there a moment ago, about. */
const MAX_HOLDERS = 16_384;
const MAX_SOCKETS = 65_536;

/** Between the first and the second look, microseconds. */
const AGAIN = 30_000;
/** Flows that wait for a look, at most: beyond that there is no time for a second one. */
const MAX_WAITING = 4096;

/**
 * Attributes flows to processes by the socket tables. One look at the tables serves all flows that wait for
 * one; what it does not find gets one more a little later.
 */
export class FlowOwners {
  readonly #system: System;
  readonly #spaces: NetNamespaces;
  readonly #holders: Holders;
  readonly #past: SocketPast;
  readonly #looks: Rounds<FlowEvent, Finding>;

  /**
   * @param hostId What the function of that name gave.
   * @param signal When it aborts, nothing is waited for any more.
   * @param part As in `CollectorOptions.tables`.
   */
  constructor(
    system: System,
    procfs: ProcFs,
    hostId: string,
    signal: AbortSignal,
    part: number | undefined = undefined,
  ) {
    this.#system = system;
    this.#spaces = new NetNamespaces(system, procfs);
    this.#holders = new Holders(system, procfs, hostId, tableSize(MAX_HOLDERS, part));
    this.#past = new SocketPast(tableSize(MAX_SOCKETS, part));
    this.#looks = new Rounds({
      // A clock that is set back would keep flows waiting until it is as late again.
      now: () => system.elapsed(),
      sleep: (ms) => system.sleep(ms, signal),
      work: (flows) => this.#look(flows),
    });
    this.#spaces.refresh(0);
  }

  /**
   * Finds the owners of flows that have just begun, one for each. The first look at their sockets is
   * taken before this returns, unless there was another one a moment ago: so call it as soon as the
   * events are there, and await it later.
   *
   * @throws Only what a fault of the program throws: what cannot be read is a reason.
   */
  async attribute(flows: readonly FlowEvent[]): Promise<FlowOwner[]> {
    if (flows.length === 0) return [];
    const findings = await this.#looks.add(flows, 0);
    const owners = findings.map(({ owner }) => owner);
    const unsettled: number[] = [];
    findings.forEach(({ again }, i) => again && unsettled.push(i));
    const waiting = this.#looks.size + unsettled.length;
    if (unsettled.length === 0 || waiting > MAX_WAITING) return owners;
    const flowsAgain = flows.filter((_, i) => findings[i]?.again);
    const later = await this.#looks.add(flowsAgain, AGAIN);
    later.forEach(({ owner }, i) => {
      const at = unsettled[i] ?? 0;
      owners[at] = better(owners[at] ?? owner, owner);
    });
    return owners;
  }

  /** Where a flow is as far as its addresses tell, without a look at the sockets. */
  place(flow: FlowEvent, attributionReason: string): FlowOwner {
    const { local, direction, initiator } = new Matcher(this.#spaces, NO_SOCKETS).match(flow);
    return { local, direction, initiator, attribution: "none", attributionReason };
  }

  #look(flows: readonly FlowEvent[]): Finding[] {
    const began = this.#system.now();
    try {
      const look = new Look(began);
      const matches = this.#match(flows, look);
      const fresh = this.#past.note(look);
      const holderOf = this.#resolve(matches, fresh);
      return matches.map(([flow, match]) => this.#decide(flow, match, holderOf, began));
    } catch (error) {
      if (!(error instanceof ProcFsError)) throw error;
      return flows.map((flow) => ({ owner: this.place(flow, error.message), again: true }));
    }
  }

  #match(flows: readonly FlowEvent[], look: Look): Matched[] {
    this.#spaces.refresh(MAX_AGE);
    const matcher = new Matcher(this.#spaces, look);
    const matches = flows.map((flow): Matched => [flow, matcher.match(flow)]);
    const isUnknown = ([, { direction }]: Matched) => direction === "unknown";
    if (!matches.some(isUnknown) || !this.#spaces.refresh(MAX_AGE_UNKNOWN)) return matches;
    const again = new Matcher(this.#spaces, look);
    return matches.map((matched) =>
      isUnknown(matched) ? [matched[0], again.match(matched[0])] : matched
    );
  }

  /** Asks for the holders of all sockets that flows or coming flows may be of, and remembers them. */
  #resolve(matches: readonly Matched[], fresh: readonly SocketRow[]): HolderOf {
    const rows = new Set<SocketRow>();
    for (const [, { sockets }] of matches) for (const row of sockets) rows.add(row);
    const wanted = new Set<number>();
    for (const { inode } of rows) wanted.add(inode);
    const holderOf = this.#holders.resolve(wanted, new Set(fresh.map(({ inode }) => inode)));
    for (const row of fresh) rows.add(row);
    for (const row of rows) {
      const holder = holderOf(row.inode);
      this.#past.learn(row, typeof holder === "string" ? undefined : holder);
    }
    return holderOf;
  }

  /** Decides by the sockets that are there, else by those that were there when the flow was. */
  #decide(flow: FlowEvent, live: Match, holderOf: HolderOf, began: number): Finding {
    const { timestampUs } = flow;
    const now = settle(flow, live, holderOf, began);
    if (now.owner.process !== undefined || timestampUs === undefined) return now;
    const past = new Matcher(this.#spaces, this.#past.at(timestampUs)).match(flow);
    if (past.sockets.length === 0) return now;
    const then = settle(flow, past, holderOf, began);
    return then.owner.process === undefined ? now : then;
  }
}
