/** Which socket and which host it is of, and who says so. */
import * as cim from "./cim_words.ts";
import type { Field, Reading } from "./field.ts";
import * as ocsf from "./ocsf_words.ts";
import { ECS_VERSION } from "../formats/ecs.ts";
import { VERSION } from "../version.ts";
import { SOCKET_TYPES } from "../record_words.ts";

const SOCKET_FIELDS: readonly Field[] = [
  {
    summary: "Inode number of the network namespace that holds the socket",
    kind: "integer",
    value: ({ record }) => record.netns,
    scope: "record",
    cells: { plain: "netns", ecs: "connscribe.netns", ocsf: "unmapped.netns" },
  },
  {
    summary: "Type of the socket",
    kind: "word",
    value: ({ record }) => record.socket?.type,
    words: SOCKET_TYPES,
    scope: "words",
    cells: {
      plain: "socket_type",
      ecs: "connscribe.socket.type",
      ocsf: "unmapped.socket_type",
    },
  },
  {
    summary: "Inode number of the socket",
    kind: "integer",
    value: ({ record }) => record.socket?.inode,
    scope: "record",
    cells: {
      plain: "socket_inode",
      ecs: "connscribe.socket.inode",
      ocsf: "unmapped.socket_inode",
    },
  },
  {
    summary: "Id of the user that owns the socket",
    kind: "integer",
    value: ({ record }) => record.socket?.uid,
    scope: "record",
    cells: { plain: "socket_uid", ecs: "connscribe.socket.uid", ocsf: "unmapped.socket_uid" },
  },
];

const HOST_FIELDS: readonly Field[] = [
  {
    summary: "Name of the collector that saw it",
    kind: "text",
    value: ({ record }) => record.collector,
    scope: "words",
    cells: {
      plain: "collector",
      ecs: "connscribe.collector",
      ocsf: "metadata.source",
      cim: "collector",
      leef: "collector",
    },
  },
  {
    summary: "Id of the host, derived from its machine id",
    kind: "text",
    value: ({ record }) => record.host?.id,
    scope: "host",
    cells: {
      plain: "host_id",
      ecs: "host.id",
      ocsf: [
        "device.uid",
        {
          name: "device.type_id",
          summary: "What kind of machine it is: the schema demands it",
          reading: {
            kind: "integer",
            value: ({ record: { host } }) => host === undefined ? undefined : 0,
          },
          note: "0 Unknown",
        },
      ],
      cim: "dvc_id",
      zeek: "agent_uuid",
      cef: "deviceExternalId",
      leef: "hostId",
    },
  },
  {
    summary: "Name of the host",
    kind: "text",
    value: ({ record }) => record.host?.name,
    scope: "host",
    cells: {
      plain: "host_name",
      ecs: "host.name",
      ocsf: "device.hostname",
      cim: {
        name: "dvc",
        reading: { kind: "text", value: ({ record }) => record.host?.name || cim.UNKNOWN },
        note: "unknown where it is not known",
      },
      zeek: "agent_hostname",
      cef: "dvchost",
      leef: "resource",
    },
  },
];

const OS_FIELDS: readonly Field[] = [
  {
    summary: "Operating system of the host: linux, macos",
    kind: "text",
    value: ({ record }) => record.host?.os,
    scope: "host",
    cells: {
      plain: "host_os",
      ecs: "host.os.type",
      ocsf: [
        "device.os.name",
        {
          name: "device.os.type_id",
          reading: {
            kind: "integer",
            value: ({ record: { host } }) => ocsf.systemOf(host?.os),
          },
          note: "200 Linux, 300 macOS, 99 Other",
        },
      ],
    },
  },
];

function constant(
  schema: "ecs" | "ocsf" | "cim" | "zeek",
  name: string,
  value: string | number,
): Field {
  const reading: Reading = typeof value === "number"
    ? { kind: "integer", value: () => value }
    : { kind: "word", value: () => value };
  return {
    ...reading,
    summary: "The same in every record",
    scope: "program",
    cells: { [schema]: { name, note: String(value) } },
  };
}

const PROGRAM_FIELDS: readonly Field[] = [
  constant("ecs", "ecs.version", ECS_VERSION),
  {
    kind: "texts",
    value: () => ["network"],
    summary: "The same in every record",
    scope: "program",
    cells: { ecs: { name: "event.category", note: "network" } },
  },
  constant("ecs", "event.dataset", "connscribe.connection"),
  constant("ecs", "event.module", "connscribe"),
  constant("ocsf", "metadata.version", ocsf.OCSF_VERSION),
  constant("ocsf", "metadata.product.name", "connscribe"),
  constant("ocsf", "metadata.product.vendor_name", "connscribe"),
  constant("ocsf", "metadata.product.version", VERSION),
  constant("ocsf", "category_uid", 4),
  constant("ocsf", "class_uid", ocsf.NETWORK_ACTIVITY),
  {
    ...ocsf.PROFILES_USED,
    summary: "Profiles of the schema whose attributes the record has",
    scope: "record",
    cells: {
      ocsf: { name: "metadata.profiles", note: "host, with container, security_control" },
    },
  },
  constant("cim", "vendor_product", "connscribe"),
  constant("zeek", "_path", "conn"),
];

/** Rows of the mapping table. */
export const ORIGIN_FIELDS: readonly Field[] = [
  ...SOCKET_FIELDS,
  ...HOST_FIELDS,
  ...OS_FIELDS,
  ...PROGRAM_FIELDS,
];
