/** Records for the tests of formats: some of each kind, and a generator of hostile ones. */
import fc from "fast-check";
import { DIRECTIONS, EVENTS, INITIATORS, OUTCOMES } from "../record_words.ts";
import type { Connection, ParentProcess, RecordedProcess } from "../connection.ts";

const HOST = { id: "4d1f2a", name: "web-1", os: "linux" };

/** 2026-11-21T02:01:40.144181Z */
export const TIME = 1_795_226_500_144_181;

/** A process with every field. */
export const CURL: Required<RecordedProcess> & { parent: Required<ParentProcess> } = {
  pid: 4711,
  start: 1_795_226_499_250_000,
  name: "curl",
  executable: "/usr/bin/curl",
  commandLine: ["curl", "-s", "https://example.org/a?b=c&d", "it's", "a\nb"],
  commandLineBytes: 9000,
  uid: 1000,
  gid: 100,
  user: "alice",
  parent: {
    pid: 4700,
    start: 1_795_226_000_000_000,
    name: "bash",
    executable: "/usr/bin/bash",
    entityId: "e-4700",
  },
  unit: "user@1000.service",
  userUnit: "fetch.service",
  cgroup: "/user.slice/fetch.service",
  containerId: "0123456789abcdef".repeat(4),
  netns: 4026531840,
  entityId: "e-4711",
};

/** A process with no more than every process has. */
export const BARE_PROCESS: RecordedProcess = {
  pid: 1,
  start: 1_795_226_863_000_000,
  name: "Web Content",
  entityId: "e-1",
};

const OPEN: Connection = {
  id: "c-1",
  event: "open",
  time: TIME,
  start: TIME,
  direction: "egress",
  initiator: "local",
  outcome: "established",
  state: "established",
  protocol: "tcp",
  protocolNumber: 6,
  ipVersion: 4,
  local: { ip: "10.0.0.5", port: 43210 },
  remote: { ip: "93.184.216.34", port: 443 },
  socket: { inode: 91553, type: "stream", uid: 1000 },
  netns: 4026531840,
  process: CURL,
  attribution: "exact",
  collector: "proc",
  host: HOST,
};

const { process: _process, ...WITHOUT_PROCESS } = OPEN;
const { socket: _socket, state: _state, netns: _netns, ...FLOW } = WITHOUT_PROCESS;
const { start: _start, ...WITHOUT_START } = WITHOUT_PROCESS;
const { remote: _remote, initiator: _initiator, ...WITHOUT_REMOTE } = OPEN;

