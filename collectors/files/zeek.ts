/**
 * The log format `zeek`: conn.log of Zeek as tab-separated text with its `#` header, which may come again
 * with other columns, or with a bare row of names (the option `tsv` of Zeek's writer). Other lines with `#` are
 * comments.
 *
 * What the time of a record is, and which end is the local one: see zeek_record.ts.
 */
import { digitsIn, wrong } from "./checked.ts";
import { parseSeconds } from "./epoch_time.ts";
import { type Header, type LogFormat, type LogReader, MALFORMED } from "./log_format.ts";
import { unescapeZeek, ZeekHeader } from "./zeek_header.ts";
import { ZEEK_DISORDER_US, zeekRecord } from "./zeek_record.ts";

/** Where `proto` and `duration` stand, unless somebody has changed the columns. */
const PROTO = 6;
const DURATION = 8;

const PROTOCOLS: readonly string[] = ["tcp", "udp", "icmp", "unknown_transport"];

/** A count as Zeek has it, 64 bits; absent where a number cannot hold it: then it has overflowed. */
function count(cell: string | undefined): number | undefined {
  if (cell === undefined) return undefined;
  return digitsIn(cell) ?? (/^\d+$/.test(cell) ? undefined : wrong("a count"));
}

function flag(cell: string | undefined): boolean | undefined {
  if (cell === undefined) return undefined;
  return cell === "T" || (cell === "F" ? false : wrong("T or F"));
}

function span(cell: string | undefined): number | undefined {
  return cell === undefined ? undefined : parseSeconds(cell) ?? wrong("a span of time");
}

function text(cell: string | undefined): string | undefined {
  return cell === undefined ? undefined : unescapeZeek(cell);
}

class ZeekReader implements LogReader {
  readonly #header = new ZeekHeader();

  constructor(head: readonly string[]) {
    for (const line of head) this.#header.take(line);
  }

  get header(): Header {
    return this.#header;
  }

  read(line: string, at: number): ReturnType<LogReader["read"]> {
    if (this.#header.take(line) || line.trim() === "") return undefined;
    const { columns, separator, unset, empty } = this.#header;
    const cells = line.split(separator);
    if (columns === undefined || cells.length !== columns.length) return MALFORMED;
    const cell = (index: number): string | undefined => {
      const value = cells[index];
      return value === unset || value === empty ? undefined : value;
    };
    try {
      const fields = {
        ts: span(cell(columns.ts)) ?? wrong("a time"),
        uid: text(cell(columns.uid)),
        origin: cell(columns.origin),
        originPort: count(cell(columns.originPort)),
        responder: cell(columns.responder),
        responderPort: count(cell(columns.responderPort)),
        proto: cell(columns.proto),
        ipProto: count(cell(columns.ipProto)),
        duration: span(cell(columns.duration)),
        connState: text(cell(columns.connState)),
        localOrigin: flag(cell(columns.localOrigin)),
        localResponder: flag(cell(columns.localResponder)),
        originBytes: count(cell(columns.originBytes)),
        responderBytes: count(cell(columns.responderBytes)),
        originPackets: count(cell(columns.originPackets)),
        responderPackets: count(cell(columns.responderPackets)),
        service: text(cell(columns.service)),
        communityId: text(cell(columns.communityId)),
        sensorName: text(cell(columns.sensorName)),
        sensorId: text(cell(columns.sensorId)),
      };
      return zeekRecord(fields, "zeek", line, at);
    } catch {
      return MALFORMED;
    }
  }
}

function recognises(lines: readonly string[]): boolean {
  const header = new ZeekHeader();
  for (const line of lines) {
    header.take(line);
    if (header.isOfConnections) return true;
  }
  return false;
}

/** `ts + duration`: the last packet. Only of the columns in their usual order, so only then can be sought. */
function written(line: string): number | undefined {
  const cells = line.split("\t", DURATION + 1);
  const [ts = "", duration = ""] = [cells[0], cells[DURATION]];
  const start = parseSeconds(ts);
  if (start === undefined || !PROTOCOLS.includes(cells[PROTO] ?? "")) return undefined;
  // Zeek gives a span six decimals: a number without a dot is that of another column.
  const length = duration.includes(".") ? parseSeconds(duration) : undefined;
  return duration === "-" ? start : length && start + length;
}

/** Zeek's conn.log as text. */
export const ZEEK: LogFormat = {
  name: "zeek",
  summary: "conn.log of Zeek as tab-separated text",
  recognises,
  reader: (head) => new ZeekReader(head),
  written,
  isPrompt: false,
  disorderUs: ZEEK_DISORDER_US,
  seekable: true,
  escapes: ["\\"],
  marks: ["#separator", "#unset_field", "#empty_field", "#fields", "id.orig_h"],
};
