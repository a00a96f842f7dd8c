/** Identity of an event, by which a store tells a repeated record from another one. */
import type { Connection } from "../connection.ts";
import type { Identity } from "../mapping/identity.ts";

const ENDS = {
  open: "-open",
  close: "-close",
  listen: "-listen",
} as const;

/**
 * `<connection id>-<event>`; the same input gives the same id on every run. A connection may have many
 * updates and summaries: theirs end in the time of the event, microseconds in base 36.
 */
export function eventId({ id, event, time }: Connection): Identity {
  const isOneOfMany = event === "update" || event === "summary";
  return { begin: id, end: isOneOfMany ? `-${event}-${time.toString(36)}` : ENDS[event] };
}
