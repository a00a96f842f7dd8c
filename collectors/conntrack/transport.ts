/** The ways in which flow events come from the kernel: a `conntrack` child or a netlink socket. */
import type { FlowEvent } from "./flow.ts";

/** A source of flow events of one network namespace. */
export interface FlowTransport {
  /**
   * Yields events as they come, in batches. Ends when the signal aborts; by then every child is dead and
   * awaited and every descriptor closed.
   *
   * @throws ExitError when no event can ever come again.
   */
  events(signal: AbortSignal): AsyncIterable<FlowEvent[]>;
  /**
   * All flows that the kernel tracks, each as a `dump` event, in batches: there may be very many. One that
   * begins, or changes, meanwhile may be missing or come twice.
   *
   * @param signal Ends it early.
   * @throws ExitError when the table cannot be read, or not to its end.
   */
  entries(signal?: AbortSignal): AsyncIterable<FlowEvent[]>;
  /** All that {@linkcode entries} yields, at once. */
  dump(signal?: AbortSignal): Promise<FlowEvent[]>;
  /** Events that the kernel could not deliver, since the start; undefined where they cannot be counted. */
  lost(): number | undefined;
  /** Whether the kernel queues events now; absent where it does as soon as they are asked for. */
  readonly listening?: boolean;
  /**
   * All events before that time were yielded, and taken; microseconds since the epoch. Absent where the
   * transport cannot know.
   */
  readonly drained?: number;
  /** How often events may have been missed that {@linkcode lost} cannot count. */
  readonly gaps?: number;
  /** Input that was no event, by reason (`malformed`, `oversize`), since the start. */
  readonly dropped: Readonly<Record<string, number>>;
}

/** All items of all batches. */
export async function collect<T>(batches: AsyncIterable<readonly T[]>): Promise<T[]> {
  const all: T[] = [];
  for await (const batch of batches) for (const item of batch) all.push(item);
  return all;
}
