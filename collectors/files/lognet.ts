/**
 * Logs of lognet, and of `--format lognet`: `connections.log`, which has each connection once, on first
 * sight. Its times are local, without a zone: they are read in the zone of this process, and one that a
 * change of the clocks repeats is its first.
 */
import type { Connection, RecordedProcess } from "../../lib/connection.ts";
import { unescapeControl } from "../../lib/formats/escape.ts";
import { protocolKeyword, protocolNumber } from "../../lib/protocols.ts";
import { STATE } from "../../lib/tcp_states.ts";
import { outcomeOf, stateName } from "../proc/tables.ts";
import { lineId } from "./line_id.ts";
import { type Header, type LogFormat, type LogReader, MALFORMED } from "./log_format.ts";
import {
  areMost,
  isNowhere,
  NO_PROCESS,
  parseDecimal,
  parseEndpoint,
  parseWhole,
  UNKNOWN,
} from "./plain_fields.ts";
import type { Mutable } from "../../lib/mutable.ts";

const NAME = "lognet";

/** What the header calls the columns that are read, in the order in which lognet writes them. */
const COLUMNS = ["timestamp", "prot", "laddr", "lport", "raddr", "rport", "status", "upid"];
const UPID = COLUMNS.indexOf("upid");

const HEADER = "#Fields:";
/** Length of `2022-07-27|22:23:15`. */
const TIME_LENGTH = 19;
const TIME = /^(\d{4})-(\d\d)-(\d\d)\|([01]\d|2[0-3]):([0-5]\d):([0-5]\d)$/;
const MAX_PID = 2 ** 32 - 1;
const TCP = 6;
const UDP = 17;

/** psutil's words for the states of sockets (`CONN_*`). */
const STATES: ReadonlyMap<string, number> = new Map([
  ["ESTABLISHED", STATE.established],
  ["SYN_SENT", STATE.synSent],
  ["SYN_RECV", STATE.synRecv],
  ["FIN_WAIT1", STATE.finWait1],
  ["FIN_WAIT2", STATE.finWait2],
  ["TIME_WAIT", STATE.timeWait],
  ["CLOSE", STATE.close],
  ["CLOSE_WAIT", STATE.closeWait],
  ["LAST_ACK", STATE.lastAck],
  ["LISTEN", STATE.listen],
  ["CLOSING", STATE.closing],
]);

/** psutil's word for no state at all. */
const STATELESS = "NONE";
const STATUS = /^[A-Z][A-Z0-9_]{0,30}$/;

/** For each column of a log its place in {@linkcode COLUMNS}, -1 where it is not read. */
type Layout = readonly number[];

const LAYOUT: Layout = COLUMNS.map((_, index) => index);

/** The columns that a header names; undefined where the line is not that of a list of connections. */
function layoutOf(line: string): Layout | undefined {
  if (!line.startsWith(HEADER)) return undefined;
  const names = line.slice(HEADER.length).trim().split(/\s+/);
  const layout = names.map((name) => COLUMNS.indexOf(name));
  return layout.includes(COLUMNS.indexOf("laddr")) ? layout : undefined;
}

/**
 * The values of a line in the order of {@linkcode COLUMNS}; undefined where there are too few. The names of
 * processes may hold blanks: so an upid is what is between the columns before it and those behind it.
 */
function splitLine(line: string, layout: Layout): string[] | undefined {
  const values: string[] = new Array(COLUMNS.length).fill(UNKNOWN);
  let start = 0;
  let end = line.length;
  const upid = layout.indexOf(UPID);
  for (let column = layout.length - 1; column > upid && upid >= 0; column--) {
    const blank = line.lastIndexOf(" ", end - 1);
    if (blank < 0) return undefined;
    values[layout[column] ?? -1] = line.slice(blank + 1, end);
    end = blank;
  }
  const before = upid < 0 ? layout.length - 1 : upid;
  for (let column = 0; column < before; column++) {
    const blank = line.indexOf(" ", start);
    if (blank < 0) return undefined;
    values[layout[column] ?? -1] = line.slice(start, blank);
    start = blank + 1;
  }
  values[layout[before] ?? -1] = line.slice(start, end);
  return values;
}

/** Local time to microseconds since the epoch; undefined where the text is none. */
function parseTime(text: string): number | undefined {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] =
    TIME.exec(text)?.slice(1).map(Number) ?? [];
  const date = new Date(Date.UTC(year, month - 1, day));
  // The 31st of a shorter month would be the first of the next one.
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined;
  const time = new Date(year, month - 1, day, hour, minute, second).getTime() * 1000;
  return year >= 1970 && time >= 0 && Number.isSafeInteger(time) ? time : undefined;
}

/** The latest time: that of a look at all connections, which lines share. */
let latest: { readonly text: string; readonly time: number | undefined } = {
  text: "",
  time: undefined,
};

function timeOf(text: string): number | undefined {
  if (text !== latest.text) latest = { text, time: parseTime(text) };
  return latest.time;
}

