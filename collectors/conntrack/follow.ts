/** Flow events in step with the kernel's table: with what was open before, and again after a loss. */
import type { System } from "../../lib/system.ts";
import { Arrivals } from "../../lib/arrivals.ts";
import type { FlowEvent } from "./flow.ts";
import type { FlowTable } from "./flows.ts";
import type { FlowTransport } from "./transport.ts";

/** How often losses are looked for, milliseconds. */
const LOOK_MS = 1000;

/**
 * After how many looks the table is read again though nothing was lost: of flows that were open before
 * anybody listened, the kernel tells no end (`nf_conntrack_events=2`).
 */
const LOOKS_A_TABLE = 60;

/** How often, and how long apart, a transport is asked whether it listens before the table is read. */
const LISTEN_TRIES = 60;
const LISTEN_MS = 50;

/** What is needed to follow. */
export interface FollowContext {
  readonly system: Pick<System, "now" | "sleep">;
  /** Told how many events were lost since it was told last. */
  onLost(count: number): void;
  /** Told why the table could not be read. */
  onFailure(message: string): void;
}

type Step =
  | { readonly kind: "events"; readonly result: IteratorResult<FlowEvent[]> }
  | { readonly kind: "table"; readonly result: IteratorResult<FlowTable, void> }
  | { readonly kind: "look" };

/**
 * Yields the events of a transport, the table, in parts, once it listens, and the table again after every loss and
 * from time to time. While nothing happens it yields an empty batch now and then, for those who wait.
 *
 * @throws ExitError as the transport does.
 */
export async function* followFlows(
  transport: FlowTransport,
  { system, onLost, onFailure }: FollowContext,
  signal: AbortSignal,
): AsyncGenerator<readonly FlowEvent[] | FlowTable> {
  const events = transport.events(signal)[Symbol.asyncIterator]();
  const next = (): Promise<Step> =>
    events.next().then((result) => ({ kind: "events", result }) as const);
  const look = (): Promise<Step> =>
    system.sleep(LOOK_MS, signal).then(() => ({ kind: "look" }) as const);
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  const read = () => readTable(transport, system, onFailure, either);
  const nextPart = (table: AsyncGenerator<FlowTable, void>): Promise<Step> =>
    table.next().then((result) => ({ kind: "table", result }) as const);
  let lost = 0;
  let gaps = 0;
  let looks = 0;
  /** Whether events were lost at the look before. */
  let isBehind = false;
  const hasMissed = () => {
    const now = transport.lost() ?? lost;
    const missed = now > lost || (transport.gaps ?? 0) > gaps;
    if (now > lost) onLost(now - lost);
    lost = now;
    gaps = transport.gaps ?? 0;
    return missed;
  };
  const steps = new Arrivals<Step>();
  let table: AsyncGenerator<FlowTable, void> | undefined = read();
  steps.expect(next());
  steps.expect(nextPart(table));
  steps.expect(look());
  try {
    while (true) {
      const step = await steps.take();
      if (step.kind === "events") {
        if (step.result.done) return;
        steps.expect(next());
        yield step.result.value;
      } else if (step.kind === "table") {
        if (step.result.done || table === undefined) {
          table = undefined;
          continue;
        }
        steps.expect(nextPart(table));
        yield step.result.value;
      } else {
        // After the abort, the transport ends by itself.
        if (!signal.aborted) steps.expect(look());
        const due = ++looks % LOOKS_A_TABLE === 0;
        // While events are being lost, the table would be old before it is read.
        const isLosing = hasMissed();
        if (!isLosing && (isBehind || due) && table === undefined) {
          table = read();
          steps.expect(nextPart(table));
        }
        isBehind = isLosing;
        yield [];
      }
    }
  } finally {
    hasMissed();
    stop.abort();
    await Promise.all([events.return?.(), table?.return()]);
  }
}

/**
 * Yields the table in parts. The first one is empty, and tells that it is about to be read; so is the last
 * one, which does not come if it cannot be read.
 */
async function* readTable(
  transport: FlowTransport,
  system: Pick<System, "now" | "sleep">,
  onFailure: (message: string) => void,
  signal: AbortSignal,
): AsyncGenerator<FlowTable, void> {
  for (let i = 0; i < LISTEN_TRIES && transport.listening === false; i++) {
    await system.sleep(LISTEN_MS, signal);
  }
  if (signal.aborted) return;
  const began = system.now();
  yield { dump: [], began, isPart: true };
  try {
    for await (const dump of transport.entries(signal)) yield { dump, began, isPart: true };
    if (!signal.aborted) yield { dump: [], began };
  } catch (error) {
    if (!signal.aborted) onFailure(error instanceof Error ? error.message : String(error));
  }
}
