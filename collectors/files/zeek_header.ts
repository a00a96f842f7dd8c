/** The header of Zeek's tab-separated logs (Zeek, src/logging/writers/ascii/Ascii.cc). */
import type { Header } from "./log_format.ts";

/** Where the columns are that a record is made of; -1 where there is no such column. */
export interface ZeekColumns {
  /** How many columns there are. */
  readonly length: number;
  readonly ts: number;
  readonly uid: number;
  readonly origin: number;
  readonly originPort: number;
  readonly responder: number;
  readonly responderPort: number;
  readonly proto: number;
  readonly ipProto: number;
  readonly service: number;
  readonly duration: number;
  readonly connState: number;
  readonly localOrigin: number;
  readonly localResponder: number;
  readonly originBytes: number;
  readonly responderBytes: number;
  readonly originPackets: number;
  readonly responderPackets: number;
  readonly communityId: number;
  readonly sensorName: number;
  readonly sensorId: number;
}

const ESCAPED = /\\\\|(?:\\x[0-9a-fA-F]{2})+/g;

const TAB = "\t";
const UNSET = "-";
const EMPTY = "(empty)";

/** What stands in keys and names of columns separates nothing. */
const NO_SEPARATOR = /[#\w.]/;

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

/**
 * Undoes `\xNN`, which are bytes of UTF-8 or parts of it, and `\\`, as which Zeek writes a backslash. What is
 * not an escape stays as it is.
 */
export function unescapeZeek(text: string): string {
  if (!text.includes("\\")) return text;
  return text.replace(ESCAPED, (escapes) => {
    if (escapes === "\\\\") return "\\";
    const bytes = new Uint8Array(escapes.length / 4);
    for (let i = 0; i < bytes.length; i++) {
      bytes[i] = parseInt(escapes.slice(i * 4 + 2, i * 4 + 4), 16);
    }
    return decoder.decode(bytes);
  });
}

function escapeAll(text: string): string {
  return Array.from(encoder.encode(text), (byte) => `\\x${byte.toString(16).padStart(2, "0")}`)
    .join("");
}

/** Where the columns are; undefined where there is no connection to be read from them. */
export function columnsOf(names: readonly string[]): ZeekColumns | undefined {
  const columns: ZeekColumns = {
    length: names.length,
    ts: names.indexOf("ts"),
    uid: names.indexOf("uid"),
    origin: names.indexOf("id.orig_h"),
    originPort: names.indexOf("id.orig_p"),
    responder: names.indexOf("id.resp_h"),
    responderPort: names.indexOf("id.resp_p"),
    proto: names.indexOf("proto"),
    ipProto: names.indexOf("ip_proto"),
    service: names.indexOf("service"),
    duration: names.indexOf("duration"),
    connState: names.indexOf("conn_state"),
    localOrigin: names.indexOf("local_orig"),
    localResponder: names.indexOf("local_resp"),
    originBytes: names.indexOf("orig_bytes"),
    responderBytes: names.indexOf("resp_bytes"),
    originPackets: names.indexOf("orig_pkts"),
    responderPackets: names.indexOf("resp_pkts"),
    communityId: names.indexOf("community_id"),
    sensorName: names.indexOf("agent_hostname"),
    sensorId: names.indexOf("agent_uuid"),
  };
  return columns.ts < 0 || columns.origin < 0 || columns.responder < 0 ? undefined : columns;
}

/**
 * What the header lines say so far. A header begins with `#separator`, or is a bare row of names: then nothing
 * holds that was said before.
 */
export class ZeekHeader implements Header {
  #separator = TAB;
  #unset = UNSET;
  #empty = EMPTY;
  #path: string | undefined;
  #names: readonly string[] = [];
  #columns: ZeekColumns | undefined;
  #isWhole = false;

  get isWhole(): boolean {
    return this.#isWhole;
  }

  get lines(): string[] {
    const [separator, unset, names] = [this.#separator, this.#unset, this.#names];
    const empty = this.#empty;
    const lines = this.#isWhole ? [`#separator ${escapeAll(separator)}`] : [];
    if (unset !== UNSET) lines.push(["#unset_field", unset].join(separator));
    if (empty !== EMPTY) lines.push(["#empty_field", empty].join(separator));
    if (names.length > 0) lines.push(["#fields", ...names].join(separator));
    return lines;
  }

  /** What stands between the columns. */
  get separator(): string {
    return this.#separator;
  }

  /** What stands for an absent value. */
  get unset(): string {
    return this.#unset;
  }

  /** What stands for a text, or a set, with nothing in it. */
  get empty(): string {
    return this.#empty;
  }

  /** Undefined before the names of the columns, and where they do not tell of a connection. */
  get columns(): ZeekColumns | undefined {
    return this.#columns;
  }

  /** Whether it is the header of conn.log, or of a log derived from it, and not of another one. */
  get isOfConnections(): boolean {
    if (this.#columns === undefined) return false;
    return this.#path?.startsWith("conn") ?? this.#names.includes("conn_state");
  }

  /** Takes a line in; false where it is no part of a header. */
  take(line: string): boolean {
    if (line.startsWith("#")) {
      this.#takeMeta(line);
      return true;
    }
    // A bare row of names, without meta data: the option `tsv` of the writer.
    if (isDigit(line.charCodeAt(0)) || !line.includes("id.orig_h")) return false;
    const names = line.split(TAB);
    if (columnsOf(names) === undefined) return false;
    this.#begin(TAB);
    this.#name(names);
    return true;
  }

  #begin(separator: string): void {
    this.#separator = separator;
    this.#unset = UNSET;
    this.#empty = EMPTY;
    this.#path = undefined;
    this.#name([]);
    this.#isWhole = true;
  }

  #takeMeta(line: string): void {
    // The separator cannot stand in its own line: after this key comes a blank.
    if (line.startsWith("#separator ")) {
      const separator = unescapeZeek(line.slice("#separator ".length));
      return this.#begin(separator === "" || NO_SEPARATOR.test(separator) ? TAB : separator);
    }
    const [key, ...values] = line.split(this.#separator);
    const value = values[0] ?? "";
    if (key === "#unset_field") this.#unset = value;
    else if (key === "#empty_field") this.#empty = value;
    else if (key === "#path") this.#path = value;
    else if (key === "#fields") this.#name(values);
  }

  #name(names: readonly string[]): void {
    this.#names = names;
    this.#columns = columnsOf(names);
  }
}
