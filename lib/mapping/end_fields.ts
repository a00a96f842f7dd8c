/** Between which ends, as this host sees them and as their packets go. */
import * as cim from "./cim_words.ts";
import type { Connection } from "../connection.ts";
import type { Field } from "./field.ts";
import type { Flow } from "./flow.ts";
import * as ocsf from "./ocsf_words.ts";
import * as zeek from "./zeek_words.ts";

const LOCAL_AND_REMOTE_FIELDS: readonly Field[] = [
  {
    summary: "Address of the end on this host",
    kind: "ip",
    scope: "record",
    value: ({ record }) => record.local.ip,
    cells: { plain: "local_ip" },
  },
  {
    summary: "Port of the end on this host",
    kind: "integer",
    scope: "record",
    value: ({ record }) => record.local.port,
    cells: { plain: "local_port" },
  },
  {
    summary: "Name of the end on this host, where a log has one",
    kind: "text",
    scope: "record",
    value: ({ record }) => record.local.name,
    cells: { plain: "local_name" },
  },
  {
    summary: "Address of the other end",
    kind: "ip",
    scope: "record",
    value: ({ record }) => record.remote?.ip,
    cells: { plain: "remote_ip" },
  },
  {
    summary: "Port of the other end",
    kind: "integer",
    scope: "record",
    value: ({ record }) => record.remote?.port,
    cells: { plain: "remote_port" },
  },
  {
    summary: "Name of the other end",
    kind: "text",
    scope: "record",
    value: ({ record }) => record.remote?.name,
    cells: { plain: "remote_name" },
  },
  {
    summary: "Where the name of the other end comes from",
    kind: "text",
    scope: "record",
    value: ({ record }) => record.remote?.nameSource,
    cells: {
      plain: "remote_name_source",
      ecs: "connscribe.remote.name_source",
      ocsf: "unmapped.remote_name_source",
    },
  },
];

/** What one end is called in the schemas that look from the source to the destination. */
interface EndNames {
  readonly title: string;
  readonly side: "source" | "destination";
  readonly ocsf: string;
  readonly cim: string;
  readonly zeek: string;
  readonly cef: string;
  readonly cefPort: string;
  readonly leef: string;
}

const SOURCE: EndNames = {
  title: "source: the end that opened the connection",
  side: "source",
  ocsf: "src_endpoint",
  cim: "src",
  zeek: "orig",
  cef: "s",
  cefPort: "spt",
  leef: "src",
};

const DESTINATION: EndNames = {
  title: "destination: the end that took the connection, or listens",
  side: "destination",
  ocsf: "dst_endpoint",
  cim: "dest",
  zeek: "resp",
  cef: "d",
  cefPort: "dpt",
  leef: "dst",
};

function isTranslated({ nat }: Connection): boolean {
  return nat !== undefined;
}

