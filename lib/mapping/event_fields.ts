/** What happened, and when. */
import { eventAction, eventTypes } from "../formats/ecs.ts";
import { eventId } from "../formats/event_id.ts";
import * as cim from "./cim_words.ts";
import type { Field } from "./field.ts";
import * as ocsf from "./ocsf_words.ts";
import * as zeek from "./zeek_words.ts";
import { EVENTS } from "../record_words.ts";

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
    kind: "identity",
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
    words: EVENTS,
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
      cim: ["event", cim.actionCell("action")],
      zeek: {
        name: "conn_state",
        summary: "State of the connection, as Zeek names it",
        reading: zeek.CONN_STATE,
        note: zeek.CONN_STATE_NOTE,
      },
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
];
