/** What a search looks for in any role, `related`, in the format `ndjson`: names, addresses, users. */
import type { Connection } from "../connection.ts";
import { isUnspecified } from "./ecs.ts";
import { type JsonWriter, memberName, utf8 } from "./json_writer.ts";

const RELATED = memberName("related", "{");
const HOSTS = memberName("hosts", "[");
const IPS = memberName("ip", "[");
const USERS = memberName("user", "[");
const COMMA = utf8(",");
const LIST_END = utf8("]");

/** Writes those that are known as one list, each once. */
function writeList(to: JsonWriter, name: Uint8Array, texts: readonly (string | undefined)[]): void {
  let isBegun = false;
  for (let i = 0; i < texts.length; i++) {
    const text = texts[i];
    if (text === undefined || texts.indexOf(text) < i) continue;
    if (isBegun) to.json(COMMA);
    else to.member(name);
    to.quoted(text);
    isBegun = true;
  }
  if (isBegun) to.json(LIST_END);
}

function addressOf(end: { readonly ip?: string } | undefined): string | undefined {
  return end?.ip === undefined || isUnspecified(end.ip) ? undefined : end.ip;
}

/** The member `related`, where something is known of it. */
export function writeRelated(to: JsonWriter, connection: Connection): void {
  const { local, remote, nat, process, host } = connection;
  const begun = to.end;
  to.member(RELATED);
  writeList(to, HOSTS, [host?.name, local.name, remote?.name]);
  writeList(
    to,
    IPS,
    nat === undefined
      ? [addressOf(local), addressOf(remote)]
      : [local, remote, nat.source, nat.destination].map(addressOf),
  );
  if (process?.user !== undefined) {
    to.member(USERS);
    to.quoted(process.user);
    to.json(LIST_END);
  }
  to.closeUnlessEmpty(begun);
}