function endFields(names: EndNames): readonly Field[] {
  const { title, side } = names;
  const model = names.cim;
  const leefSide = names.leef;
  const nat = (flow: Flow) => flow[side] && flow.record.nat?.[side];
  return [
    {
      summary: `Address of the ${title}`,
      kind: "ip",
      scope: "record",
      value: (flow) => flow[side]?.end.ip,
      cells: {
        ecs: `${side}.ip`,
        ocsf: { name: `${names.ocsf}.ip`, reading: ocsf.ipOf(side) },
        cim: [
          {
            name: model,
            reading: cim.endOf(side),
            note: "else its name, else that of this host, else unknown",
          },
          {
            name: `${model}_ip`,
            reading: cim.ipOf(side),
            note: `only where ${model} is the same`,
          },
        ],
        zeek: `id.${names.zeek}_h`,
        cef: leefSide,
        leef: leefSide,
      },
    },
    {
      summary: `Port of the ${side}`,
      kind: "integer",
      scope: "record",
      value: (flow) => flow[side]?.end.port,
      cells: {
        ecs: `${side}.port`,
        ocsf: `${names.ocsf}.port`,
        cim: side === "source"
          ? { name: "src_port", reading: cim.SOURCE_PORT, note: "0 for a listener" }
          : "dest_port",
        zeek: {
          name: `id.${names.zeek}_p`,
          reading: zeek.portOf(side),
          note: zeek.PORT_NOTES[side],
        },
        cef: names.cefPort,
        leef: `${leefSide}Port`,
      },
    },
    {
      summary: `Name of the ${side}`,
      kind: "text",
      scope: "record",
      value: (flow) => flow[side]?.end.name,
      cells: {
        ecs: `${side}.domain`,
        ocsf: [
          `${names.ocsf}.hostname`,
          {
            name: `${names.ocsf}.name`,
            summary: `What a log has in place of the address of the ${side}`,
            reading: ocsf.endNameOf(side),
            note: "unknown where an address or a name is demanded and there is none",
          },
        ],
        cim: `${model}_host`,
        cef: `${names.cef}host`,
        leef: `${leefSide}Name`,
      },
    },
    {
      summary: `Bytes that the ${side} has sent`,
      kind: "integer",
      scope: "record",
      value: (flow) => flow[side]?.bytes,
      cells: {
        ecs: `${side}.bytes`,
        ocsf: side === "source" ? "traffic.bytes_out" : "traffic.bytes_in",
        zeek: [
          {
            name: `${names.zeek}_bytes`,
            reading: zeek.payloadBytes(side),
            note: "payload; absent where headers of packets are counted",
          },
          {
            name: `${names.zeek}_ip_bytes`,
            reading: zeek.packetBytes(side),
            note: "only where headers of packets are counted",
          },
        ],
        // CEF's `in` is what flows from the source to the destination, whoever looks.
        cef: side === "source" ? "in" : "out",
        leef: `${leefSide}Bytes`,
      },
    },
    {
      summary: `Packets that the ${side} has sent`,
      kind: "integer",
      scope: "record",
      value: (flow) => flow[side]?.packets,
      cells: {
        ecs: `${side}.packets`,
        ocsf: side === "source" ? "traffic.packets_out" : "traffic.packets_in",
        zeek: `${names.zeek}_pkts`,
        leef: `${leefSide}Packets`,
      },
    },
    {
      summary: `Address of the ${side} behind address translation`,
      kind: "ip",
      scope: "record",
      only: isTranslated,
      value: (flow) => nat(flow)?.ip,
      cells: {
        plain: {
          name: `nat_${side}_ip`,
          reading: { kind: "ip", value: ({ record }) => record.nat?.[side]?.ip },
        },
        ecs: `${side}.nat.ip`,
        ocsf: [
          { name: `${names.ocsf}.proxy_endpoint.ip`, reading: ocsf.natIpOf(side) },
          {
            name: `${names.ocsf}.proxy_endpoint.name`,
            summary: "What a log has in place of that address",
            reading: ocsf.natNameOf(side),
          },
        ],
        cim: `${model}_translated_ip`,
        cef: `${side}TranslatedAddress`,
        leef: `${leefSide}PostNAT`,
      },
    },
    {
      summary: `Port of the ${side} behind address translation`,
      kind: "integer",
      scope: "record",
      only: isTranslated,
      value: (flow) => nat(flow)?.port,
      cells: {
        plain: {
          name: `nat_${side}_port`,
          reading: { kind: "integer", value: ({ record }) => record.nat?.[side]?.port },
        },
        ecs: `${side}.nat.port`,
        ocsf: `${names.ocsf}.proxy_endpoint.port`,
        cim: `${model}_translated_port`,
        cef: `${side}TranslatedPort`,
        leef: `${leefSide}PostNATPort`,
      },
    },
  ];
}

/** Rows of the mapping table. */
export const END_FIELDS: readonly Field[] = [
  ...LOCAL_AND_REMOTE_FIELDS,
  ...endFields(SOURCE),
  ...endFields(DESTINATION),
];
