/** Who connects to whom, and how that goes. */
import type { Connection } from "../connection.ts";
import { eventOutcome, networkDirection } from "../formats/ecs.ts";
import * as cim from "./cim_words.ts";
import type { Field } from "./field.ts";
import * as ocsf from "./ocsf_words.ts";
import * as zeek from "./zeek_words.ts";
import { DIRECTIONS, INITIATORS, OUTCOMES } from "../record_words.ts";

function knownOutcome({ outcome }: Connection): string | undefined {
  return outcome === "unknown" ? undefined : eventOutcome(outcome);
}

function failure({ outcome }: Connection): string | undefined {
  return eventOutcome(outcome) === "failure" ? outcome : undefined;
}

/** Rows of the mapping table. */
export const COURSE_FIELDS: readonly Field[] = [
  {
    summary: "Direction as this host sees it",
    kind: "word",
    scope: "words",
    value: ({ record }) => record.direction,
    words: DIRECTIONS,
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
          summary: "Whether the source is on this host",
          reading: { kind: "boolean", value: zeek.isLocalOriginator },
          note: "T, F",
        },
        {
          name: "local_resp",
          summary: "Whether the destination is on this host",
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
    words: INITIATORS,
    cells: {
      plain: "initiator",
      ecs: "connscribe.initiator",
      ocsf: [
        {
          name: "is_src_dst_assignment_known",
          summary: "Whether the source is known to have opened the connection",
          reading: ocsf.ASSIGNMENT,
          note: "absent for listeners",
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
    words: OUTCOMES,
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
        { name: "status_id", reading: ocsf.STATUS, note: "0 Unknown, 1 Success, 2 Failure" },
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
          summary: "Why the attempt to connect failed",
          reading: { kind: "word", value: (flow) => failure(flow.record) },
          note: "refused, reset, timeout, unreachable, denied",
        },
        cim.actionCell("act"),
      ],
      leef: ["outcome", cim.actionCell("action")],
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
      cim: { name: "state", reading: cim.STATE, note: "listen for a listener without one" },
      leef: "state",
    },
  },
];
