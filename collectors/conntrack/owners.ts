/** Finds the process behind each flow while its socket is there, or was a moment ago. */
import { type ProcFs, ProcFsError } from "../../lib/procfs/procfs.ts";
import type { System } from "../../lib/system.ts";
import type { FlowEvent } from "./flow.ts";
import { Gathering } from "./owners/gathering.ts";
import { type HolderOf, Holders } from "./owners/holders.ts";
import { Look, type SocketRow } from "./owners/look.ts";
import { type Match, Matcher, NO_SOCKETS } from "./owners/match.ts";
import { NetNamespaces } from "./owners/netns.ts";
import { SocketPast } from "./owners/past.ts";
import { better, type Finding, type FlowOwner, settle } from "./owners/settle.ts";

export type { FlowOwner };

type Matched = readonly [flow: FlowEvent, match: Match];

/** How old the knowledge of namespaces and their addresses may be, microseconds. */
const MAX_AGE = 5_000_000;
/** The same when a flow is not of any address that is known, at the first and the second look. */
const MAX_AGE_UNKNOWN = 250_000;
const MAX_AGE_AGAIN = 20_000;

/** Between two looks there is at least this many times what the latest has taken. */
const PAUSE = 2;

/** Between the first and the second look, milliseconds. */
const AGAIN = 30;
/** Flows whose first look is not further apart share the second one, milliseconds. */
const SHARED = 10;
/** Flows that wait for a second look, at most. */
const MAX_WAITING = 4096;

/**
 * Attributes flows to processes by the socket tables. One look at the tables serves a whole batch; what it
 * does not find gets one more a little later.
 */
export class FlowOwners {
  readonly #system: System;
  readonly #spaces: NetNamespaces;
  readonly #holders: Holders;
  readonly #past = new SocketPast();
  readonly #first: Gathering<FlowEvent, Finding>;
  readonly #second: Gathering<FlowEvent, Finding>;
  /** When the next look may be, microseconds since the epoch. */
  #next = 0;

  /**
   * @param hostId What the function of that name gave.
   * @param signal When it aborts, nothing is waited for any more.
   */
  constructor(system: System, procfs: ProcFs, hostId: string, signal: AbortSignal) {
    this.#system = system;
    this.#spaces = new NetNamespaces(system, procfs);
    this.#holders = new Holders(system, procfs, hostId);
    const sleep = (ms: number) => system.sleep(ms, signal);
    this.#first = new Gathering(sleep, (flows) => this.#look(flows, MAX_AGE_UNKNOWN));
    this.#second = new Gathering(sleep, (flows) => this.#look(flows, MAX_AGE_AGAIN));
    this.#spaces.refresh(0);
  }

  /**
   * Finds the owners of flows that have just begun, one for each. The first look at their sockets is
   * taken before this returns, unless the one before was a moment ago and expensive: so call it as soon
   * as the events are there, and await it later. It resolves within some 50 ms.
   */
  async attribute(flows: readonly FlowEvent[]): Promise<FlowOwner[]> {
    if (flows.length === 0) return [];
    const wait = Math.ceil((this.#next - this.#system.now()) / 1000);
    const findings = await this.#first.add(flows, wait, wait);
    const owners = findings.map(({ owner }) => owner);
    const unsettled: number[] = [];
    findings.forEach(({ again }, i) => again && unsettled.push(i));
    if (unsettled.length === 0 || this.#second.size + unsettled.length > MAX_WAITING) return owners;
    const flowsAgain = flows.filter((_, i) => findings[i]?.again);
    const later = await this.#second.add(flowsAgain, AGAIN, SHARED);
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

  #look(flows: readonly FlowEvent[], maxAge: number): Finding[] {
    const began = this.#system.now();
    try {
      const look = new Look(began);
      const matches = this.#match(flows, look, maxAge);
      const fresh = this.#past.note(look);
      const holderOf = this.#resolve(matches, fresh);
      return matches.map(([flow, match]) => this.#decide(flow, match, holderOf, began));
    } catch (error) {
      if (!(error instanceof ProcFsError)) throw error;
      return flows.map((flow) => ({ owner: this.place(flow, error.message), again: true }));
    } finally {
      const ended = this.#system.now();
      this.#next = ended + (ended - began) * PAUSE;
    }
  }

  #match(flows: readonly FlowEvent[], look: Look, maxAge: number): Matched[] {
    this.#spaces.refresh(MAX_AGE);
    const matcher = new Matcher(this.#spaces, look);
    const matches = flows.map((flow): Matched => [flow, matcher.match(flow)]);
    const isUnknown = ([, { direction }]: Matched) => direction === "unknown";
    if (!matches.some(isUnknown) || !this.#spaces.refresh(maxAge)) return matches;
    const again = new Matcher(this.#spaces, look);
    return matches.map((matched) =>
      isUnknown(matched) ? [matched[0], again.match(matched[0])] : matched
    );
  }

  /** Asks for the holders of all sockets that flows or coming flows may be of, and remembers them. */
  #resolve(matches: readonly Matched[], fresh: readonly SocketRow[]): HolderOf {
    const rows = new Set(fresh);
    for (const [, { sockets }] of matches) for (const row of sockets) rows.add(row);
    const inodes = new Set<number>();
    for (const { inode } of rows) inodes.add(inode);
    const holderOf = this.#holders.resolve(inodes);
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
