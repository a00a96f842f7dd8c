/** A record as most schemas look at it: from the end that opened the connection to the other one. */
import type { Connection, RecordedEndpoint } from "../connection.ts";
import { localIsSource } from "../formats/ecs.ts";

/** One end. Of what another program told, there may be only a name. */
export interface FlowEnd {
  readonly end: RecordedEndpoint;
  /** What this end has sent. */
  readonly bytes: number | undefined;
  readonly packets: number | undefined;
}

/** A record and its two ends. */
export interface Flow {
  readonly record: Connection;
  /** Seed of Community IDs; undefined where there shall be none. */
  readonly seed: number | undefined;
  /** Whether the source is the local end. */
  readonly isFromHere: boolean;
  readonly source: FlowEnd | undefined;
  readonly destination: FlowEnd | undefined;
}

/** Looks at a record so. A listener is a destination, and has no source. */
export function flowOf(record: Connection, seed?: number): Flow {
  const { local, remote, bytesIn, bytesOut, packetsIn, packetsOut } = record;
  const isFromHere = localIsSource(record);
  const here = { end: local, bytes: bytesOut, packets: packetsOut };
  const there = remote && { end: remote, bytes: bytesIn, packets: packetsIn };
  return isFromHere
    ? { record, seed, isFromHere, source: here, destination: there }
    : { record, seed, isFromHere, source: there, destination: here };
}
