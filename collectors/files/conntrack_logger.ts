/**
 * Logs of conntrack-logger, whose line is also the default of `--format template`:
 * `1373127181: ipv4/tcp 192.0.2.1/55446 > 192.0.2.2/80 :: 2354 1000:1000 /system.slice/x.service :: curl -s`.
 */
import type { Connection, RecordedEndpoint, RecordedProcess } from "../../lib/connection.ts";
import { type CgroupInfo, parseCgroup } from "../../lib/procfs/cgroup.ts";
import { protocolKeyword, protocolNumber } from "../../lib/protocols.ts";
import { lineId } from "./line_id.ts";
import { type LogFormat, MALFORMED } from "./log_format.ts";
import {
  areMost,
  isNowhere,
  NO_PROCESS,
  parseDecimal,
  parseEndpoint,
  parseWhole,
  unescapeText,
  UNKNOWN,
} from "./plain_fields.ts";
import type { Mutable } from "../../lib/mutable.ts";

const NAME = "conntrack-logger";

/** Between the flow, its owner, and the command line. */
const SEPARATOR = " :: ";
/** Stands for a process that is not known. */
const UNKNOWN_PID = "?";
/** What the file of a process's control groups has before the path, on hosts with version 2 only. */
const UNIFIED = "0::";
const MAX_U32 = 2 ** 32 - 1;
/** Texts that are remembered, at most; then all are forgotten. */
const CACHE_SIZE = 1024;

/** What `ipv4/tcp` says. */
type Protocol = Pick<Connection, "ipVersion" | "protocol" | "protocolNumber">;

const encoder = new TextEncoder();
const protocols = new Map<string, Protocol | undefined>();
const services = new Map<string, CgroupInfo>();

function remember<T>(cache: Map<string, T>, text: string, value: T): T {
  if (cache.size >= CACHE_SIZE) cache.clear();
  cache.set(text, value);
  return value;
}

/** `ipv4/tcp`; of what is not known of them, the other. */
function parseProtocol(text: string): Protocol | undefined {
  const [, digit, keyword] = /^ipv([46])(?:\/(.+))?$/.exec(text) ?? [undefined, undefined, text];
  const version: Protocol = digit === undefined ? {} : { ipVersion: digit === "4" ? 4 : 6 };
  if (keyword === undefined || keyword === UNKNOWN) return version;
  const number = protocolNumber(keyword);
  if (number === undefined) return undefined;
  return { ...version, protocol: protocolKeyword(number), protocolNumber: number };
}

function protocolOf(text: string): Protocol | undefined {
  const known = protocols.get(text);
  if (known !== undefined || protocols.has(text)) return known;
  return remember(protocols, text, parseProtocol(text));
}

/** `ADDRESS/PORT`; undefined where the text is none. */
function endpointOf(text: string): RecordedEndpoint | undefined {
  const slash = text.lastIndexOf("/");
  return slash < 0 ? undefined : parseEndpoint(text.slice(0, slash), text.slice(slash + 1));
}

/** Control group, unit and container of a service; what cannot be the path of one says nothing. */
function serviceOf(text: string): CgroupInfo {
  const known = services.get(text);
  if (known !== undefined) return known;
  const path = unescapeText(text.startsWith(UNIFIED) ? text.slice(UNIFIED.length) : text);
  const info = path.includes("\n") ? {} : parseCgroup(encoder.encode(UNIFIED + path));
  return remember(services, text, info);
}

/**
 * `PID UID:GID SERVICE`, and behind the separator, if that is there, the command line. Undefined where it
 * is anything else.
 */
