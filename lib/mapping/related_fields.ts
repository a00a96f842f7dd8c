/** What a search looks for in any role: names, addresses, users. */
import { isUnspecified } from "../formats/ecs.ts";
import type { Field } from "./field.ts";

function addressOf(end: { readonly ip?: string } | undefined): string | undefined {
  return end?.ip === undefined || isUnspecified(end.ip) ? undefined : end.ip;
}

/** Each once, of those that are known. */
function known(
  first: string | undefined,
  second: string | undefined,
): readonly string[] | undefined {
  if (first === undefined) return second === undefined ? undefined : [second];
  return second === undefined || second === first ? [first] : [first, second];
}

/** The list, and a text where it is known and not there yet. */
function and(
  list: readonly string[] | undefined,
  text: string | undefined,
): readonly string[] | undefined {
  if (text === undefined || list?.includes(text)) return list;
  return list === undefined ? [text] : list.concat(text);
}

/** Rows of the mapping table. */
export const RELATED_FIELDS: readonly Field[] = [
  {
    summary: "All names of hosts in the record",
    kind: "texts",
    scope: "record",
    value: ({ record: { host, local, remote } }) =>
      and(known(host?.name, remote?.name), local.name),
    cells: { ecs: "related.hosts" },
  },
  {
    summary: "All addresses in the record",
    kind: "texts",
    scope: "record",
    value: ({ record: { local, remote, nat } }) => {
      const ends = known(addressOf(local), addressOf(remote));
      if (nat === undefined) return ends;
      return and(and(ends, addressOf(nat.source)), addressOf(nat.destination));
    },
    cells: { ecs: { name: "related.ip", type: "ip" } },
  },
  {
    summary: "All names of users in the record",
    kind: "texts",
    scope: "process",
    value: ({ record: { process } }) => process?.user === undefined ? undefined : [process.user],
    cells: { ecs: "related.user" },
  },
];
