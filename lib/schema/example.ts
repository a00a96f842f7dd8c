/** Lines for the documentation: the same record in each format. */
import type { Connection } from "../connection.ts";
import type { Format } from "../formats/format.ts";
import type { GapReport } from "../report.ts";
import { isoTime, localTime } from "../time.ts";

/** When the connection of the examples begins: 2026-11-21T02:01:40.144181Z. */
export const START = 1_795_226_500_144_181;
const END = START + 1_250_000;

const HOST = { id: "4d1f2a9c7be04e6db1c5f0a86e2d3c71", name: "web-1", os: "linux" };

const RECORD: Connection = {
  id: "Kq3vX0dNz5mT8sYb",
  event: "close",
  time: END,
  start: START,
  end: END,
  durationUs: END - START,
  direction: "egress",
  initiator: "local",
  outcome: "established",
  state: "time_wait",
  protocol: "tcp",
  protocolNumber: 6,
  ipVersion: 4,
  local: { ip: "10.0.0.5", port: 43210 },
  remote: { ip: "192.0.2.34", port: 443, name: "example.org", nameSource: "dns" },
  bytesIn: 5320,
  bytesOut: 811,
  packetsIn: 9,
  packetsOut: 7,
  socket: { inode: 91553, type: "stream", uid: 1000 },
  netns: 4026531840,
  process: {
    pid: 4711,
    start: START - 894_181,
    name: "curl",
    executable: "/usr/bin/curl",
    commandLine: ["curl", "-s", "https://example.org/a b"],
    uid: 1000,
    gid: 1000,
    user: "alice",
    parent: {
      pid: 4700,
      start: START - 500_144_181,
      name: "bash",
      executable: "/usr/bin/bash",
      entityId: "Zr1c0pWm7uQe4xHa",
    },
    unit: "session-2.scope",
    cgroup: "/user.slice/user-1000.slice/session-2.scope",
    netns: 4026531840,
    entityId: "b8Yt2LsGk6vJ9nRd",
  },
  attribution: "exact",
  collector: "trace",
  host: HOST,
};

const GAP: GapReport = {
  kind: "gap",
  id: "Vn4hT6yXq2bLk8sE-gap",
  time: START,
  host: HOST,
  from: START - 600_144_181,
  to: START - 144_181,
  windows: 10,
  reason: "max-catchup",
};

/** In the time zone of no host, for the document has to be the same on all of them. */
function inUtc(text: string): string {
  for (const time of [START, END]) {
    for (const separator of ["|", " "]) {
      const utc = isoTime(time).slice(0, 19).replace("T", separator);
      text = text.replaceAll(localTime(time, separator), utc);
    }
  }
  return text;
}

/** What the file of a format begins with, the line of a record, and that of a report where there is one. */
export function exampleOf({ header = "", line, report }: Format): string {
  // Some write connections only when they are opened.
  const ofRecord = line(RECORD) || line({ ...RECORD, event: "open", time: START });
  return inUtc(header + ofRecord + (report?.(GAP) ?? "")).replaceAll("\r\n", "\n");
}
