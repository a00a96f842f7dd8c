/** What `conntrack -E -o timestamp` prints, kept as a log. */
import type { Connection } from "../../lib/connection.ts";
import { idPrefix } from "../../lib/id.ts";
import { Cursor } from "../conntrack/cursor.ts";
import type { FlowEvent } from "../conntrack/flow.ts";
import { flowKey } from "../conntrack/flow_key.ts";
import { endpoint, setCounters, translation } from "../conntrack/flow_record.ts";
import { outcomeOf } from "../conntrack/outcome.ts";
import { isPickedUp } from "../conntrack/owners/match.ts";
import { parseFlow, parseFlowLine, readTimestamp } from "../conntrack/parse.ts";
import { endOf, startOf } from "../conntrack/times.ts";
import { type LogFormat, MALFORMED } from "./log_format.ts";
import { areMost, NO_PROCESS } from "./plain_fields.ts";
import type { Mutable } from "../../lib/mutable.ts";

const NAME = "conntrack";

const EVENTS = { new: "open", dump: "open", update: "update", destroy: "close" } as const;
const PREFIX = idPrefix("line", NAME);

/** A line of conntrack is shorter than 4 KiB; a character of it takes three bytes at most. */
const buffer = new Uint8Array(16_384);
const encoder = new TextEncoder();

/**
 * The same for all events of a flow. Without the kernel's id in the log, flows of the same addresses and
 * ports, one after the other, share it.
 */
function flowId(flow: FlowEvent): string {
  return `${PREFIX}-${flowKey(flow).replace(/[ :]/g, ".")}`;
}

/** Undefined for a time so far away that it is not exact, too. */
function exact(time: number | undefined): number | undefined {
  return Number.isSafeInteger(time) ? time : undefined;
}

function setTimes(record: Mutable<Connection>, flow: FlowEvent): void {
  const start = isPickedUp(flow) ? undefined : exact(startOf(flow, record.time));
  if (start !== undefined) record.start = start;
  const end = flow.event === "destroy" ? exact(endOf(flow, start)) : undefined;
  if (end === undefined) return;
  record.end = end;
  if (start !== undefined) record.durationUs = end - start;
}

/** The record that the collector makes of an event of which it knows no other. */
function recordOf(flow: FlowEvent, time: number): Connection {
  const { original, protocolNumber } = flow;
  const isBegun = !isPickedUp(flow);
  const nat = translation(flow, true);
  const record: Mutable<Connection> = {
    id: flowId(flow),
    event: EVENTS[flow.event],
    time,
    direction: "unknown",
    outcome: outcomeOf(flow),
    protocol: flow.protocol,
    protocolNumber,
    ipVersion: flow.ipVersion,
    local: endpoint(original.src, original.sport, original),
    remote: endpoint(original.dst, original.dport, original),
    attribution: "none",
    attributionReason: NO_PROCESS,
    collector: NAME,
  };
  // Of a flow that was picked up on its way, the first packet may be an answer.
  if (isBegun) record.initiator = "local";
  if (!isBegun || flow.event === "dump") record.preexisting = true;
  if (nat !== undefined) record.nat = nat;
  if (flow.state !== undefined) record.state = flow.state.toLowerCase();
  setTimes(record, flow);
  setCounters(record, flow, true);
  return record;
}

function read(line: string): Connection | typeof MALFORMED | undefined {
  if (line.trim() === "") return undefined;
  const { read, written } = encoder.encodeInto(line, buffer);
  const flow = read === line.length ? parseFlow(buffer, 0, written) : undefined;
  if (flow?.timestampUs === undefined) return MALFORMED;
  return recordOf(flow, flow.timestampUs);
}

function written(line: string): number | undefined {
  const bytes = encoder.encode(line.slice(0, line.indexOf("]") + 1));
  const cursor = new Cursor(bytes, 0, bytes.length);
  const time = readTimestamp(cursor);
  return cursor.bad ? undefined : time;
}

const READER = { read };

/**
 * The format of `conntrack -E -o timestamp`, with any other options but `save` and `xml`. The end that
 * opened the flow is the local one. Each line gives the record that it can give alone.
 *
 * A line without the time of its event cannot be placed: so the lines of `conntrack -L`, and of `-E`
 * without `-o timestamp`, are malformed, also where they say when their flow began. The times that
 * `-o ktimestamp` adds are local, without a zone: they are read in the zone of this process.
 */
export const CONNTRACK_TEXT: LogFormat = {
  name: NAME,
  summary: "conntrack -E -o timestamp",
  recognises: (lines) => areMost(lines, (line) => parseFlowLine(line) !== undefined),
  reader: () => READER,
  written,
  isPrompt: true,
  // Events of several processors: since conntrack 1.4.9 their times are the kernel's.
  disorderUs: 1_000_000,
  seekable: true,
  escapes: [],
  marks: [],
};
