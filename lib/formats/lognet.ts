/**
 * The format `lognet`: the two files of the program of that name, so that what reads them goes on.
 * `connections.log` has each connection once, on first sight, and knows no end; `processes.log` has each
 * process once. They are joined by the `upid`, `name|pid|create_time`, equal to psutil's to the digit.
 * Times are local, without a zone. Only TCP and UDP. `-` stands for what is not known.
 */
import type { Connection, RecordedEndpoint, RecordedProcess } from "../connection.ts";
import { localTime } from "../time.ts";
import { escapeControl } from "./escape.ts";
import type { Format, FormatContext } from "./format.ts";
import { pythonFloat, pythonListRepr } from "./python_repr.ts";

/** How many are remembered as written; the one unseen for longest is forgotten first. */
const REMEMBERED = 65_536;

/** psutil's words (`CONN_*`) for the states of RFC 9293 and of the kernel. */
const STATUS: ReadonlyMap<string, string> = new Map([
  ["established", "ESTABLISHED"],
  ["syn_sent", "SYN_SENT"],
  ["syn_recv", "SYN_RECV"],
  ["syn_received", "SYN_RECV"],
  ["fin_wait1", "FIN_WAIT1"],
  ["fin_wait_1", "FIN_WAIT1"],
  ["fin_wait2", "FIN_WAIT2"],
  ["fin_wait_2", "FIN_WAIT2"],
  ["time_wait", "TIME_WAIT"],
  ["close", "CLOSE"],
  ["closed", "CLOSE"],
  ["close_wait", "CLOSE_WAIT"],
  ["last_ack", "LAST_ACK"],
  ["listen", "LISTEN"],
  ["closing", "CLOSING"],
]);

function header(context: FormatContext, fields: string): string {
  const date = localTime(context.now, " ");
  return `#Version: 1.0\n#Date: ${date}\n#Fields: ${fields}\n`;
}

function isLogged(connection: Connection): boolean {
  return connection.protocol === "tcp" || connection.protocol === "udp";
}

/** As psutil, which drops the whole address where the port is 0. */
function endpointColumns(endpoint: RecordedEndpoint | undefined): string {
  if (endpoint === undefined || !endpoint.port) return "- -";
  return `${escapeControl(endpoint.ip ?? "-")} ${endpoint.port}`;
}

function status(connection: Connection): string {
  if (connection.protocol === "udp") return "NONE";
  return STATUS.get(connection.state ?? (connection.event === "listen" ? "listen" : "")) ?? "-";
}

/**
 * `name|pid|create_time`. Names may hold blanks, so an upid is the rest of its line; in
 * `processes.log` it ends at ` [`, which no name may therefore hold as it is. Undefined where a part of it is
 * not known.
 */
function upid({ name, pid, start }: RecordedProcess): string | undefined {
  if (name === undefined || pid === undefined || start === undefined) return undefined;
  const safeName = escapeControl(name).replaceAll(" [", " \\x5b");
  return `${safeName}|${pid}|${pythonFloat(start / 1e6)}`;
}

/** A bounded set of what was written. */
class Written {
  readonly #limit: number;
  readonly #keys = new Set<string>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Adds a key, as the latest one. Returns whether it was there before. */
  add(key: string): boolean {
    const known = this.#keys.delete(key);
    this.#keys.add(key);
    if (this.#keys.size > this.#limit) this.#forgetOldest();
    return known;
  }

  /** Removes a key. Returns whether it was there. */
  remove(key: string): boolean {
    return this.#keys.delete(key);
  }

  #forgetOldest(): void {
    for (const key of this.#keys) {
      this.#keys.delete(key);
      return;
    }
  }
}

/**
 * Creates the format of `connections.log`. A `close` is a first sight when the connection was never
 * reported open: it has no start, and is none of the connections that were there already.
 *
 * @param remembered How many connections that were there already are remembered until they close.
 */
export function createLognetConnectionsFormat(
  context: FormatContext,
  remembered: number = REMEMBERED,
): Format {
  const withoutStart = new Written(remembered);

  function isFirstSight(connection: Connection): boolean {
    const { id, event, start } = connection;
    if (event === "close") return start === undefined && !withoutStart.remove(id);
    if (event !== "open" && event !== "listen") return false;
    if (start === undefined) withoutStart.add(id);
    return true;
  }

  return {
    header: header(context, "timestamp prot laddr lport raddr rport status upid"),
    line(connection) {
      if (!isLogged(connection) || !isFirstSight(connection)) return "";
      const { process } = connection;
      return localTime(connection.time, "|") +
        " " + (connection.protocol?.toUpperCase() ?? "-") +
        " " + endpointColumns(connection.local) +
        " " + endpointColumns(connection.remote) +
        " " + status(connection) +
        " " + ((process && upid(process)) ?? "-") + "\n";
    },
  };
}

/**
 * Creates the format of `processes.log`: one for each output, as it remembers what it has written.
 *
 * @param remembered How many processes are remembered.
 */
export function createLognetProcessesFormat(
  context: FormatContext,
  remembered: number = REMEMBERED,
): Format {
  const written = new Written(remembered);
  return {
    header: header(context, "timestamp upid [command_line with parameters]"),
    line(connection) {
      const { process } = connection;
      if (process === undefined || !isLogged(connection)) return "";
      const id = upid(process);
      if (id === undefined || written.add(id)) return "";
      const { commandLine = [] } = process;
      const command = commandLine.length === 0 ? "-" : pythonListRepr(commandLine);
      return `${localTime(connection.time, "|")} ${id} ${command}\n`;
    },
  };
}
