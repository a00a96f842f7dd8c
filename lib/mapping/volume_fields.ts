/** How much has gone each way. */
import type { Field } from "./field.ts";

function sum(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? undefined : a + b;
}

/** Splunk's model takes no sum of 0. */
function positive(sum: number | undefined): number | undefined {
  return sum === 0 ? undefined : sum;
}

/** Rows of the mapping table. */
export const VOLUME_FIELDS: readonly Field[] = [
  {
    summary: "Bytes that this host has received",
    kind: "integer",
    scope: "record",
    value: ({ record }) => record.bytesIn,
    cells: { plain: "bytes_in", cim: "bytes_in" },
  },
  {
    summary: "Bytes that this host has sent",
    kind: "integer",
    scope: "record",
    value: ({ record }) => record.bytesOut,
    cells: { plain: "bytes_out", cim: "bytes_out" },
  },
  {
    summary: "Bytes in both directions",
    kind: "integer",
    scope: "record",
    value: ({ record }) => sum(record.bytesIn, record.bytesOut),
    cells: {
      ecs: "network.bytes",
      ocsf: "traffic.bytes",
      cim: {
        name: "bytes",
        reading: {
          kind: "integer",
          value: ({ record }) => positive(sum(record.bytesIn, record.bytesOut)),
        },
        note: "only above 0",
      },
    },
  },
  {
    summary: "Packets that this host has received",
    kind: "integer",
    scope: "record",
    value: ({ record }) => record.packetsIn,
    cells: { plain: "packets_in", cim: "packets_in" },
  },
  {
    summary: "Packets that this host has sent",
    kind: "integer",
    scope: "record",
    value: ({ record }) => record.packetsOut,
    cells: { plain: "packets_out", cim: "packets_out" },
  },
  {
    summary: "Packets in both directions",
    kind: "integer",
    scope: "record",
    value: ({ record }) => sum(record.packetsIn, record.packetsOut),
    cells: {
      ecs: "network.packets",
      ocsf: "traffic.packets",
      cim: {
        name: "packets",
        reading: {
          kind: "integer",
          value: ({ record }) => positive(sum(record.packetsIn, record.packetsOut)),
        },
        note: "only above 0",
      },
    },
  },
];
