import { assert, assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import { HEADER, readTraffic, rowOf } from "./traffic_test_tools.ts";

const REAL = new URL("../../fixtures/littlesnitch/traffic.csv", import.meta.url);

Deno.test("TrafficReader makes a record of each row that people have published", function () {
  const { records, counters, columns, other } = readTraffic(Deno.readFileSync(REAL));
  const [chrome, responder, signal] = records.map(({ id, ...rest }) => {
    assertMatch(id, /^[\w-]{12}-[0-9a-z]+$/);
    return rest;
  });
  const common = {
    event: "summary",
    outcome: "unknown",
    ipVersion: 4,
    attribution: "exact",
    count: 0,
    denied: 0,
    collector: "littlesnitch",
    host: { id: "h", name: "n" },
  };
  const time = Date.UTC(2021, 0, 2, 10, 2) * 1000;
  const later = Date.UTC(2026, 4, 29, 7) * 1000;
  const frameworks = "/Applications/Google Chrome.app/Contents/Frameworks";
  assertEquals<unknown>(chrome, {
    ...common,
    time,
    first: time,
    direction: "egress",
    protocol: "udp",
    protocolNumber: 17,
    local: {},
    remote: { ip: "8.8.8.8", port: 443, name: "dns.google", nameSource: "littlesnitch" },
    bytesIn: 1284,
    bytesOut: 199,
    process: {
      name: "Google Chrome Helper",
      executable: `${frameworks}/Google Chrome Framework.framework/Versions/87.0.4280.88` +
        "/Helpers/Google Chrome Helper.app/Contents/MacOS/Google Chrome Helper",
      uid: 501,
      parent: {
        name: "Google Chrome",
        executable: "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
      },
    },
  });
  assertEquals<unknown>(responder, {
    ...common,
    time: later,
    first: later,
    direction: "ingress",
    protocol: "udp",
    protocolNumber: 17,
    local: { port: 5353 },
    remote: { ip: "192.168.0.91" },
    bytesIn: 9777,
    bytesOut: 350,
    process: { name: "mDNSResponder", executable: "/usr/sbin/mDNSResponder", uid: 65 },
  });
  assertEquals(signal?.process?.parent?.name, "Signal");
  assertEquals(signal?.protocol, "tcp");
  assertEquals(counters, { read: 3, dropped: {}, degraded: {} });
  assertEquals([columns?.missing, other], [[], []]);
});

Deno.test("TrafficRows tells by the counters how it ended", function () {
  const counts = ["1,0,0,0", "1,2,0,0", "0,2,0,0", "0,0,0,0", ",2,0,0", "0,,0,0", "3,,0,0"];
  const text = [HEADER, ...counts.map((counts) => rowOf({ counts }))].join("\n");
  const { records } = readTraffic(text);
  assertEquals(
    records.map(({ outcome, count, denied }) => [outcome, count, denied]),
    [
      ["established", 1, 0],
      ["established", 3, 2],
      ["denied", 2, 2],
      ["unknown", 0, 0],
      ["unknown", undefined, 2],
      ["unknown", 0, undefined],
      ["established", 3, undefined],
    ],
  );
  assert(!("count" in (records[4] ?? {})));
});

Deno.test("TrafficRows goes by the names of the columns", function () {
  const header = "more,parentAppExecutable,ipAddress,direction,byteCountIn,date,more";
  const text = `${header}\nx,"/p/q",::FFFF:192.0.2.7,in,5,2021-01-02T10:02:00Z,"y,"\n`;
  const { records, columns } = readTraffic(text);
  const [{ id: _id, ...record } = {}] = records;
  const time = Date.UTC(2021, 0, 2, 10, 2) * 1000;
  assertEquals<unknown>(record, {
    event: "summary",
    time,
    first: time,
    direction: "ingress",
    outcome: "unknown",
    ipVersion: 4,
    local: {},
    remote: { ip: "192.0.2.7" },
    bytesIn: 5,
    process: { parent: { executable: "/p/q", name: "q" } },
    attribution: "none",
    attributionReason: "Little Snitch names no executable",
    collector: "littlesnitch",
    host: { id: "h", name: "n" },
  });
  assertEquals(columns?.missing.length, 8);
});

Deno.test("TrafficRows has ports only for protocols with ports, and writes addresses one way", function () {
  const text = [
    HEADER,
    rowOf({ protocol: "1", port: "0" }),
    rowOf({ protocol: "58", ip: "2001:DB8:0:0::1" }),
    rowOf({ protocol: "17", port: "0" }),
    rowOf({ protocol: "", port: "53", direction: "in" }),
  ].join("\n");
  assertEquals(
    readTraffic(text).records.map(({ protocol, ipVersion, local, remote }) => [
      protocol,
      ipVersion,
      local.port,
      remote?.ip,
      remote?.port,
    ]),
    [
      ["icmp", 4, undefined, "192.0.2.1", undefined],
      ["ipv6-icmp", 6, undefined, "2001:db8::1", undefined],
      ["udp", 4, undefined, "192.0.2.1", 0],
      [undefined, 4, 53, "192.0.2.1", undefined],
    ],
  );
});

Deno.test("TrafficRows never makes a record of a row with a field that is wrong", function () {
  const wrong = [
    rowOf({ date: "yesterday" }),
    rowOf({ direction: "OUT" }),
    rowOf({ direction: "__proto__" }),
    rowOf({ ip: "" }),
    rowOf({ ip: "192.0.2.300" }),
    rowOf({ uid: "root" }),
    rowOf({ protocol: "256" }),
    rowOf({ protocol: "tcp" }),
    rowOf({ port: "65536" }),
    rowOf({ port: "-1" }),
    rowOf({ counts: "1,0,-5,0" }),
    rowOf({ counts: "1,0,99999999999999999999,0" }),
    rowOf() + ",more",
    "2021-01-02T10:02:00Z,out,501",
    HEADER,
  ];
  const { records, counters, other } = readTraffic([HEADER, ...wrong, rowOf()].join("\n"));
  assertEquals(records.length, 1);
  assertEquals(counters, {
    read: wrong.length + 1,
    dropped: { malformed: wrong.length },
    degraded: {},
  });
  assertEquals(other, wrong);
});

Deno.test("TrafficRows gives a row the same id whenever it is read, and other rows other ones", function () {
  const base = rowOf();
  const others = [
    rowOf({ date: "2021-01-02T10:02:01Z" }),
    rowOf({ direction: "in" }),
    rowOf({ uid: "502" }),
    rowOf({ uid: "" }),
    rowOf({ ip: "192.0.2.2" }),
    rowOf({ name: "" }),
    rowOf({ protocol: "17" }),
    rowOf({ port: "44" }),
    rowOf({ executable: '"/bin/b"' }),
    rowOf({ parent: '"/bin/a"' }),
    rowOf({ executable: "", parent: '"/bin/a"' }),
    // Side by side they are the same bytes.
    rowOf({ executable: '"/a/b"', parent: '"/c"' }),
    rowOf({ executable: '"/a"', parent: '"/b/c"' }),
    rowOf({ executable: '"/a\0\0"', parent: '"/b"' }),
    rowOf({ executable: '"/a"', parent: '"\0\0/b"' }),
  ];
  const ids = readTraffic([HEADER, base, ...others].join("\n")).records.map(({ id }) => id);
  assertEquals(new Set(ids).size, others.length + 1);
  const again = readTraffic(
    [HEADER, rowOf({ counts: "9,9,9,9" }), "x", rowOf({ executable: "/bin/a" })].join("\n"),
  );
  assertEquals(again.records.map(({ id }) => id), [ids[0], ids[0]]);
  const elsewhere = readTraffic(`${HEADER}\n${base}`, { host: { id: "other", name: "n" } });
  assertNotEquals(elsewhere.records[0]?.id, ids[0]);
});
