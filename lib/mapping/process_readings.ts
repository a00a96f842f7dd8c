/** What is read of the process of a record. */
import type { RecordedProcess } from "../connection.ts";
import type { Reading } from "./field.ts";
import type { Flow } from "./flow.ts";

/** Text that the process has. */
export function text(value: (process: RecordedProcess) => string | undefined): Reading {
  return { kind: "text", value: ({ record: { process } }) => process && value(process) };
}

/** A number that the process has. */
export function integer(value: (process: RecordedProcess) => number | undefined): Reading {
  return { kind: "integer", value: ({ record: { process } }) => process && value(process) };
}

/** A time that the process has, microseconds since the epoch. */
export function time(value: (process: RecordedProcess) => number | undefined): Reading {
  return { kind: "time", value: ({ record: { process } }) => process && value(process) };
}

/** The same number as text: an id to compare, not to count with. */
export function idText(value: (process: RecordedProcess) => number | undefined): Reading {
  return {
    kind: "word",
    value: ({ record: { process } }) => {
      const id = process && value(process);
      return id === undefined ? undefined : String(id);
    },
  };
}

/** The last part of a path. */
export function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** A cell of a schema in which the process stands beside the end that is its own. */
export function ofEnd(name: string, isSource: boolean, reading: Reading) {
  const value = (flow: Flow) => flow.isFromHere === isSource ? reading.value(flow) : undefined;
  return {
    name,
    scope: "record",
    reading: { kind: reading.kind, value } as Reading,
    note: isSource ? "where this host is the source" : "where this host is the destination",
  } as const;
}

/** Its name. */
export const NAME = text(({ name }) => name);
/** Its id. */
export const PID = integer(({ pid }) => pid);
/** The name of its user. */
export const USER = text(({ user }) => user);
/** The id of its user, as text. */
export const UID = idText(({ uid }) => uid);
