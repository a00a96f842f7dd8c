/** Segments of several hosts, made from a seed: what a fleet's store is asked about. */
import { connectionOf, remoteName } from "../../bench/connscribe_log.ts";
import { generator } from "../../bench/export_rows.ts";
import type { Connection } from "../../lib/connection.ts";
import { createNdjsonFormat } from "../../lib/formats/ndjson.ts";
import { SAMPLE_REPORTS } from "../../lib/formats/test_reports.ts";

/** 2026-11-21T22:00:00Z, microseconds: midnight is not far. */
export const BEGIN = 1_795_298_400_000_000;
const HOUR = 3_600_000_000;
const MINUTE = 60_000_000;
/** How long the logs are, microseconds. */
export const SPAN = 5 * HOUR;

/** Hosts of the fleet; one has a name that no file name should have. */
export const HOSTS = [
  { id: "0a".repeat(16), name: "web-1.example.net", os: "linux" },
  { id: "0b".repeat(16), name: "web-2.example.net", os: "linux" },
  { id: "0c".repeat(16), name: "Mac.example.net.", os: "macos" },
  { id: "0d".repeat(16), name: "../../etc/a=b%2F'c é", os: "linux" },
] as const;

/** Records come again with new ids, as if there were so many of them. */
const VARIETY = 4096;

type Random = (limit: number) => number;

function spelled(name: string, random: Random): string {
  const kind = random(8);
  return kind === 0 ? name.toUpperCase() : kind === 1 ? `${name}.` : name;
}

/** One of the kinds of events that there are. */
function eventOf(base: Connection, time: number, random: Random): Connection {
  const { remote, initiator, ...alone } = base;
  switch (random(10)) {
    case 0:
      return { ...alone, event: "listen", direction: "unknown", time, start: time };
    case 1:
      return { ...base, event: "update", time, start: time - 5_000_000 };
    case 2: {
      // Its window is over: some end with the hour.
      const end = time - time % MINUTE;
      const start = end - MINUTE;
      const counted = { count: 1 + random(40), denied: random(2), first: start, last: end - 1 };
      return { ...base, event: "summary", ...counted, time: end, start, end };
    }
    case 3:
      // Seen at its end only.
      return { ...base, event: "close", time, end: time };
    case 4: {
      const { initiator: _initiator, ...unknown } = base;
      return { ...unknown, event: "open", time, start: time, preexisting: true };
    }
    default:
      return {
        ...alone,
        ...(initiator !== undefined && { initiator }),
        ...(remote !== undefined && { remote }),
        time,
        start: base.event === "close" ? time - random(60_000_000) : time,
        ...(base.event === "close" && { end: time, durationUs: random(60_000_000) }),
      };
  }
}

/** The records of a host, in the order of time. */
export function* recordsOf(host: number, count: number, seed = 7): Generator<Connection> {
  const random = generator(seed + host);
  const kinds = Array.from({ length: VARIETY }, (_, number) => connectionOf(number, random));
  const identity = HOSTS[host % HOSTS.length] ?? HOSTS[0];
  for (let i = 0; i < count; i++) {
    const kind = kinds[random(VARIETY)];
    if (kind === undefined) continue;
    const { remote, ...rest } = kind;
    const time = BEGIN + Math.floor(i * SPAN / count);
    // In every other hour, one of them has more connections than any host of the fleet has.
    const isBusy = random(Math.floor(time / HOUR) % 2 === 0 ? 2 : 10) === 0;
    const name = isBusy ? remoteName(0) : remote?.name;
    const base: Connection = {
      ...rest,
      id: `host${host}-${i}`,
      host: identity,
      ...(remote && { remote: { ...remote, ...(name && { name: spelled(name, random) }) } }),
    };
    yield eventOf(base, time, random);
  }
}

/** Writes the segment of each host: records, with reports among them. Returns the paths. */
export function writeSegments(directory: string, records: number, seed?: number): string[] {
  const format = createNdjsonFormat({ communityIdSeed: 0 });
  return HOSTS.map((identity, host) => {
    const path = `${directory}/segment-${host}.ndjson`;
    using file = Deno.openSync(path, { write: true, createNew: true });
    let text = "";
    for (const report of Object.values(SAMPLE_REPORTS)) {
      const own = { ...report, id: `${host}-${report.id}`, host: identity };
      text += format.report?.(own) ?? "";
    }
    const write = () => {
      let bytes = new TextEncoder().encode(text);
      while (bytes.length > 0) bytes = bytes.subarray(file.writeSync(bytes));
      text = "";
    };
    for (const record of recordsOf(host, Math.floor(records / HOSTS.length), seed)) {
      text += format.line(record);
      if (text.length > 1 << 20) write();
    }
    write();
    return path;
  });
}

/** A remote host that there are connections with. */
export function remoteOf(random: Random): string {
  return remoteName(random(1000));
}

/** The first whole lines of a log: a million bytes of them, at most. */
export function beginningOf(path: string): string {
  using file = Deno.openSync(path);
  const bytes = new Uint8Array(1e6);
  const text = new TextDecoder().decode(bytes.subarray(0, file.readSync(bytes) ?? 0));
  return text.slice(0, text.lastIndexOf("\n") + 1);
}