function ownerOf(text: string): RecordedProcess | undefined {
  const pidEnd = text.indexOf(" ");
  const idsEnd = text.indexOf(" ", pidEnd + 1);
  const colon = text.indexOf(":", pidEnd + 1);
  if (pidEnd < 0 || idsEnd < 0 || colon < 0) return undefined;
  const end = text.indexOf(SEPARATOR, idsEnd);
  const service = text.slice(idsEnd + 1, end < 0 ? undefined : end);
  const command = end < 0 ? "" : text.slice(end + SEPARATOR.length);
  const pidText = text.slice(0, pidEnd);
  const pid = parseWhole(pidText === UNKNOWN_PID ? UNKNOWN : pidText, MAX_U32);
  const uid = parseWhole(text.slice(pidEnd + 1, colon), MAX_U32);
  const gid = parseWhole(text.slice(colon + 1, idsEnd), MAX_U32);
  if (Number.isNaN(pid) || Number.isNaN(uid) || Number.isNaN(gid)) return undefined;
  const process: Mutable<RecordedProcess> = { ...serviceOf(service) };
  if (pid !== undefined) process.pid = pid;
  if (uid !== undefined) process.uid = uid;
  if (gid !== undefined) process.gid = gid;
  if (command !== "" && command !== UNKNOWN) process.commandLine = [unescapeText(command)];
  return process;
}

function isEmpty(process: RecordedProcess): boolean {
  for (const _ in process) return false;
  return true;
}

function written(line: string): number | undefined {
  const end = line.indexOf(": ");
  const time = end < 0 ? NaN : parseDecimal(line, 0, end, 6);
  return Number.isNaN(time) ? undefined : time;
}

function read(line: string, at: number): Connection | typeof MALFORMED | undefined {
  if (line.startsWith(SEPARATOR) || line.trim() === "") return undefined;
  const time = written(line);
  const protocolStart = line.indexOf(": ") + 2;
  const sourceStart = line.indexOf(" ", protocolStart) + 1;
  const arrow = line.indexOf(" > ", sourceStart);
  const flowEnd = line.indexOf(SEPARATOR, arrow + 1);
  if (time === undefined || sourceStart === 0 || arrow < 0 || flowEnd < 0) return MALFORMED;
  const protocol = protocolOf(line.slice(protocolStart, sourceStart - 1));
  const source = endpointOf(line.slice(sourceStart, arrow));
  const destination = endpointOf(line.slice(arrow + 3, flowEnd));
  const process = ownerOf(line.slice(flowEnd + SEPARATOR.length));
  if (
    protocol === undefined || source === undefined || destination === undefined ||
    process === undefined
  ) return MALFORMED;
  const isKnown = !isEmpty(process);
  const isListener = isNowhere(source);
  return {
    id: lineId(NAME, line, at),
    event: isListener ? "listen" : "open",
    time,
    direction: "unknown",
    ...(!isListener && { initiator: "local" }),
    outcome: "unknown",
    ...protocol,
    local: isListener ? destination : source,
    ...(!isListener && { remote: destination }),
    ...(isKnown && { process }),
    attribution: isKnown ? "exact" : "none",
    ...(!isKnown && { attributionReason: NO_PROCESS }),
    collector: NAME,
  };
}

const READER = { read };

/**
 * The format of conntrack-logger. The source is the local end. Without a source the line tells of a
 * listener: only `--format template` writes that.
 *
 * The command line is one element, the whole text: blanks between arguments and in them look the same.
 * On hosts with control groups of version 2 only, conntrack-logger breaks its lines in two behind the
 * service: the first one gives the record, without the command line, and the second one none.
 *
 * Times are whole seconds made from local time, so in the hour that the clocks are set back to, they are an
 * hour early.
 */
export const CONNTRACK_LOGGER: LogFormat = {
  name: NAME,
  summary: "conntrack-logger, and what --format template writes by default",
  recognises: (lines) =>
    areMost(lines, (line) => {
      const record = read(line, 0);
      return record === undefined ? undefined : record !== MALFORMED;
    }),
  reader: () => READER,
  written,
  isPrompt: true,
  disorderUs: 3_600_000_000,
  seekable: true,
  escapes: ["\\"],
  marks: [],
};
