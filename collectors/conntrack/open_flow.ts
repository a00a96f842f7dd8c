/** What is remembered of flows while they are open: of thousands at a time, so little of each. */
import type { Outcome } from "../../lib/connection.ts";
import type { FlowEvent, FlowTuple } from "./flow.ts";
import { outcomeOf } from "./outcome.ts";
import type { FlowOwner } from "./owners/settle.ts";

/** What is remembered of an open flow besides its key. */
export interface OpenFlow {
  readonly owner: FlowOwner;
  readonly start: number | undefined;
  readonly wasThere: boolean;
  /** When the flow was found in the table, if no NEW event has told of it. */
  readonly listed: number | undefined;
  /** It was there then: when it began, or when the latest table that had it was begun to be read. */
  seen: number;
  outcome: Outcome;
  /** In the words of the tracker. */
  state: string | undefined;
  /** Only where the addresses are translated. */
  reply: FlowTuple | undefined;
  counters: Counters | undefined;
}

/** What was counted in both directions. */
export type Counters = Pick<FlowEvent, "originalCounters" | "replyCounters">;

/** Takes note of what an event tells of the flow. */
export function advance(open: OpenFlow, flow: FlowEvent): void {
  const { state, originalCounters, replyCounters } = flow;
  open.outcome = outcomeOf(flow, open.outcome);
  if (state !== undefined) open.state = state;
  if (originalCounters === undefined && replyCounters === undefined) return;
  open.counters = {
    ...open.counters,
    ...(originalCounters !== undefined && { originalCounters }),
    ...(replyCounters !== undefined && { replyCounters }),
  };
}
