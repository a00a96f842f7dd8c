/** What a record is in the words of Splunk's Common Information Model (Network Traffic, Endpoint.Ports). */
import type { Connection } from "../connection.ts";
import { isDenied } from "../denied.ts";
import { isUnspecified } from "../formats/ecs.ts";
import type { Cell, Reading } from "./field.ts";
import type { Flow } from "./flow.ts";

/** The model's word for what is not known, where it demands a value. */
export const UNKNOWN = "unknown";

/** Whether the record is one of Endpoint.Ports: a socket that waits, or has waited, for others. */
function isPort({ event, remote }: Connection): boolean {
  return event === "listen" || (event === "close" && remote === undefined);
}

function action(record: Connection): string {
  if (isDenied(record)) return "blocked";
  switch (record.event) {
    case "open":
    case "listen":
      return "allowed";
    case "close":
      return "teardown";
    case "update":
    case "summary":
      return "flow";
  }
}

/** `action`, by whatever name a schema calls it. */
export function actionCell(name: string): Cell {
  return {
    name,
    summary: "What was done with the connection",
    reading: { kind: "word", value: ({ record }) => action(record) },
    scope: "record",
    note:
      "blocked where it was denied; else allowed of open and listen, teardown of close, flow of others",
  };
}

/** `direction`. */
export const DIRECTION: Reading = {
  kind: "word",
  value: ({ record: { direction } }) =>
    direction === "egress" ? "outbound" : direction === "ingress" ? "inbound" : undefined,
};

/** The model knows tcp, udp and icmp, whatever the version of IP is. */
function transport({ protocol }: Connection): string {
  return protocol === "ipv6-icmp" ? "icmp" : protocol || UNKNOWN;
}

/** `transport`. */
export const TRANSPORT: Reading = { kind: "text", value: ({ record }) => transport(record) };

/** What the model calls the layer below `transport`. */
export const PROTOCOL: Reading = {
  kind: "word",
  value: ({ record }) => {
    if (record.protocol === undefined) return undefined;
    return transport(record) === "icmp" ? "icmp" : "ip";
  },
};

/** Of a listener: `tcp/22`. */
export const TRANSPORT_PORT: Reading = {
  kind: "text",
  value: ({ record }) =>
    isPort(record) && record.local.port !== undefined
      ? `${transport(record)}/${record.local.port}`
      : undefined,
};

/** `state`, of listeners. */
export const STATE: Reading = {
  kind: "text",
  value: ({ record: { state, event } }) => state || (event === "listen" ? "listen" : undefined),
};

/** An address: a log of another program may have anything in its place. */
const ADDRESS = /^(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-f]*:[0-9a-f:.]+)$/;

/** The address of an end, if that names one. */
function addressOf(flow: Flow, side: "source" | "destination"): string | undefined {
  const ip = flow[side]?.end.ip;
  return ip !== undefined && !isUnspecified(ip) && ADDRESS.test(ip) ? ip : undefined;
}

function endName(flow: Flow, side: "source" | "destination"): string {
  const address = addressOf(flow, side);
  if (address !== undefined) return address;
  const end = flow[side]?.end;
  const host = end === flow.record.local ? flow.record.host?.name : undefined;
  return end?.name || host || UNKNOWN;
}

/** An end: its address, else its name, else that of this host, if it is its own. */
export function endOf(side: "source" | "destination"): Reading {
  return { kind: "text", value: (flow) => endName(flow, side) };
}

/** The address of an end: valid only where {@linkcode endOf} says the same. */
export function ipOf(side: "source" | "destination"): Reading {
  return { kind: "ip", value: (flow) => addressOf(flow, side) };
}

/** A listener has to have a source port: that of nobody. */
export const SOURCE_PORT: Reading = {
  kind: "integer",
  value: ({ record, source }) => source?.end.port ?? (isPort(record) ? 0 : undefined),
};

/** `rule`. */
export const RULES: Reading = {
  kind: "text",
  value: ({ record }) => record.noteworthy?.map(({ rule }) => rule).join(", "),
};

/** `reason`. */
export const REASONS: Reading = {
  kind: "text",
  value: ({ record }) => record.noteworthy?.map(({ reason }) => reason).join(", "),
};
