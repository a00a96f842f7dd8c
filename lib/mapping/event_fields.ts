/** What happened, and when. */
import { eventAction, eventOutcome, eventTypes, networkDirection } from "../formats/ecs.ts";
import { eventId } from "../formats/event_id.ts";
import * as cim from "./cim_words.ts";
import type { Field } from "./field.ts";
import type { Connection } from "../connection.ts";
import * as ocsf from "./ocsf_words.ts";
import * as zeek from "./zeek_words.ts";

function knownOutcome({ outcome }: Connection): string | undefined {
  return outcome === "unknown" ? undefined : eventOutcome(outcome);
}

function failure({ outcome }: Connection): string | undefined {
  return eventOutcome(outcome) === "failure" ? outcome : undefined;
}

/** Rows of the mapping table. */
export const EVENT_FIELDS: readonly Field[] = [
  {
    summary: "When the event was observed",
    kind: "time",
    scope: "record",
    value: ({ record }) => record.time,
    cells: {
      plain: "time",
      ecs: "@timestamp",
      ocsf: "time",
      cim: "time",
      cef: "rt",
      leef: { name: "eventTime", note: "the header has devTime and devTimeFormat, milliseconds" },
    },
  },
  {
    summary: "Identity of the event: by it a store tells a repeated record from another one",
    kind: "text",
    scope: "record",
    value: ({ record }) => eventId(record),
    cells: {
      plain: "event_id",
      ecs: "event.id",
      ocsf: "metadata.uid",
      cim: "event_id",
      // externalId takes 40 characters: too few.
      cef: "devicePayloadId",
      leef: "eventId",
    },
  },
  {
    summary: "What happened; a summary stands for several connections",
    kind: "word",
    scope: "words",
    value: ({ record }) => record.event,
    words: ["open", "update", "close", "listen", "summary"],
    cells: {
      plain: "event",
      ecs: [
        "connscribe.event",
        {
          name: "event.action",
          summary: "What happened, in words that published rules match",
          reading: { kind: "word", value: ({ record }) => eventAction(record) },
          note:
            "connection_attempted, connection_accepted, connection_updated, disconnect_received, connection_summary, port_listening, port_closed",
        },
        {
          name: "event.type",
          summary: "What happened, in words of ECS",
          reading: { kind: "texts", value: ({ record }) => eventTypes(record) },
          note: "connection or info, with start, end, allowed, denied",
        },
      ],
      ocsf: [
        { name: "activity_id", reading: ocsf.ACTIVITY, note: ocsf.ACTIVITY_NOTE },
        { name: "type_uid", reading: ocsf.TYPE, note: "class_uid * 100 + activity_id" },
        "unmapped.event",
      ],
      cim: ["event", {
        name: "action",
        reading: cim.ACTION,
        scope: "record",
        note: cim.ACTION_NOTE,
      }],
      zeek: { name: "conn_state", reading: zeek.CONN_STATE, note: zeek.CONN_STATE_NOTE },
      cef: "cat",
      leef: {
        name: "cat",
        reading: { kind: "word", value: ({ record }) => eventAction(record) },
        note: "the words of event.action; the event itself is the EventID of the header",
      },
    },
  },
  {
    summary: "Identity of the connection: the same for all of its events, and again on another run",
    kind: "text",
    scope: "record",
    value: ({ record }) => record.id,
    cells: {
      plain: "connection_id",
      ecs: "connscribe.connection.id",
      ocsf: "connection_info.uid",
      cim: "session_id",
      zeek: "uid",
      cef: "cs6",
      leef: "connectionId",
    },
  },
  {
    summary: "When the connection began, or when it was first seen",
    kind: "time",
    scope: "record",
    value: ({ record }) => record.start,
    cells: {
      plain: "start",
      ecs: "event.start",
      ocsf: "start_time",
      cim: "start",
      zeek: {
        name: "ts",
        reading: { kind: "time", value: ({ record }) => record.start ?? record.time },
        note: "the time of the event where the beginning is not known",
      },
      cef: "start",
      leef: "startTime",
    },
  },
  {
    summary: "When it ended, or when it was first missed",
    kind: "time",
    scope: "record",
    value: ({ record }) => record.end,
    cells: {
      plain: "end",
      ecs: "event.end",
      ocsf: "end_time",
      cim: "end",
      cef: "end",
      leef: "endTime",
    },
  },
  {
    summary: "How long it lasted",
    kind: "duration",
    scope: "record",
    value: ({ record }) => record.durationUs,
    cells: {
      plain: { name: "duration_us", note: "microseconds" },
      ecs: { name: "event.duration", note: "nanoseconds" },
      ocsf: { name: "duration", note: "milliseconds" },
      cim: { name: "duration", note: "seconds" },
      zeek: { name: "duration", note: "seconds" },
      cef: { name: "cn1", note: "microseconds" },
      leef: { name: "duration", note: "seconds" },
    },
  },
  {
    summary: "It was there already when the collector started: its true start is not known",
    kind: "boolean",
    scope: "words",
    value: ({ record }) => record.preexisting,
    cells: {
      plain: "preexisting",
      ecs: "connscribe.preexisting",
      ocsf: "unmapped.preexisting",
      cim: "preexisting",
    },
  },
  {
    summary: "Direction as this host sees it",
    kind: "word",
    scope: "words",
    value: ({ record }) => record.direction,
    words: ["egress", "ingress", "local", "unknown"],
    cells: {
      plain: "direction",
      ecs: [
        "connscribe.direction",
        {
          name: "network.direction",
          reading: { kind: "word", value: ({ record }) => networkDirection(record) },
          words: ["egress", "ingress", "internal"],
          note: "absent where it is unknown",
        },
      ],
      ocsf: [
        {
          name: "connection_info.direction_id",
          reading: ocsf.DIRECTION,
          note: ocsf.DIRECTION_NOTE,
        },
        {
          name: "observation_point_id",
          summary: "Which end is on this host",
          reading: ocsf.OBSERVATION_POINT,
          note: ocsf.OBSERVATION_POINT_NOTE,
        },
        "unmapped.direction",
      ],
      cim: { name: "direction", reading: cim.DIRECTION, note: "outbound, inbound" },
      zeek: [
        {
          name: "local_orig",
          reading: { kind: "boolean", value: zeek.isLocalOriginator },
          note: "T, F",
        },
        {
          name: "local_resp",
          reading: { kind: "boolean", value: zeek.isLocalResponder },
          note: "T, F",
        },
      ],
      cef: {
        name: "deviceDirection",
        reading: {
          kind: "integer",
          value: ({ record }) =>
            record.direction === "egress" ? 1 : record.direction === "ingress" ? 0 : undefined,
        },
        note: "0 ingress, 1 egress",
      },
      leef: "direction",
    },
  },
  {
    summary: "Which end opened the connection",
    kind: "word",
    scope: "words",
    value: ({ record }) => record.initiator,
    words: ["local", "remote"],
    cells: {
      plain: "initiator",
      ecs: "connscribe.initiator",
      ocsf: [
        {
          name: "is_src_dst_assignment_known",
          summary: "Whether the source is known to have opened the connection",
          reading: ocsf.ASSIGNMENT,
          note: "absent of listeners",
        },
        "unmapped.initiator",
      ],
      cim: "initiator",
    },
  },
  {
    summary: "How the attempt to connect ended",
    kind: "word",
    scope: "words",
    value: ({ record }) => record.outcome,
    words: [
      "established",
      "refused",
      "reset",
      "timeout",
      "unreachable",
      "denied",
      "unknown",
    ],
    cells: {
      plain: "outcome",
      ecs: [
        "connscribe.outcome",
        {
          name: "event.outcome",
          reading: { kind: "word", value: ({ record }) => eventOutcome(record.outcome) },
          words: ["success", "failure", "unknown"],
        },
      ],
      ocsf: [
        { name: "status_id", reading: ocsf.STATUS, note: "0 unknown, 1 success, 2 failure" },
        "status_detail",
        {
          name: "action_id",
          summary: "That it was denied",
          reading: ocsf.ACTION,
          scope: "record",
          note: "2 Denied; else absent",
        },
        {
          name: "disposition_id",
          summary: "That it was denied",
          reading: ocsf.ACTION,
          scope: "record",
          note: "2 Blocked; else absent",
        },
      ],
      cim: "outcome",
      cef: [
        {
          name: "outcome",
          reading: { kind: "word", value: ({ record }) => knownOutcome(record) },
          note: "success, failure",
        },
        {
          name: "reason",
          reading: { kind: "word", value: (flow) => failure(flow.record) },
          note: "of a failure",
        },
        { name: "act", reading: cim.ACTION, scope: "record", note: cim.ACTION_NOTE },
      ],
      leef: ["outcome", {
        name: "action",
        reading: cim.ACTION,
        scope: "record",
        note: cim.ACTION_NOTE,
      }],
    },
  },
  {
    summary: "State of the socket in lower case, as RFC 9293 names them",
    kind: "text",
    scope: "words",
    value: ({ record }) => record.state,
    cells: {
      plain: "state",
      ecs: "connscribe.state",
      ocsf: "unmapped.state",
      cim: { name: "state", reading: cim.STATE, note: "listen of a listener without one" },
      leef: "state",
    },
  },
];
