/** Identity of an event, by which a store tells a repeated record from another one. */
import type { Connection } from "../connection.ts";

/**
 * `<connection id>-<event>`; the same input gives the same id on every run. A connection may have many
 * updates and summaries: theirs end in the time of the event, microseconds in base 36.
 */
export function eventId(connection: Connection): string {
  return connection.id + eventIdEnd(connection);
}

/** What {@linkcode eventId} has behind the connection's id: printable ASCII that no format escapes. */
export function eventIdEnd({ event, time }: Connection): string {
  if (event === "update" || event === "summary") return `-${event}-${time.toString(36)}`;
  return `-${event}`;
}
