/** How much has gone each way. */
import type { Connection } from "../connection.ts";
import type { Field } from "./field.ts";
import type { Flow } from "./flow.ts";

function sum(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? undefined : a + b;
}

/** Splunk's model takes no sum of 0. */
function positive(sum: number | undefined): number | undefined {
  return sum === 0 ? undefined : sum;
}

/** @param name What the schemas call what is counted. */
function volumeFields(
  title: string,
  name: string,
  received: (record: Connection) => number | undefined,
  sent: (record: Connection) => number | undefined,
): readonly Field[] {
  const both = ({ record }: Flow) => sum(received(record), sent(record));
  return [
    {
      summary: `${title} that this host has received`,
      kind: "integer",
      scope: "record",
      value: ({ record }) => received(record),
      cells: { plain: `${name}_in`, cim: `${name}_in` },
    },
    {
      summary: `${title} that this host has sent`,
      kind: "integer",
      scope: "record",
      value: ({ record }) => sent(record),
      cells: { plain: `${name}_out`, cim: `${name}_out` },
    },
    {
      summary: `${title} in both directions`,
      kind: "integer",
      scope: "record",
      value: both,
      cells: {
        ecs: `network.${name}`,
        ocsf: `traffic.${name}`,
        cim: {
          name,
          reading: { kind: "integer", value: (flow) => positive(both(flow)) },
          note: "only above 0",
        },
      },
    },
  ];
}

/** Rows of the mapping table. */
export const VOLUME_FIELDS: readonly Field[] = [
  ...volumeFields("Bytes", "bytes", ({ bytesIn }) => bytesIn, ({ bytesOut }) => bytesOut),
  ...volumeFields(
    "Packets",
    "packets",
    ({ packetsIn }) => packetsIn,
    ({ packetsOut }) => packetsOut,
  ),
];