function written(line: string): number | undefined {
  if (line.charAt(TIME_LENGTH) !== " ") return undefined;
  return timeOf(line.slice(0, TIME_LENGTH));
}

/** `name|pid|create_time`, read from the right: a name may hold anything. */
function processOf(upid: string): RecordedProcess | undefined {
  const second = upid.lastIndexOf("|");
  const first = upid.lastIndexOf("|", second - 1);
  if (first < 0 || second <= 0) return undefined;
  const pid = parseWhole(upid.slice(first + 1, second), MAX_PID);
  const start = parseDecimal(upid, second + 1, upid.length, 6);
  if (pid === undefined || Number.isNaN(pid) || Number.isNaN(start)) return undefined;
  const name = unescapeControl(upid.slice(0, first));
  return { pid, start, ...(name !== "" && { name }) };
}

/** Sets protocol, state, and what follows from them. Returns whether they are what they should be. */
function setSocket(record: Mutable<Connection>, prot: string, status: string): boolean {
  if (prot !== UNKNOWN) {
    const number = prot === "TCP" ? TCP : prot === "UDP" ? UDP : protocolNumber(prot);
    if (number === undefined) return false;
    record.protocol = protocolKeyword(number);
    record.protocolNumber = number;
  }
  // A datagram socket without a peer waits for anyone.
  if (record.protocolNumber === UDP && record.remote === undefined) record.event = "listen";
  if (status === STATELESS || status === UNKNOWN) return true;
  const state = STATES.get(status);
  if (state === undefined) {
    record.state = status.toLowerCase();
    return STATUS.test(status);
  }
  const name = stateName(state);
  if (name !== undefined) record.state = name;
  if (state === STATE.listen) record.event = "listen";
  else if (record.protocolNumber === TCP) record.outcome = outcomeOf("stream", state, true);
  return true;
}

function recordOf(
  line: string,
  at: number,
  layout: Layout,
): Connection | typeof MALFORMED {
  const time = layout[0] === 0 ? written(line) : undefined;
  const values = time === undefined ? undefined : splitLine(line, layout);
  if (time === undefined || values === undefined) return MALFORMED;
  const [
    ,
    prot = UNKNOWN,
    laddr = UNKNOWN,
    lport = UNKNOWN,
    raddr = UNKNOWN,
    rport = UNKNOWN,
    status = UNKNOWN,
    upid = UNKNOWN,
  ] = values;
  const local = parseEndpoint(laddr, lport);
  const remote = parseEndpoint(raddr, rport);
  const process = upid === UNKNOWN ? undefined : processOf(upid);
  if (local === undefined || remote === undefined) return MALFORMED;
  if (upid !== UNKNOWN && process === undefined) return MALFORMED;
  const record: Mutable<Connection> = {
    id: lineId(NAME, line, at),
    event: "open",
    time,
    direction: "unknown",
    outcome: "unknown",
    local,
    attribution: process === undefined ? "none" : "exact",
    collector: NAME,
  };
  const ip = local.ip ?? remote.ip;
  if (ip !== undefined) record.ipVersion = ip.includes(":") ? 6 : 4;
  if (!isNowhere(remote)) record.remote = remote;
  if (process === undefined) record.attributionReason = NO_PROCESS;
  else record.process = process;
  return setSocket(record, prot, status) ? record : MALFORMED;
}

class LognetReader implements LogReader {
  #layout = LAYOUT;
  header: Header = { lines: [], isWhole: false };

  constructor(head: readonly string[]) {
    for (const line of head) this.#take(line);
  }

  #take(line: string): void {
    const layout = layoutOf(line);
    if (layout === undefined) return;
    this.#layout = layout;
    this.header = { lines: [line], isWhole: true };
  }

  read(line: string, at: number): ReturnType<LogReader["read"]> {
    if (!line.startsWith("#")) {
      return line.trim() === "" ? undefined : recordOf(line, at, this.#layout);
    }
    this.#take(line);
    return undefined;
  }
}

/**
 * The format of lognet. The columns are those of the latest `#Fields:` header, of which `timestamp` must be
 * the first; without one, those that lognet writes. Names of processes are escaped where `--format lognet`
 * has written them; what lognet itself wrote of a name with a backslash in it may read as such an escape.
 */
export const LOGNET: LogFormat = {
  name: NAME,
  summary: "connections.log of lognet, and what --format lognet writes",
  recognises(lines) {
    const headers = lines.filter((line) => line.startsWith(HEADER));
    if (headers.length > 0) return headers.some((line) => layoutOf(line)?.[0] === 0);
    return areMost(
      lines,
      (line) => line.startsWith("#") ? undefined : recordOf(line, 0, LAYOUT) !== MALFORMED,
    );
  },
  reader: (head) => new LognetReader(head),
  written,
  isPrompt: true,
  disorderUs: 3_600_000_000,
  seekable: true,
  escapes: ["\\"],
  marks: [HEADER],
};
