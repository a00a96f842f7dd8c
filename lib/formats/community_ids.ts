/** Community IDs of what logs have told: another seed makes others of them. */
import type { Connection } from "../connection.ts";
import type { Format } from "./format.ts";

/** The record without the Community ID that a log has told: what has a seed computes it. */
export function withoutToldCommunityId(connection: Connection): Connection {
  if (connection.communityId === undefined) return connection;
  const { communityId: _told, ...record } = connection;
  return record;
}

/** The format, for records whose Community IDs are all computed. */
export function withComputedCommunityIds(format: Format): Format {
  const { line, write } = format;
  return {
    ...format,
    line: (connection) => line(withoutToldCommunityId(connection)),
    ...(write !== undefined && {
      write: (connection, into, at) => write(withoutToldCommunityId(connection), into, at),
    }),
  };
}
