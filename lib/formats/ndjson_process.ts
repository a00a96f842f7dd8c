/** The process in the format `ndjson`: rendered once for each process, not once for each record. */
import type { ParentProcess, RecordedProcess } from "../connection.ts";
import { isoTime } from "../time.ts";
import { quoteJson } from "./escape.ts";
import { utf8 } from "./json_writer.ts";
import { ProcessCache } from "./process_cache.ts";

/** The parts of a line that tell of the process; each is empty where there is nothing to tell. */
export interface ProcessJson {
  /** `,"process":{…}`, and `user` and `container` where known. */
  readonly ecs: Uint8Array;
  /** Members of `connscribe`: what ECS has no field for. Each begins with a comma. */
  readonly own: Uint8Array;
}

/** How much is remembered, bytes: that of some thousand processes. */
const MOST_REMEMBERED = 4 * 2 ** 20;

const cache = new ProcessCache(render, sizeOf, MOST_REMEMBERED);

/** Renders a process, or gives what was rendered of an equal one before. */
export function processJson(process: RecordedProcess): ProcessJson {
  return cache.get(process);
}

function render(process: RecordedProcess): ProcessJson {
  return { ecs: utf8(ecsFields(process)), own: utf8(ownFields(process)) };
}

/** The cache keeps the process itself, too: it counts as large as its text. */
function sizeOf({ ecs, own }: ProcessJson): number {
  return (ecs.length + own.length) * 2;
}

function userObject(process: RecordedProcess): string | undefined {
  const { uid, user } = process;
  if (uid === undefined) return user === undefined ? undefined : '{"name":' + quoteJson(user) + "}";
  return '{"id":"' + uid + '"' + (user === undefined ? "" : ',"name":' + quoteJson(user)) + "}";
}

/** A member that is an object of members that each begin with a comma; "" where there are none. */
function member(name: string, members: string): string {
  return members === "" ? "" : ',"' + name + '":{' + members.slice(1) + "}";
}

/** Each begins with a comma. */
function parentMembers(parent: ParentProcess): string {
  let json = "";
  if (parent.pid !== undefined) json += ',"pid":' + parent.pid;
  if (parent.start !== undefined) json += ',"start":"' + isoTime(parent.start) + '"';
  if (parent.name !== undefined) json += ',"name":' + quoteJson(parent.name);
  if (parent.executable !== undefined) json += ',"executable":' + quoteJson(parent.executable);
  if (parent.entityId !== undefined) json += ',"entity_id":' + quoteJson(parent.entityId);
  return json;
}

function ecsFields(process: RecordedProcess): string {
  const { pid, start, name, entityId } = process;
  const { executable, commandLine, gid, parent, containerId } = process;
  const user = userObject(process);
  let json = "";
  if (pid !== undefined) json += ',"pid":' + pid;
  if (start !== undefined) json += ',"start":"' + isoTime(start) + '"';
  if (name !== undefined) json += ',"name":' + quoteJson(name);
  if (entityId !== undefined) json += ',"entity_id":' + quoteJson(entityId);
  if (executable !== undefined) json += ',"executable":' + quoteJson(executable);
  if (commandLine !== undefined) {
    json += ',"command_line":' + quoteJson(commandLine.join(" ")) +
      ',"args":[' + commandLine.map(quoteJson).join(",") +
      '],"args_count":' + commandLine.length;
  }
  if (user !== undefined) json += ',"user":' + user;
  if (gid !== undefined) json += ',"group":{"id":"' + gid + '"}';
  if (parent !== undefined) json += member("parent", parentMembers(parent));
  json = member("process", json);
  if (user !== undefined) json += ',"user":' + user;
  if (containerId !== undefined) json += ',"container":{"id":' + quoteJson(containerId) + "}";
  return json;
}

function ownFields(process: RecordedProcess): string {
  const { unit, userUnit, cgroup, commandLineBytes, netns } = process;
  let json = "";
  if (unit !== undefined) json += ',"unit":' + quoteJson(unit);
  if (userUnit !== undefined) json += ',"user_unit":' + quoteJson(userUnit);
  if (cgroup !== undefined) json += ',"cgroup":' + quoteJson(cgroup);
  if (commandLineBytes !== undefined || netns !== undefined) {
    json += ',"process":{' +
      (commandLineBytes === undefined ? "" : '"command_line_bytes":' + commandLineBytes) +
      (commandLineBytes === undefined || netns === undefined ? "" : ",") +
      (netns === undefined ? "" : '"netns":' + netns) + "}";
  }
  return json;
}
