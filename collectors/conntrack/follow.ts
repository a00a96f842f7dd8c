/** Flow events in step with the kernel's table: with what was open before, and again after a loss. */
import type { System } from "../../lib/system.ts";
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
  | { readonly kind: "table"; readonly table: FlowTable | undefined }
  | { readonly kind: "look" };

/**
 * Yields the events of a transport, the table once it listens, and the table again after every loss and
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
  const read = (): Promise<Step> =>
    readTable(transport, system, onFailure, signal).then((table) =>
      ({ kind: "table", table }) as const
    );
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
  let coming = next();
  let table: Promise<Step> | undefined = read();
  let looking = look();
  try {
    while (true) {
      const step: Step = await Promise.race([coming, looking, ...(table ? [table] : [])]);
      if (step.kind === "events") {
        if (step.result.done) return;
        coming = next();
        yield step.result.value;
      } else if (step.kind === "table") {
        table = undefined;
        if (step.table !== undefined) yield step.table;
      } else {
        // After the abort, the transport ends by itself.
        looking = signal.aborted ? new Promise(() => {}) : look();
        const due = ++looks % LOOKS_A_TABLE === 0;
        // While events are being lost, the table would be old before it is read.
        const isLosing = hasMissed();
        if (!isLosing && (isBehind || due)) table ??= read();
        isBehind = isLosing;
        yield [];
      }
    }
  } finally {
    hasMissed();
    await events.return?.();
  }
}

async function readTable(
  transport: FlowTransport,
  system: Pick<System, "now" | "sleep">,
  onFailure: (message: string) => void,
  signal: AbortSignal,
): Promise<FlowTable | undefined> {
  for (let i = 0; i < LISTEN_TRIES && transport.listening === false; i++) {
    await system.sleep(LISTEN_MS, signal);
  }
  if (signal.aborted) return undefined;
  const began = system.now();
  try {
    return { dump: await transport.dump(signal), began };
  } catch (error) {
    if (!signal.aborted) onFailure(error instanceof Error ? error.message : String(error));
    return undefined;
  }
}
