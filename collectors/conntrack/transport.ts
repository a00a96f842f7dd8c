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
   * All flows that the kernel tracks, each as a `dump` event.
   *
   * @param signal Ends it early.
   */
  dump(signal?: AbortSignal): Promise<FlowEvent[]>;
  /** Events that the kernel could not deliver, since the start; undefined where they cannot be counted. */
  lost(): number | undefined;
  /** Whether the kernel queues events now; absent where it does as soon as they are asked for. */
  readonly listening?: boolean;
  /** How often events may have been missed that {@linkcode lost} cannot count. */
  readonly gaps?: number;
  /** Input that was no event, by reason (`malformed`, `oversize`), since the start. */
  readonly dropped: Readonly<Record<string, number>>;
}
