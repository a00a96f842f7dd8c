/**
 * What a record is in the numbers of OCSF (class 4001, Network Activity), and what its objects demand.
 * Sources: ocsf/ocsf-schema, the parts of it in `fixtures/ocsf/`.
 */
import type { Connection, ParentProcess, RecordedProcess } from "../connection.ts";
import { isDenied } from "../denied.ts";
import { isIp } from "../ip.ts";
import type { Reading } from "./field.ts";
import type { Flow } from "./flow.ts";

/**
 * `metadata.version`: the newest version of which everything is used rightly. 1.7.0 was the first with the
 * direction `Local`, 1.8.0 the first with `app_protocol_name`. 1.9.0 takes `start_time`, `end_time` and
 * `duration` away from events that are not aggregates.
 */
export const OCSF_VERSION = "1.8.0";

/** Network Activity: class `network_activity`. */
export const NETWORK_ACTIVITY = 4001;

/** The word for what is not known, where an object demands one of its names. */
const UNKNOWN = "unknown";

function integer(value: (flow: Flow) => number | undefined): Reading {
  return { kind: "integer", value };
}

function text(value: (flow: Flow) => string | undefined): Reading {
  return { kind: "text", value };
}

function activity(record: Connection): number {
  const { event, outcome } = record;
  switch (event) {
    case "listen":
      return 7;
    case "update":
    case "summary":
      return 6;
    case "open":
    case "close":
      break;
  }
  if (outcome === "refused" || outcome === "denied") return 5;
  if (outcome === "timeout" || outcome === "unreachable") return 4;
  if (event === "open") return outcome === "reset" ? 4 : 1;
  return outcome === "reset" ? 3 : 2;
}

/** `activity_id`. */
export const ACTIVITY = integer(({ record }) => activity(record));

/** What {@linkcode ACTIVITY} may be. */
export const ACTIVITY_NOTE = "1 Open, 2 Close, 3 Reset, 4 Fail, 5 Refuse, 6 Traffic, 7 Listen";

/** `type_uid`. */
export const TYPE = integer(({ record }) => NETWORK_ACTIVITY * 100 + activity(record));

const DIRECTIONS: Readonly<Record<Connection["direction"], number>> = {
  unknown: 0,
  ingress: 1,
  egress: 2,
  local: 4,
};

/** `connection_info.direction_id`. */
export const DIRECTION = integer(({ record }) => DIRECTIONS[record.direction]);

/** What {@linkcode DIRECTION} may be. */
export const DIRECTION_NOTE = "0 Unknown, 1 Inbound, 2 Outbound, 4 Local";

/** Which end is on this host. */
export const OBSERVATION_POINT = integer(({ record: { direction }, isFromHere }) =>
  direction === "local" ? 4 : isFromHere ? 1 : 2
);

/** What `observation_point_id` may be. */
export const OBSERVATION_POINT_NOTE = "1 Source, 2 Destination, 4 Both";

/** Whether the source is known to have opened the connection; a listener has no source. */
export const ASSIGNMENT: Reading = {
  kind: "boolean",
  value: ({ record: { initiator, remote } }) =>
    remote === undefined ? undefined : initiator !== undefined,
};

/** `status_id`. */
export const STATUS = integer(({ record: { outcome } }) =>
  outcome === "unknown" ? 0 : outcome === "established" ? 1 : 2
);

/** Denied, Blocked: attributes of the profile `security_control`. */
export const ACTION = integer(({ record }) => isDenied(record) ? 2 : undefined);

/** Low: "The user decides if action is needed". */
export const SEVERITY = integer(({ record: { noteworthy } }) => noteworthy?.length ? 2 : 1);

const PROFILES = ["host"];
const PROFILES_OF_CONTAINER = ["host", "container"];
const PROFILES_OF_DENIED = ["host", "security_control"];
const ALL_PROFILES = ["host", "container", "security_control"];

/** Those whose attributes the record has. */
export const PROFILES_USED: Reading = {
  kind: "texts",
  value: ({ record }) => {
    const isOfContainer = record.process?.containerId !== undefined;
    if (isDenied(record)) return isOfContainer ? ALL_PROFILES : PROFILES_OF_DENIED;
    return isOfContainer ? PROFILES_OF_CONTAINER : PROFILES;
  },
};

type Side = "source" | "destination";

/** What was asked for last: of an end it is asked several times, one after the other. */
let latest = "";
let isLatestAddress = false;

/** OCSF checks that an address is one. */
function addressOf(ip: string | undefined): string | undefined {
  if (ip === undefined) return undefined;
  if (ip !== latest) {
    latest = ip;
    isLatestAddress = isIp(ip);
  }
  return isLatestAddress ? ip : undefined;
}

function notAddress(ip: string | undefined): string | undefined {
  return addressOf(ip) === undefined ? ip : undefined;
}

/** The address of an end. */
export function ipOf(side: Side): Reading {
  return { kind: "ip", value: (flow) => addressOf(flow[side]?.end.ip) };
}

/** The address of an end behind address translation. */
export function natIpOf(side: Side): Reading {
  return { kind: "ip", value: (flow) => flow[side] && addressOf(flow.record.nat?.[side]?.ip) };
}

/** What stands in the place of that address and is none. */
export function natNameOf(side: Side): Reading {
  return text((flow) => notAddress(flow[side] && flow.record.nat?.[side]?.ip));
}

/** Whether anything is known of an end, or behind it. */
function isKnown(flow: Flow, side: Side): boolean {
  const end = flow[side]?.end;
  if (end === undefined) return false;
  const { ip, port, name } = end;
  return ip !== undefined || port !== undefined || name !== undefined ||
    flow.record.nat?.[side] !== undefined;
}

/**
 * What stands in the place of an address and is none. The class demands one of the ends, and an end an address
 * or a name: `unknown` where there is neither.
 */
export function endNameOf(side: Side): Reading {
  const other = side === "source" ? "destination" : "source";
  return text((flow) => {
    const end = flow[side]?.end;
    if (end?.ip !== undefined) return notAddress(end.ip);
    if (end?.name !== undefined) return undefined;
    if (isKnown(flow, side)) return UNKNOWN;
    const isHere = flow.isFromHere === (side === "source");
    return isHere && !isKnown(flow, other) ? UNKNOWN : undefined;
  });
}

/** What tells a process from others: an object `process` demands this or its id. */
export function processUid(
  process: RecordedProcess | ParentProcess | undefined,
): string | undefined {
  if (process === undefined) return undefined;
  const { entityId, pid, executable, name } = process;
  if (entityId !== undefined || pid !== undefined) return entityId;
  return executable ?? name ?? UNKNOWN;
}

/** What `actor.process.uid` is where there is no identity. */
export const PROCESS_UID_NOTE = "without a pid else its executable, else its name: one is demanded";

/** `type_id` of a file: Regular File, which says nothing of whether it is executable. */
export const REGULAR_FILE = 1;

/** `type_id` of operating systems. */
const SYSTEMS: Readonly<Record<string, number>> = { linux: 200, macos: 300 };

/** `type_id` of an operating system; Other where OCSF has no number for it. */
export function systemOf(os: string | undefined): number | undefined {
  if (os === undefined) return undefined;
  return Object.hasOwn(SYSTEMS, os) ? SYSTEMS[os] : 99;
}
