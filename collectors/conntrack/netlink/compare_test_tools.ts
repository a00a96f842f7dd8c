/** What the netlink socket and conntrack's text have in common. */
import type { FlowEvent } from "../flow.ts";

/**
 * The event without what only one of the two can know: when conntrack has printed it, less than seconds,
 * and the names of labels and tools.
 */
export function common(event: FlowEvent): unknown {
  const { timestampUs: _, labels: _labels, start, stop, deltaTime, userspace, ...rest } = event;
  const whole = (time: number | undefined) => time && Math.floor(time / 1e6) * 1e6;
  return {
    ...rest,
    start: whole(start),
    stop: whole(stop),
    // Of a flow that goes on, it is the time until conntrack has printed it.
    deltaTime: stop === undefined ? undefined : deltaTime,
    userspace: userspace?.portid,
  };
}