/** One record of each kind, by name. */
export const SAMPLES: Readonly<Record<string, Connection>> = {
  "open": OPEN,
  "open with a name and address translation": {
    ...OPEN,
    remote: { ip: "93.184.216.34", port: 443, name: "example.org", nameSource: "dns" },
    nat: { source: { ip: "203.0.113.9", port: 61000 }, destination: { ip: "192.0.2.7" } },
  },
  "open that was refused": { ...OPEN, outcome: "refused", state: "close", process: BARE_PROCESS },
  "open from outside, IPv6, at start": {
    ...WITHOUT_START,
    id: "c-2",
    event: "open",
    preexisting: true,
    direction: "ingress",
    initiator: "remote",
    ipVersion: 6,
    local: { ip: "2001:db8::5", port: 22 },
    remote: { ip: "2001:db8:0:1:ffff:ffff:ffff:fffe", port: 50022 },
    process: BARE_PROCESS,
    attribution: "inferred",
    attributionReason: "holds the listener",
  },
  "open within the host": { ...OPEN, direction: "local", initiator: "remote" },
  "listen": {
    ...WITHOUT_REMOTE,
    id: "c-3",
    event: "listen",
    direction: "unknown",
    outcome: "unknown",
    state: "listen",
    local: { ip: "::", port: 22 },
    ipVersion: 6,
  },
  "listen over UDP": {
    ...WITHOUT_REMOTE,
    id: "c-4",
    event: "listen",
    direction: "unknown",
    outcome: "unknown",
    state: "close",
    protocol: "udp",
    protocolNumber: 17,
    local: { ip: "0.0.0.0", port: 68 },
    socket: { inode: 7, type: "dgram", uid: 0 },
  },
  "close of a listener": {
    ...WITHOUT_REMOTE,
    id: "c-3",
    event: "close",
    end: TIME + 1_500_000,
    durationUs: 1_500_000,
    direction: "unknown",
    outcome: "unknown",
    state: "listen",
    local: { ip: "127.0.0.1", port: 8080 },
  },
  "update": {
    ...OPEN,
    event: "update",
    time: TIME + 3_000_000,
    attribution: "late",
    attributionReason: "first not permitted",
  },
  "close": {
    ...OPEN,
    event: "close",
    time: TIME + 63_000_000,
    end: TIME + 63_000_000,
    durationUs: 63_000_000,
    bytesIn: 5000,
    bytesOut: 300,
    packetsIn: 9,
    packetsOut: 7,
  },
  "close without start or process": {
    ...WITHOUT_START,
    id: "c-5",
    event: "close",
    end: TIME,
    state: "time_wait",
    direction: "ingress",
    initiator: "remote",
    socket: { type: "stream" },
    attribution: "none",
    attributionReason: "time_wait: the kernel keeps no owner",
  },
  "raw socket without a port": {
    ...WITHOUT_REMOTE,
    id: "c-6",
    event: "listen",
    direction: "unknown",
    outcome: "unknown",
    state: "close",
    protocol: "ipv6-icmp",
    protocolNumber: 58,
    ipVersion: 6,
    local: { ip: "::" },
    socket: { inode: 8, type: "raw", uid: 0 },
  },
  "close of a ping": {
    ...FLOW,
    id: "c-8",
    event: "close",
    direction: "ingress",
    initiator: "remote",
    protocol: "icmp",
    protocolNumber: 1,
    local: { ip: "10.0.0.5" },
    remote: { ip: "198.51.100.1" },
    icmp: { type: 8, code: 0 },
    end: TIME + 40_000,
    durationUs: 40_000,
    attribution: "none",
    attributionReason: "the kernel answers it",
    collector: "conntrack",
  },
  "summary": {
    ...WITHOUT_START,
    id: "c-7",
    event: "summary",
    outcome: "denied",
    protocol: "icmp",
    protocolNumber: 1,
    local: { ip: "10.0.0.5" },
    remote: { ip: "198.51.100.1" },
    count: 12,
    denied: 12,
    first: TIME - 60_000_000,
    last: TIME,
    records: 20,
    remotes: 3,
    samples: ["c-1", "c-2"],
    other: true,
    attribution: "none",
    noteworthy: [{ rule: "denied-often", reason: "12 in a minute" }],
  },
};

/** Text as an attacker would have it: all that breaks lines, columns, quotes, formulas or terminals. */
const brokenText: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: "binary", maxLength: 12 }),
  fc.string({
    unit: fc.constantFrom(
      ..."\n\r\t\0\x07\x1b\x7f\x85\x9b\u2028\u2029\u202e\u2066\u200b\ufeff\u00a0 '\"`\\,;|=+-@$()[]a5",
      "🦕",
      "👩‍💻",
      "\u{e0041}",
      "\ud800",
      "\udc00",
      " ['",
      "\x1b[31m",
      "\\x3d",
      "\\u{1}",
    ),
    maxLength: 12,
  }),
  fc.constantFrom(
    "",
    "-",
    "=1+1",
    "@SUM(A1)",
    "a|1|1.0 ['x']",
    "x\n2026-11-21|02:01:40 TCP",
    "\ud83e",
  ),
);

/** The same without halves of surrogate pairs, which not every format gives back. */
export const hostileText: fc.Arbitrary<string> = brokenText.map((text) => text.toWellFormed());

