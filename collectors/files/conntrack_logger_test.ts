import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { Connection } from "../../lib/connection.ts";
import { localIsSource } from "../../lib/formats/ecs.ts";
import { createTemplateFormat } from "../../lib/formats/template.ts";
import { hostileConnection } from "../../lib/formats/test_records.ts";
import { assertCovering } from "../../lib/test_coverage.ts";
import { CONNTRACK_LOGGER } from "./conntrack_logger.ts";
import { canonicalIp } from "./canonical_ip.ts";
import { MALFORMED } from "./log_format.ts";
import { assertRecognises, readAll, SAMPLE_LOGS } from "./plain_test_tools.ts";

const FLOW = "1373127181: ipv4/tcp 192.0.2.1/5 > 192.0.2.2/6";

/** What is read of one line, without the id. */
function readLine(line: string) {
  return readAll(CONNTRACK_LOGGER, [line])[0];
}

/** The process of a line with this owner. */
function processOf(owner: string): Connection["process"] {
  const record = readLine(`${FLOW} :: ${owner}`);
  assert(record !== undefined && record !== MALFORMED, owner);
  return record.process;
}

Deno.test("conntrack-logger reads the lines of its manual", () => {
  const records = readAll(CONNTRACK_LOGGER, SAMPLE_LOGS["conntrack-logger"] ?? []);
  const cgroup = "/user/1000.user/1.session/systemd-1196/enlightenment.service";
  assertEquals(records[0], {
    event: "open",
    time: 1_373_127_181_000_000,
    direction: "unknown",
    initiator: "local",
    outcome: "unknown",
    ipVersion: 6,
    protocol: "tcp",
    protocolNumber: 6,
    local: { ip: "2001:470:1f0b:11de::12", port: 55446 },
    remote: { ip: "2607:f8b0:4006:802::1010", port: 80 },
    process: {
      pid: 2354,
      uid: 1000,
      gid: 1000,
      cgroup,
      commandLine: ["curl -s -o /dev/null ipv6.google.com"],
    },
    attribution: "exact",
    collector: "conntrack-logger",
  });
  assertEquals(records[3], {
    event: "open",
    time: 1_373_127_221_000_000,
    direction: "unknown",
    initiator: "local",
    outcome: "unknown",
    ipVersion: 4,
    protocol: "udp",
    protocolNumber: 17,
    local: { ip: "192.168.0.12", port: 41234 },
    remote: { ip: "192.168.0.1", port: 53 },
    attribution: "none",
    attributionReason: "the log names no process",
    collector: "conntrack-logger",
  });
});

Deno.test("conntrack-logger makes one record of an entry that is broken in two", () => {
  const [first, second] = readAll(CONNTRACK_LOGGER, SAMPLE_LOGS["conntrack-logger"] ?? []).slice(4);
  assert(first !== undefined && first !== MALFORMED);
  assertEquals(first.process, {
    pid: 612,
    uid: 0,
    gid: 0,
    cgroup: "/system.slice/nginx.service",
    unit: "nginx.service",
  });
  assertEquals(second, undefined);
  assertEquals(CONNTRACK_LOGGER.written(" :: 1: ipv4/tcp"), undefined);
});

Deno.test("conntrack-logger tells what the path of a control group tells", () => {
  const id = "0123456789abcdef".repeat(4);
  assertEquals(processOf(`1 0:0 /system.slice/docker-${id}.scope :: -`), {
    pid: 1,
    uid: 0,
    gid: 0,
    cgroup: `/system.slice/docker-${id}.scope`,
    unit: `docker-${id}.scope`,
    containerId: id,
  });
  const escaped = "/system.slice/dev-a\\x2db.device";
  assertEquals(processOf(`? -:- ${escaped} :: -`)?.cgroup, escaped);
  assertEquals(processOf("? -:- /a b/c d :: -"), { cgroup: "/a b/c d" });
  assertEquals(processOf("1 -:- no path :: -"), { pid: 1 });
  assertEquals(processOf("1 -:- /a\\nb :: -"), { pid: 1 });
});

Deno.test("conntrack-logger keeps a command line whole, whatever is in it", () => {
  for (const text of ["a  b", "a :: b :: c", "- -", " ", "ä🦕", "C:\\x41"]) {
    assertEquals(processOf(`? -:- - :: ${text}`), { commandLine: [text] });
  }
  assertEquals(processOf("? -:- - :: "), undefined);
  assertEquals(processOf("? -:- - :: \\x2d"), { commandLine: ["-"] });
  assertEquals(processOf("? -:- - :: a\\nb\\\\"), { commandLine: ["a\nb\\"] });
});

Deno.test("conntrack-logger takes a line without a source for that of a listener", () => {
  assertEquals(readLine("1: ipv6/udp -/- > ::/53 :: ? -:- - :: -"), {
    event: "listen",
    time: 1_000_000,
    direction: "unknown",
    outcome: "unknown",
    ipVersion: 6,
    protocol: "udp",
    protocolNumber: 17,
    local: { ip: "::", port: 53 },
    attribution: "none",
    attributionReason: "the log names no process",
    collector: "conntrack-logger",
  });
});

