/** Identity of an event, by which a store tells a repeated record from another one. */
import type { Connection } from "../connection.ts";

/**
 * `<connection id>-<event>`; the same input gives the same id on every run. A connection may have many
 * updates and summaries: theirs end in the time of the event, microseconds in base 36.
 */
export function eventId(connection: Connection): string {
  const { id, event } = connection;
  if (event === "update" || event === "summary") {
    return `${id}-${event}-${connection.time.toString(36)}`;
  }
  return `${id}-${event}`;
}
