/** A record as most schemas look at it: from the end that opened the connection to the other one. */
import type { Connection, RecordedEndpoint } from "../connection.ts";
import { localIsSource } from "../formats/ecs.ts";
import type { Mutable } from "../mutable.ts";

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

/** A record that says nothing. */
export const NOTHING: Connection = {
  id: "",
  event: "open",
  time: 0,
  direction: "unknown",
  outcome: "unknown",
  local: {},
  attribution: "none",
  collector: "",
};

/** Looks at a record so. A listener is a destination, and has no source. */
export function flowOf(record: Connection, seed?: number): Flow {
  return flowReader(seed)(record);
}

/** Makes a function that looks at one record after the other: each time it gives the same object. */
export function flowReader(seed?: number): (record: Connection) => Flow {
  const here: Mutable<FlowEnd> = { end: {}, bytes: undefined, packets: undefined };
  const there: Mutable<FlowEnd> = { end: {}, bytes: undefined, packets: undefined };
  const flow: Mutable<Flow> = {
    record: NOTHING,
    seed,
    isFromHere: false,
    source: undefined,
    destination: undefined,
  };
  return (record) => {
    const { remote } = record;
    here.end = record.local;
    here.bytes = record.bytesOut;
    here.packets = record.packetsOut;
    if (remote !== undefined) {
      there.end = remote;
      there.bytes = record.bytesIn;
      there.packets = record.packetsIn;
    }
    const other = remote && there;
    const isFromHere = localIsSource(record);
    flow.record = record;
    flow.isFromHere = isFromHere;
    flow.source = isFromHere ? here : other;
    flow.destination = isFromHere ? other : here;
    return flow;
  };
}
