/** Which protocol, and by what other sensors know the connection. */
import { communityId } from "../community_id.ts";
import type { Connection } from "../connection.ts";
import * as cim from "./cim_words.ts";
import type { Field } from "./field.ts";
import type { Flow } from "./flow.ts";
import * as zeek from "./zeek_words.ts";

const IP_FIELDS: readonly Field[] = [
  {
    summary: "Protocol: the keyword of IANA in lower case, or its number",
    kind: "text",
    scope: "words",
    value: ({ record }) => record.protocol,
    cells: {
      plain: "protocol",
      ecs: "network.transport",
      ocsf: "connection_info.protocol_name",
      cim: [
        {
          name: "transport",
          reading: cim.TRANSPORT,
          note: "icmp also of IPv6; unknown where it is not known",
        },
        {
          name: "protocol",
          summary: "Protocol of the layer below, as the model has it",
          reading: cim.PROTOCOL,
          note: "ip, icmp",
        },
        {
          name: "transport_dest_port",
          summary: "Protocol and port of a listener",
          reading: cim.TRANSPORT_PORT,
          scope: "record",
          note: "transport/dest_port",
        },
      ],
      zeek: { name: "proto", reading: zeek.PROTO, note: zeek.PROTO_NOTE },
      cef: "proto",
      leef: "proto",
    },
  },
  {
    summary: "Number of the protocol, as IANA assigns it",
    kind: "integer",
    scope: "words",
    value: ({ record }) => record.protocolNumber,
    cells: {
      plain: "protocol_number",
      ecs: {
        name: "network.iana_number",
        reading: {
          kind: "word",
          value: ({ record: { protocolNumber } }) =>
            protocolNumber === undefined ? undefined : String(protocolNumber),
        },
        note: "as text",
      },
      ocsf: "connection_info.protocol_num",
      zeek: "ip_proto",
    },
  },
  {
    summary: "Version of IP: 4 or 6",
    kind: "integer",
    scope: "words",
    value: ({ record }) => record.ipVersion,
    cells: {
      plain: "ip_version",
      ecs: {
        name: "network.type",
        reading: { kind: "word", value: ipWord },
        words: ["ipv4", "ipv6"],
      },
      ocsf: "connection_info.protocol_ver_id",
      cim: {
        name: "protocol_version",
        reading: { kind: "word", value: ipWord },
        note: "ipv4, ipv6",
      },
    },
  },
];

function ipWord({ record: { ipVersion } }: Flow): string | undefined {
  return ipVersion === undefined ? undefined : `ipv${ipVersion}`;
}

function isIcmp({ icmp }: Connection): boolean {
  return icmp !== undefined;
}

const ICMP_FIELDS: readonly Field[] = [
  {
    summary: "Type of the ICMP or ICMPv6 message that began it",
    kind: "integer",
    scope: "record",
    only: isIcmp,
    value: ({ record }) => record.icmp?.type,
    cells: {
      plain: "icmp_type",
      ecs: "connscribe.icmp.type",
      ocsf: "unmapped.icmp_type",
      cim: "icmp_type",
    },
  },
  {
    summary: "Code of that message",
    kind: "integer",
    scope: "record",
    only: isIcmp,
    value: ({ record }) => record.icmp?.code,
    cells: { plain: "icmp_code", ecs: "connscribe.icmp.code", ocsf: "unmapped.icmp_code" },
  },
];

const APPLICATION_FIELD: Field = {
  summary: "Protocol of the application, where a log tells: http, dns",
  kind: "text",
  scope: "words",
  value: ({ record }) => record.application,
  cells: {
    plain: "application",
    ecs: "network.protocol",
    ocsf: "app_protocol_name",
    cim: "app_protocol",
    zeek: { name: "service", note: "several apart by commas" },
    cef: "app",
    leef: "application",
  },
};

const COMMUNITY_ID_FIELDS: readonly Field[] = [
  {
    summary: "Community ID v1: by it other sensors know the same connection",
    kind: "identity",
    scope: "record",
    value: ({ record, seed }) => {
      if (seed === undefined) return undefined;
      const told = record.communityId;
      return told === undefined ? communityId(record, seed) : { begin: told, end: "" };
    },
    cells: {
      plain: "community_id",
      ecs: "network.community_id",
      ocsf: "connection_info.community_uid",
      cim: "community_id",
      zeek: "community_id",
      cef: "cs4",
      leef: "communityId",
    },
  },
];

/** Rows of the mapping table. */
export const PROTOCOL_FIELDS: readonly Field[] = [
  ...IP_FIELDS,
  ...ICMP_FIELDS,
  APPLICATION_FIELD,
  ...COMMUNITY_ID_FIELDS,
];
