/**
 * The format `text`: one readable line a record, for people and grep.
 *
 * Always, in this order and apart by blanks: date, time, event, direction, protocol, local end, arrow,
 * remote end, state, process[pid], user, unit; `-` where not known. Then what only some records have,
 * each with its mark: duration, traffic, count, `(at start)`, container, how the process was found,
 * what is noteworthy. Last, after `$`, the command line. Every value is quoted as a shell would need it,
 * so none can pose as another column.
 *
 * Reports on the run have `stats` or `coverage` in the place of the event, and words of their own after it.
 */
import type { Connection, ConnectionEvent, RecordedEndpoint } from "../connection.ts";
import { readableDuration, readableTime } from "../time.ts";
import { createPaint, SGR } from "./ansi.ts";
import { arrow, endpointText, stateText } from "./endpoint.ts";
import { escapeControl, quoteWord } from "./escape.ts";
import type { Format, FormatContext } from "./format.ts";
import { reportText } from "./text_report.ts";

const EVENT_COLOR: Record<ConnectionEvent, number> = {
  open: SGR.green,
  close: SGR.red,
  listen: SGR.blue,
  update: SGR.yellow,
  summary: SGR.magenta,
};

/** Digits of a container id that are shown, as Docker and Podman do. */
const SHORT_CONTAINER_ID = 12;

/** Every value that needs no quotes: tested first, because nearly all are of this kind. */
const BARE = /^[\w@%+:,./=-]{2,}$/;

function column(text: string | undefined): string {
  if (text === undefined) return "-";
  if (BARE.test(text)) return text;
  return text === "-" ? "'-'" : quoteWord(text);
}

function localColumn(connection: Connection): string {
  return namedEndpoint(connection.local);
}

function remoteColumn(connection: Connection): string {
  const { remote } = connection;
  return remote === undefined ? "*" : namedEndpoint(remote);
}

function namedEndpoint({ ip, port, name }: RecordedEndpoint): string {
  const end = endpointColumn(ip, port);
  return name === undefined ? end : `${end}(${column(name)})`;
}

function endpointColumn(ip = "*", port: number | undefined): string {
  const safe = ip === "*" || BARE.test(ip) ? ip : quoteWord(ip);
  return endpointText(port === undefined ? { ip: safe } : { ip: safe, port });
}

function stateColumn(connection: Connection): string {
  const { outcome } = connection;
  const state = stateText(connection);
  const failed = outcome !== "established" && outcome !== "unknown";
  if (!failed) return column(state);
  return state === undefined ? outcome : `${column(state)},${outcome}`;
}

function processColumn({ process }: Connection): string {
  const name = column(process?.name);
  return process?.pid === undefined ? name : `${name}[${process.pid}]`;
}

function userColumn(connection: Connection): string {
  const { process, socket } = connection;
  if (process?.user !== undefined) return column(process.user);
  const uid = process?.uid ?? socket?.uid;
  return uid === undefined ? "-" : String(uid);
}

/** Text inside parentheses: control characters escaped, parentheses too, so that it ends where it ends. */
function aside(text: string): string {
  return "(" + escapeControl(text).replaceAll("(", "\\x28").replaceAll(")", "\\x29") + ")";
}

function attributionAside(connection: Connection): string | undefined {
  const { attribution, attributionReason, process } = connection;
  if (attribution === "exact") return undefined;
  if (process === undefined) return aside(attributionReason ?? "process not known");
  return aside(
    attributionReason === undefined ? attribution : `${attribution}: ${attributionReason}`,
  );
}

function marks(connection: Connection): string {
  const { event, durationUs, bytesIn, bytesOut, count, denied, remotes, process } = connection;
  let text = "";
  if (durationUs !== undefined) {
    text += ` ${event === "summary" ? "window" : "after"}=${readableDuration(durationUs)}`;
  }
  if (bytesIn !== undefined) text += ` in=${bytesIn}`;
  if (bytesOut !== undefined) text += ` out=${bytesOut}`;
  if (count !== undefined) text += ` count=${count}`;
  if (denied !== undefined) text += ` denied=${denied}`;
  if (remotes !== undefined && remotes !== 1) text += ` remotes=${remotes}`;
  if (connection.other) text += " (others)";
  if (process?.containerId !== undefined) {
    text += ` container=${column(process.containerId.slice(0, SHORT_CONTAINER_ID))}`;
  }
  if (connection.preexisting) text += " (at start)";
  const attribution = attributionAside(connection);
  if (attribution !== undefined) text += ` ${attribution}`;
  return text;
}

function noteworthyMark(connection: Connection): string {
  if (connection.noteworthy === undefined) return "";
  return connection.noteworthy.map(({ rule, reason }) => ` ${aside(`${rule}: ${reason}`)}`).join(
    "",
  );
}

function commandText(connection: Connection): string {
  const { commandLine, commandLineBytes } = connection.process ?? {};
  if (commandLine === undefined || commandLine.length === 0) return "";
  let text = " $";
  for (const argument of commandLine) {
    text += " " + (BARE.test(argument) ? argument : quoteWord(argument));
  }
  return commandLineBytes === undefined ? text : text + " …";
}

/** Creates the format. */
export function createTextFormat(context: FormatContext): Format {
  const paint = createPaint(context.color);
  return {
    line(connection) {
      const { event, process } = connection;
      const unit = process?.userUnit ?? process?.unit;
      const noteworthy = noteworthyMark(connection);
      return paint(SGR.dim, readableTime(connection.time)) +
        " " + paint(EVENT_COLOR[event], event.padEnd(6)) +
        " " + connection.direction.padEnd(7) +
        " " + column(connection.protocol).padEnd(4) +
        " " + localColumn(connection).padEnd(21) +
        " " + arrow(connection) +
        " " + remoteColumn(connection).padEnd(21) +
        " " + stateColumn(connection).padEnd(11) +
        " " + processColumn(connection) +
        " " + userColumn(connection) +
        " " + column(unit) +
        (noteworthy === "" ? "" : paint(SGR.yellow, noteworthy)) +
        paint(SGR.dim, marks(connection) + commandText(connection)) + "\n";
    },
    report(report) {
      return paint(SGR.dim, `${readableTime(report.time)} ${reportText(report)}`) + "\n";
    },
  };
}
