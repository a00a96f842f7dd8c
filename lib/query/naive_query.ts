/** A reference for the tests of `query`: slow, simple, and made of nothing that `query` is made of. */
import { ADDRESSES, type LogShape } from "./made_logs.ts";

/** What `query` is asked, as far as the reference answers it. Times are microseconds since the epoch. */
export interface NaiveQuestion {
  readonly since: number;
  readonly until: number;
  readonly to: readonly string[];
  readonly from: readonly string[];
}

/** An end of a connection: what it is called, and its address. */
interface NaiveEnd {
  readonly name?: string;
  readonly ip?: string;
}

/** A connection. */
export interface NaiveRecord {
  readonly time: number;
  readonly from: NaiveEnd;
  readonly to: NaiveEnd;
}

function endOf(text: string): NaiveEnd {
  const ip = text === "::" ? text : ADDRESSES[text];
  return ip === undefined ? { name: text } : { ip };
}

function ofConnspy(line: string): NaiveRecord | undefined {
  const [, stamp = "", fraction = "", from = "", to = ""] =
    /^\s*(\d+)(?:\.(\d+))?\s+([a-z0-9]\S*)\s+([a-z0-9]\S*)\s*$/i.exec(
      line.replace(/(^|\s)::/g, "$1x::"),
    ) ?? [];
  if (stamp === "" || stamp.length > 13 || from.startsWith("x::") || to.startsWith("x::")) return;
  const digits = stamp.length > 12 ? 3 : 6;
  const time = Number(stamp + fraction.slice(0, digits).padEnd(digits, "0"));
  return { time, from: endOf(from), to: endOf(to) };
}

interface JsonEnd {
  readonly domain?: string;
  readonly ip?: string;
}

function ofJson(line: string): NaiveRecord | undefined {
  try {
    const object: {
      "@timestamp": string;
      connscribe?: object;
      source: JsonEnd;
      destination: JsonEnd;
    } = JSON.parse(line);
    if (object.connscribe === undefined) return undefined;
    const [from, to] = [object.source, object.destination].map(({ domain, ip = "" }) => ({
      ip: ADDRESSES[ip] ?? ip,
      ...(domain !== undefined && { name: domain }),
    }));
    const text = object["@timestamp"];
    const time = Date.parse(text.slice(0, 19) + "Z") * 1000 + Number(text.slice(20, 26));
    return from && to && { time, from, to };
  } catch {
    return undefined;
  }
}

function ofZeek(line: string): NaiveRecord | undefined {
  const cells = line.split("\t");
  const [ts = "", , from = "", , to = ""] = cells;
  if (line.startsWith("#") || cells.length !== 10) return undefined;
  return { time: Number(ts.replace(".", "")), from: endOf(from), to: endOf(to) };
}

const READERS = { "connspy": ofConnspy, "connscribe-ndjson": ofJson, "zeek": ofZeek };

function isCalled({ name, ip }: NaiveEnd, wanted: string): boolean {
  const plain = (text: string) => text.toLowerCase().replace(/\.$/, "");
  if (wanted === "10.0.0.0/24") return ip?.startsWith("10.0.0.") ?? false;
  if (ip !== undefined && ip === ADDRESSES[wanted]) return true;
  return name !== undefined && `.${plain(name)}`.endsWith(`.${plain(wanted)}`);
}

function labelOf({ name, ip = "" }: NaiveEnd): string {
  return name?.toLowerCase().replace(/(.)\.$/, "$1") ?? ip;
}

/** All connections of the logs that are asked for. */
export function naiveRecords(
  logs: readonly { readonly format: LogShape["format"]; readonly bytes: Uint8Array }[],
  { since, until, to, from }: NaiveQuestion,
): NaiveRecord[] {
  const found: NaiveRecord[] = [];
  for (const { format, bytes } of logs) {
    for (const line of new TextDecoder().decode(bytes).split("\n")) {
      const record = READERS[format](line.replace(/\r$/, ""));
      if (record === undefined || record.time < since || record.time >= until) continue;
      const isAsked = (end: NaiveEnd, wanted: readonly string[]) =>
        wanted.length === 0 || wanted.some((host) => isCalled(end, host));
      if (isAsked(record.to, to) && isAsked(record.from, from)) found.push(record);
    }
  }
  return found;
}

function counted(names: readonly (readonly [name: string, time: number])[]) {
  const all = new Map<string, { name: string; count: number; first: number }>();
  for (const [name, time] of names) {
    const entry = all.get(name) ?? { name, count: 0, first: Infinity };
    all.set(name, { name, count: entry.count + 1, first: Math.min(entry.first, time) });
  }
  return [...all.values()].sort((a, b) => a.name < b.name ? -1 : 1);
}

/** `--unique`. */
export function naiveUnique(
  records: readonly NaiveRecord[],
  { to, from }: NaiveQuestion,
): string[] {
  const isTo = to.length === 0 && from.length > 0;
  const names = records.map((each) => [labelOf(isTo ? each.to : each.from), each.time] as const);
  return counted(names).sort((a, b) => a.first - b.first).map(({ name }) => name);
}

/** `--top`, by host. */
export function naiveTop(records: readonly NaiveRecord[], limit: number): string[] {
  const names = records.flatMap(({ from, to, time }) =>
    [...new Set([labelOf(from), labelOf(to)])].map((name) => [name, time] as const)
  );
  const ranked = counted(names).sort((a, b) => b.count - a.count).slice(0, limit);
  return ranked.map(({ name, count }) => `${count} ${name}`);
}

/** Records as lines that can be compared. */
export function naiveLines(records: readonly NaiveRecord[]): string[] {
  return records.map(({ time, from, to }) => `${time} ${labelOf(from)} ${labelOf(to)}`);
}
