/**
 * The format `csv`: RFC 4180 with a header, one physical line a record.
 *
 * Text goes through {@linkcode escapeControl} first, so no reader sees a line break inside a value.
 * A value that a spreadsheet would take for a formula has its first character written as `\xHH`: the
 * same unescaping undoes it. `command_line` is a JSON array with escapes of its own, and not escaped
 * again.
 */
import { stringify } from "@std/csv/stringify";
import type { Connection } from "../connection.ts";
import { isoTime } from "../time.ts";
import { quoteJson } from "./escape.ts";
import { csvText } from "./csv_text.ts";
import { eventId } from "./event_id.ts";
import type { Format } from "./format.ts";

/** Names of the columns, in their order. */
export const CSV_COLUMNS: readonly string[] = [
  "time",
  "event_id",
  "event",
  "connection_id",
  "start",
  "end",
  "duration_us",
  "preexisting",
  "direction",
  "initiator",
  "outcome",
  "state",
  "protocol",
  "protocol_number",
  "ip_version",
  "local_ip",
  "local_port",
  "remote_ip",
  "remote_port",
  "remote_name",
  "bytes_in",
  "bytes_out",
  "packets_in",
  "packets_out",
  "count",
  "denied",
  "first",
  "last",
  "pid",
  "process_start",
  "process_name",
  "executable",
  "command_line",
  "uid",
  "gid",
  "user",
  "parent_pid",
  "parent_name",
  "parent_executable",
  "unit",
  "user_unit",
  "container_id",
  "netns",
  "socket_inode",
  "socket_uid",
  "attribution",
  "attribution_reason",
  "entity_id",
  "collector",
  "host_id",
  "host_name",
  "records",
  "remotes",
  "samples",
  "other",
  "noteworthy",
  "local_name",
];

function time(microseconds: number | undefined): string | undefined {
  return microseconds === undefined ? undefined : isoTime(microseconds);
}

function row(connection: Connection): (string | number | boolean | undefined)[] {
  const { local, remote, socket, process, host } = connection;
  return [
    isoTime(connection.time),
    csvText(eventId(connection)),
    connection.event,
    csvText(connection.id),
    time(connection.start),
    time(connection.end),
    connection.durationUs,
    connection.preexisting,
    connection.direction,
    connection.initiator,
    connection.outcome,
    csvText(connection.state),
    csvText(connection.protocol),
    connection.protocolNumber,
    connection.ipVersion,
    csvText(local.ip),
    local.port,
    csvText(remote?.ip),
    remote?.port,
    csvText(remote?.name),
    connection.bytesIn,
    connection.bytesOut,
    connection.packetsIn,
    connection.packetsOut,
    connection.count,
    connection.denied,
    time(connection.first),
    time(connection.last),
    process?.pid,
    time(process?.start),
    csvText(process?.name),
    csvText(process?.executable),
    process?.commandLine && `[${process.commandLine.map(quoteJson).join(",")}]`,
    process?.uid,
    process?.gid,
    csvText(process?.user),
    process?.parent?.pid,
    csvText(process?.parent?.name),
    csvText(process?.parent?.executable),
    csvText(process?.unit),
    csvText(process?.userUnit),
    csvText(process?.containerId),
    connection.netns,
    socket?.inode,
    socket?.uid,
    connection.attribution,
    csvText(connection.attributionReason),
    csvText(process?.entityId),
    csvText(connection.collector),
    csvText(host?.id),
    csvText(host?.name),
    connection.records,
    connection.remotes,
    connection.samples && csvText(connection.samples.join(" ")),
    connection.other,
    connection.noteworthy &&
    csvText(connection.noteworthy.map(({ rule, reason }) => `${rule}: ${reason}`).join("; ")),
    csvText(local.name),
  ];
}

/** Creates the format. Lines end in CR LF, as RFC 4180 has it. */
export function createCsvFormat(): Format {
  return {
    header: stringify([CSV_COLUMNS], { headers: false }),
    line: (connection) => stringify([row(connection)], { headers: false }),
  };
}
