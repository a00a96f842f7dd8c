/** The process of an object of the format `ndjson`: what lib/formats/ndjson_process.ts writes, read. */
import type { ParentProcess, RecordedProcess } from "../../lib/connection.ts";
import {
  countOf,
  digitsOf,
  type Fields,
  fieldsOf,
  listOf,
  put,
  textOf,
  timeOf,
} from "./checked.ts";
import type { Mutable } from "../../lib/mutable.ts";

function parentOf(fields: Fields): ParentProcess {
  const parent: Mutable<ParentProcess> = {};
  put(parent, "pid", countOf(fields["pid"]));
  put(parent, "start", timeOf(fields["start"]));
  put(parent, "name", textOf(fields["name"]));
  put(parent, "executable", textOf(fields["executable"]));
  put(parent, "entityId", textOf(fields["entity_id"]));
  return parent;
}

function putEcs(process: Mutable<RecordedProcess>, fields: Fields): void {
  put(process, "pid", countOf(fields["pid"]));
  put(process, "start", timeOf(fields["start"]));
  put(process, "name", textOf(fields["name"]));
  put(process, "entityId", textOf(fields["entity_id"]));
  put(process, "executable", textOf(fields["executable"]));
  put(process, "commandLine", listOf(fields["args"], textOf));
  const user = fieldsOf(fields["user"]);
  const parent = fieldsOf(fields["parent"]);
  if (user !== undefined) {
    put(process, "uid", digitsOf(user["id"]));
    put(process, "user", textOf(user["name"]));
  }
  put(process, "gid", digitsOf(fieldsOf(fields["group"])?.["id"]));
  if (parent !== undefined) process.parent = parentOf(parent);
}

/**
 * The process; undefined where nothing is told of one.
 *
 * @param own What stands in the object under `connscribe`.
 * @throws {TypeError} If a value is not what it should be.
 */
export function recordedProcess(object: Fields, own: Fields): RecordedProcess | undefined {
  const process: Mutable<RecordedProcess> = {};
  const fields = fieldsOf(object["process"]);
  const more = fieldsOf(own["process"]);
  if (fields !== undefined) putEcs(process, fields);
  put(process, "containerId", textOf(fieldsOf(object["container"])?.["id"]));
  put(process, "unit", textOf(own["unit"]));
  put(process, "userUnit", textOf(own["user_unit"]));
  put(process, "cgroup", textOf(own["cgroup"]));
  if (more !== undefined) {
    put(process, "commandLineBytes", countOf(more["command_line_bytes"]));
    put(process, "netns", countOf(more["netns"]));
  }
  for (const _name in process) return process;
  return undefined;
}
