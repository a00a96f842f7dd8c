import { assertEquals, assertMatch } from "@std/assert";
import fc from "fast-check";
import type { Connection } from "../connection.ts";
import { createLittleSnitchStatsFormat } from "./littlesnitch_stats.ts";
import { hostileConnection } from "./test_records.ts";

/** 2021-01-02 12:10:35.634 in the time zone of the host. */
const NOW = new Date(2021, 0, 2, 12, 10, 35, 634).getTime() * 1000;

const { line } = createLittleSnitchStatsFormat({ color: false, now: NOW });

const CHROME = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome";

const SUMMARY: Connection = {
  id: "a",
  event: "summary",
  time: NOW,
  direction: "egress",
  outcome: "established",
  protocol: "udp",
  protocolNumber: 17,
  ipVersion: 4,
  local: {},
  remote: { ip: "8.8.8.8", name: "dns.google", port: 53 },
  count: 255,
  denied: 0,
  records: 300,
  process: { executable: CHROME },
  attribution: "exact",
  collector: "littlesnitch",
  host: { id: "h", name: "prometheus.local" },
};

Deno.test("littlesnitch-stats writes the line of the program that it replaces", () => {
  assertEquals(
    line(SUMMARY),
    `2021-01-02 12:10:35,634 prometheus.local: APP: '${CHROME}' DIRECTION: OUT IP: 8.8.8.8 HOST: 'dns.google' PORT: 53 ACTION: ALLOWED COUNT: 255\n`,
  );
  const rows = createLittleSnitchStatsFormat({ color: false, now: NOW, counted: "rows" });
  assertMatch(rows.line(SUMMARY), / ACTION: ALLOWED COUNT: 300\n$/);
});

Deno.test("littlesnitch-stats gives the own port of what comes in, and an empty name where none is known", () => {
  const record: Connection = {
    ...SUMMARY,
    direction: "ingress",
    local: { port: 5353 },
    remote: { ip: "192.168.0.91" },
    process: { executable: "/usr/sbin/mDNSResponder" },
    count: 0,
  };
  assertMatch(
    line(record),
    /: APP: '\/usr\/sbin\/mDNSResponder' DIRECTION: IN IP: 192\.168\.0\.91 HOST: '' PORT: 5353 ACTION: ALLOWED COUNT: 0\n$/,
  );
});

Deno.test("littlesnitch-stats says what was denied", () => {
  const actionOf = (changes: Partial<Connection>) =>
    line({ ...SUMMARY, ...changes }).match(/ACTION: (\S+) COUNT: (\d+)/)?.slice(1);
  assertEquals(actionOf({ denied: 255 }), ["DENIED", "255"]);
  assertEquals(actionOf({ denied: 5 }), ["ALLOWED,DENIED", "255"]);
  assertEquals(actionOf({ event: "close", count: 1, outcome: "denied" }), ["DENIED", "1"]);
});

Deno.test("littlesnitch-stats keeps its columns whatever a process calls itself", () => {
  const columns =
    /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} [^ ]*: APP: '[^']*' DIRECTION: (?:IN|OUT) IP: [^ ]+ HOST: '[^']*' PORT: (?:\d+|-) ACTION: (?:ALLOWED|DENIED|ALLOWED,DENIED) COUNT: \d+$/;
  fc.assert(
    fc.property(hostileConnection, (record) => {
      const [text = "", ...rest] = line(record).split("\n");
      assertEquals(rest, [""]);
      assertMatch(text, columns);
    }),
    { numRuns: 300 },
  );
});
