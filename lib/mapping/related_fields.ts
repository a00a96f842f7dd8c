/** What a search looks for in any role: names, addresses, users. */
import { isUnspecified } from "../formats/ecs.ts";
import type { Field } from "./field.ts";

function addressOf(end: { readonly ip?: string } | undefined): string | undefined {
  return end?.ip === undefined || isUnspecified(end.ip) ? undefined : end.ip;
}

/** Each once, of those that are known. */
function known(texts: readonly (string | undefined)[]): readonly string[] | undefined {
  let list: string[] | undefined;
  for (const [i, text] of texts.entries()) {
    if (text === undefined || texts.indexOf(text) < i) continue;
    if (list === undefined) list = [text];
    else list.push(text);
  }
  return list;
}

/** Rows of the mapping table. */
export const RELATED_FIELDS: readonly Field[] = [
  {
    summary: "All names of hosts in the record",
    kind: "texts",
    scope: "record",
    value: ({ record: { host, local, remote } }) => known([host?.name, local.name, remote?.name]),
    cells: { ecs: "related.hosts" },
  },
  {
    summary: "All addresses in the record",
    kind: "texts",
    scope: "record",
    value: ({ record: { local, remote, nat } }) =>
      known([local, remote, nat?.source, nat?.destination].map(addressOf)),
    cells: { ecs: { name: "related.ip", type: "ip" } },
  },
  {
    summary: "All names of users in the record",
    kind: "texts",
    scope: "record",
    value: ({ record: { process } }) => process?.user === undefined ? undefined : [process.user],
    cells: { ecs: "related.user" },
  },
];
