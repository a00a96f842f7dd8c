/** Makes a log of connscribe's own, `ndjson`, of any size: varied connections, again and again. */
import type { Connection, RecordedProcess } from "../lib/connection.ts";
import { createNdjsonFormat } from "../lib/formats/ndjson.ts";
import { generator } from "./export_rows.ts";
import { writeAll } from "./hosts_log.ts";

/** 2026-11-21T00:00:00Z, microseconds. */
const BEGIN = 1_795_219_200_000_000;
/** From one record to the next, microseconds. */
const STEP = 1_700;

const RECORDS = 4096;
const REMOTES = 1000;
const BUFFER = 1 << 20;

const PROGRAMS = ["curl", "firefox", "python3", "sshd", "postgres", "node", "systemd-resolved"];
const HOST = { id: "5f0c3ad1b2e94f6d8a7b6c5d4e3f2a10", name: "web-1.example.net" };

/** Name of a remote host. */
export function remoteName(number: number): string {
  return `host${String(number).padStart(4, "0")}.example.org`;
}

function processOf(number: number): RecordedProcess {
  const name = PROGRAMS[number % PROGRAMS.length] ?? "curl";
  const parent = { pid: 1 + number % 900, start: BEGIN - 9_000_000_000, name: "systemd" };
  return {
    pid: 1000 + number,
    start: BEGIN - number * 1_000_000,
    name,
    executable: `/usr/bin/${name}`,
    commandLine: [name, "--config", `/etc/${name}/${number % 50}.conf`, "--verbose"],
    uid: number % 5 === 0 ? 0 : 1000,
    gid: number % 5 === 0 ? 0 : 1000,
    user: number % 5 === 0 ? "root" : "alice",
    parent: {
      ...parent,
      executable: "/usr/lib/systemd/systemd",
      entityId: `parent${number % 900}`,
    },
    unit: `${name}.service`,
    cgroup: `/system.slice/${name}.service`,
    netns: 4_026_531_840,
    entityId: `process${number}`,
  };
}

/** A connection like those of a host, without its times. */
export function connectionOf(number: number, random: (limit: number) => number): Connection {
  const isInward = random(4) === 0;
  const isUdp = random(5) === 0;
  const isIpv6 = random(3) === 0;
  const remote = random(REMOTES);
  const subnet = isIpv6 ? "2001:db8::" : "10.20.";
  const address = isIpv6 ? (remote + 1).toString(16) : `${remote >> 8}.${remote & 255}`;
  const isClosed = random(2) === 0;
  const hasName = random(3) > 0;
  return {
    id: `connection${number}`,
    event: isClosed ? "close" : "open",
    time: 0,
    direction: isInward ? "ingress" : "egress",
    initiator: isInward ? "remote" : "local",
    outcome: random(20) === 0 ? "refused" : "established",
    state: isUdp ? "close" : "established",
    protocol: isUdp ? "udp" : "tcp",
    protocolNumber: isUdp ? 17 : 6,
    ipVersion: isIpv6 ? 6 : 4,
    local: { ip: isIpv6 ? "2001:db8:1::5" : "192.0.2.5", port: 32_768 + random(28_000) },
    remote: {
      ip: subnet + address,
      port: isUdp ? 53 : 443,
      ...(hasName && { name: remoteName(remote), nameSource: "dns" }),
    },
    ...(isClosed && {
      bytesIn: random(1_000_000),
      bytesOut: random(50_000),
      packetsIn: random(1000),
      packetsOut: random(500),
    }),
    socket: { inode: 90_000 + number, type: isUdp ? "dgram" : "stream", uid: 1000 },
    netns: 4_026_531_840,
    process: processOf(random(400)),
    attribution: "exact",
    collector: "trace",
    host: HOST,
  };
}

/** Writes lines until there are so many bytes; returns how many lines. */
export function writeRecords(path: string, bytes: number): number {
  const random = generator(3);
  const records = Array.from({ length: RECORDS }, (_, number) => connectionOf(number, random));
  const format = createNdjsonFormat();
  const encoder = new TextEncoder();
  using file = Deno.openSync(path, { write: true, create: true, truncate: true });
  let written = 0;
  let lines = 0;
  while (written < bytes) {
    let text = "";
    while (text.length < BUFFER) {
      const record = records[random(RECORDS)];
      if (record === undefined) continue;
      const time = BEGIN + lines++ * STEP;
      const start = record.event === "close" ? time - random(60_000_000) : time;
      const end = record.event === "close" ? { end: time, durationUs: time - start } : {};
      text += format.line({ ...record, time, start, ...end });
    }
    const encoded = encoder.encode(text);
    writeAll(file, encoded);
    written += encoded.length;
  }
  return lines;
}