Deno.test("conntrack-logger knows protocols by version, by keyword, by both", () => {
  const cases: [text: string, protocol: object | undefined][] = [
    ["ipv4/udplite", { ipVersion: 4, protocol: "udplite", protocolNumber: 136 }],
    ["ipv6/icmpv6", { ipVersion: 6, protocol: "ipv6-icmp", protocolNumber: 58 }],
    ["ipv4/99", { ipVersion: 4, protocol: "99", protocolNumber: 99 }],
    ["ipv6", { ipVersion: 6 }],
    ["tcp", { protocol: "tcp", protocolNumber: 6 }],
    ["-", {}],
    ["ipv5/tcp", undefined],
    ["ipv4/quic", undefined],
    ["", undefined],
  ];
  for (const [text, wanted] of cases) {
    const record = readLine(`1: ${text} 10.0.0.1/- > 10.0.0.2/- :: ? -:- - :: -`);
    if (record === undefined || record === MALFORMED) {
      assertEquals(record === MALFORMED, wanted === undefined, text);
      continue;
    }
    const { ipVersion, protocol, protocolNumber } = record;
    const found = { ipVersion, protocol, protocolNumber };
    assertEquals(JSON.parse(JSON.stringify(found)), wanted, text);
  }
});

Deno.test("conntrack-logger calls malformed what is anything else", () => {
  const lines = [
    "x",
    "1373127181",
    FLOW,
    `${FLOW} ::`,
    `${FLOW} :: 1 2 3`,
    `${FLOW} :: 1 2:3`,
    `${FLOW} :: 1 2 /a:3 :: -`,
    `${FLOW} :: x 1:1 - :: -`,
    `${FLOW} :: 1 x:1 - :: -`,
    `${FLOW} :: 1 1:x - :: -`,
    `${FLOW} :: 99999999999 1:1 - :: -`,
    "x: ipv4/tcp 192.0.2.1/5 > 192.0.2.2/6 :: ? -:- - :: -",
    "1: ipv4/tcp 192.0.2.1/5 < 192.0.2.2/6 :: ? -:- - :: -",
    "1: ipv4/tcp 192.0.2.1:5 > 192.0.2.2/6 :: ? -:- - :: -",
    "1: ipv4/tcp 192.0.2.1/99999 > 192.0.2.2/6 :: ? -:- - :: -",
    "1: ipv4/tcp a/5 > 192.0.2.2/6 :: ? -:- - :: -",
  ];
  for (const line of lines) assertEquals(readLine(line), MALFORMED, line);
  assertEquals(readLine(""), undefined);
});

Deno.test("conntrack-logger recognises its own logs only", () => {
  assertRecognises(CONNTRACK_LOGGER, ["conntrack-logger"]);
});

/** The end as a line tells it; undefined where its address is none. */
function told(end: Connection["remote"]): Connection["local"] | undefined {
  const { ip = "", port } = end ?? {};
  const address = ip === "" ? undefined : canonicalIp(ip);
  if (ip !== "" && address === undefined) return undefined;
  return { ...(address !== undefined && { ip: address }), ...(port !== undefined && { port }) };
}

Deno.test("conntrack-logger reads what --format template writes", () => {
  const { line } = createTemplateFormat({ color: false, now: 0 });
  const ips = fc.option(fc.oneof(fc.ipV4(), fc.ipV6()), { nil: undefined, freq: 20 });
  const keywords = fc.constantFrom("tcp", "udp", "ipv6-icmp", "99");
  let compared = 0;
  assertCovering(
    fc.property(hostileConnection, ips, ips, keywords, (any, localIp, remoteIp, protocol) => {
      const sent: Connection = {
        ...any,
        protocol,
        local: { ...any.local, ...(localIp !== undefined && { ip: localIp }) },
        ...(any.remote !== undefined &&
          { remote: { ...any.remote, ...(remoteIp !== undefined && { ip: remoteIp }) } }),
      };
      const record = readLine(line(sent).slice(0, -1));
      const ends = [told(sent.local), told(sent.remote)];
      const [source, destination] = localIsSource(sent) ? ends : ends.reverse();
      if (source === undefined || destination === undefined) {
        return assertEquals(record, MALFORMED);
      }
      assert(record !== undefined && record !== MALFORMED);
      assertEquals(record.time, Math.floor(sent.time / 1e6) * 1e6);
      assertEquals([record.ipVersion, record.protocol], [sent.ipVersion, protocol]);
      const isListener = Object.keys(source).length === 0;
      assertEquals(record.local, isListener ? destination : source);
      assertEquals(record.remote, isListener ? undefined : destination);
      const { pid, uid, gid, cgroup, commandLine = [], commandLineBytes } = sent.process ?? {};
      assertEquals(record.process?.pid, pid);
      assertEquals(record.process?.uid, uid);
      assertEquals(record.process?.gid, gid);
      const text = commandLine.join(" ") + (commandLineBytes === undefined ? "" : " …");
      assertEquals(record.process?.commandLine, text === "" ? undefined : [text]);
      const isPath = /^\/[^\n\ud800-\udfff]*$/u.test(cgroup ?? "");
      if (isPath) assertEquals(record.process?.cgroup, cgroup?.replace(/ \(deleted\)$/, ""));
      compared++;
    }),
    { numRuns: 2000 },
    () => assert(compared > 500, String(compared)),
  );
});