const port = fc.integer({ min: 0, max: 65535 });
const byte = fc.integer({ min: 0, max: 255 });
const count = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
const time = fc.integer({ min: 0, max: 4_102_444_800_000_000 });
const ip = fc.oneof(fc.ipV4(), fc.ipV6(), fc.constantFrom("0.0.0.0", "::"), hostileText);
const endpoint = fc.record({ ip, port }, { requiredKeys: ["ip"] });
const localEnd = fc.record({ ip, port, name: hostileText }, { requiredKeys: [] });

const hostileProcess: fc.Arbitrary<RecordedProcess> = fc.record({
  pid: fc.integer({ min: 1, max: 4_194_304 }),
  // Whole clock ticks, as the kernel counts them.
  start: fc.integer({ min: 1, max: 400_000_000_000 }).map((ticks) => ticks * 10_000),
  name: hostileText,
  executable: hostileText,
  commandLine: fc.array(hostileText, { maxLength: 4 }),
  commandLineBytes: count,
  uid: port,
  gid: port,
  user: hostileText,
  parent: fc.record({
    pid: port,
    start: time,
    name: hostileText,
    executable: hostileText,
    entityId: hostileText,
  }, { requiredKeys: [] }),
  unit: hostileText,
  userUnit: hostileText,
  cgroup: hostileText,
  containerId: hostileText,
  netns: count,
  entityId: hostileText,
}, { requiredKeys: [] });

/** Records of any kind in which every text is hostile. */
export const hostileConnection: fc.Arbitrary<Connection> = fc.record({
  id: hostileText,
  event: fc.constantFrom(...EVENTS),
  time,
  start: time,
  end: time,
  durationUs: fc.integer({ min: 0, max: 9_000_000_000_000 }),
  preexisting: fc.constant(true),
  direction: fc.constantFrom(...DIRECTIONS),
  initiator: fc.constantFrom(...INITIATORS),
  outcome: fc.constantFrom(...OUTCOMES),
  state: fc.oneof(fc.constantFrom("established", "time_wait", "listen"), hostileText),
  protocol: fc.oneof(fc.constantFrom("tcp", "udp"), hostileText),
  protocolNumber: fc.integer({ min: 0, max: 255 }),
  ipVersion: fc.constantFrom(4, 6),
  local: localEnd,
  remote: fc.record({ ip, port, name: hostileText, nameSource: hostileText }, {
    requiredKeys: [],
  }),
  nat: fc.record({ source: endpoint, destination: endpoint }, { requiredKeys: [] }),
  icmp: fc.record({ type: byte, code: byte }, { requiredKeys: ["type"] }),
  application: hostileText,
  communityId: hostileText,
  bytesIn: port,
  bytesOut: count,
  packetsIn: port,
  packetsOut: port,
  count: port,
  denied: port,
  first: time,
  last: time,
  records: count,
  remotes: port,
  samples: fc.array(hostileText, { maxLength: 2 }),
  other: fc.constant(true),
  socket: fc.record({
    inode: count,
    type: fc.constantFrom("stream", "dgram", "raw", "seqpacket"),
    uid: port,
  }, { requiredKeys: ["type"] }),
  netns: count,
  process: hostileProcess,
  attribution: fc.constantFrom("exact", "late", "inferred", "none"),
  attributionReason: hostileText,
  noteworthy: fc.array(fc.record({ rule: hostileText, reason: hostileText }), { maxLength: 2 }),
  collector: hostileText,
  host: fc.record({ id: hostileText, name: hostileText, os: hostileText }, {
    requiredKeys: ["id", "name"],
  }),
}, {
  requiredKeys: [
    "id",
    "event",
    "time",
    "direction",
    "outcome",
    "local",
    "attribution",
    "collector",
  ],
});

/** A record of a process that calls itself so, with arguments that are no text. */
export function namedRecord(name: string): Connection {
  const commandLine = [name, "'", "\u{10ffff}"];
  return { ...SAMPLES["open"]!, process: { ...CURL, name, commandLine } };
}
