import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { parseSsLine } from "./ss_line.ts";

const FIXTURES = new URL("../../../fixtures/trace/ss/", import.meta.url);

function read(name: string): string[] {
  return Deno.readTextFileSync(new URL(name, FIXTURES)).trimEnd().split("\n");
}

/** What the parser makes of it, in few words. */
function brief(line: string): string {
  const totals = parseSsLine(line);
  if (totals === undefined) return "none";
  const { state, receiveQueue, local, remote, bytesSent, bytesReceived } = totals;
  return `${state} ${receiveQueue} ${local.ip} ${local.port} ${remote.ip} ${remote.port} ` +
    `${bytesSent} ${bytesReceived}`;
}

Deno.test("parseSsLine reads what iproute2 6.1 prints of destroyed sockets", function () {
  assertEquals(read("events-6.1.txt").map(brief), [
    "UNCONN 0 127.0.0.1 46406 127.0.0.1 40001 100 70",
    "UNCONN 91 127.0.0.1 40001 127.0.0.1 46406 70 101",
    "UNCONN 0 ::1 40988 ::1 40002 100 70",
    "UNCONN 91 ::1 40002 ::1 40988 70 101",
    "UNCONN 0 127.0.0.1 54294 127.0.0.1 40003 100 70",
    "UNCONN 91 127.0.0.1 40003 127.0.0.1 54294 70 101",
    "UNCONN 0 fe80::1 44160 fe80::1 40004 100 70",
    "UNCONN 91 fe80::1 40004 fe80::1 44160 70 101",
    "UNCONN 0 127.0.0.1 58834 127.0.0.1 40005 3 0",
    "UNCONN 4 127.0.0.1 40005 127.0.0.1 58834 0 4",
    "UNCONN 1 127.0.0.1 52922 127.0.0.1 40006 0 1",
    "UNCONN 1 127.0.0.1 40006 127.0.0.1 52922 0 1",
    // It was never connected.
    "none",
  ]);
});

Deno.test("parseSsLine knows the cookie", function () {
  const [line = ""] = read("events-6.1.txt");
  assertEquals(parseSsLine(line)?.cookie, 0x588ec);
  // The kernel gives cookies from both ends of 64 bits.
  const high = line.replace("sk:588ec", "sk:fffffffffffffff7");
  assertEquals(parseSsLine(high)?.cookie, 0xffffffffffff7);
  const none = parseSsLine(line.replace("sk:588ec", ""));
  assertEquals(none !== undefined && "cookie" in none, false);
});

Deno.test("parseSsLine reads other versions", function () {
  // Before 4.16 IPv6 addresses have no brackets, before 4.19 there is no bytes_sent.
  assertEquals(
    brief(
      "UNCONN     0      0      ::1:41234                ::1:8080                ino:0 sk:1b -- " +
        "ts sack cubic wscale:7,7 rto:204 rtt:0.03/0.01 ato:40 mss:21888 cwnd:10 bytes_acked:9 " +
        "bytes_received:5 segs_out:5 segs_in:4 data_segs_out:1 data_segs_in:1 send 58368.0Mbps",
    ),
    "UNCONN 0 ::1 41234 ::1 8080 undefined 5",
  );
  // Nothing was sent: also without bytes_sent that is known.
  assertEquals(
    brief("UNCONN 0 0 ::ffff:10.0.0.1:80 ::ffff:10.0.0.2:4000 cwnd:10 bytes_received:5 segs_in:3"),
    "UNCONN 0 10.0.0.1 80 10.0.0.2 4000 0 5",
  );
  // With another column first, and words that are not known.
  assertEquals(
    brief(
      "tcp UNCONN 1 0 192.0.2.1%eth0:80 192.0.2.2:4000 uid:1000 ino:0 sk:5 --- rto:204 cwnd:10 " +
        "bytes_sent:300 bytes_retrans:100 bytes_acked:201 bytes_received:8 segs_in:3 rcv_wnd:65536 novel:x",
    ),
    "UNCONN 1 192.0.2.1 80 192.0.2.2 4000 200 8",
  );
});

Deno.test("parseSsLine is not deceived by the name of a control group", function () {
  assertEquals(
    brief(
      "ESTAB 0 0 10.0.0.1:80 10.0.0.2:4000 ino:7 sk:5 cgroup:/x cwnd:9 bytes_sent:999 segs_in:9 " +
        "bytes_received:999 <-> ts rto:204 cwnd:10 segs_out:2 segs_in:1",
    ),
    "ESTAB 0 10.0.0.1 80 10.0.0.2 4000 0 0",
  );
});

Deno.test("parseSsLine refuses what is no such line", function () {
  for (
    const line of [
      "",
      "State Recv-Q Send-Q Local Address:Port Peer Address:Port Process",
      "UNCONN 0 0 127.0.0.1:80 127.0.0.1:81",
      "UNCONN 0 0 127.0.0.1:80 127.0.0.1:81 ino:0 sk:1",
      "LISTEN 0 5 *:80 *:* cwnd:10",
      "UNCONN 0 0 127.0.0.1:80 127.0.0.1:http cwnd:10",
      "UNCONN 0 0 127.0.0.1:80 127.0.0.1:70000 cwnd:10",
      "UNCONN 0 0 127.0.0.1:80 name:81 cwnd:10",
      "UNCONN 0 0 127.0.0.1:80 127.0.0.1:81 cwnd:10 bytes_sent:-1",
      "UNCONN 0 0 127.0.0.1:80 127.0.0.1:81 cwnd:10 bytes_received:1e9",
      "UNCONN 0 0 127.0.0.1:80 127.0.0.1:81 cwnd:10 segs_in:99999999999999999999",
    ]
  ) assertEquals(parseSsLine(line), undefined, line);
});

Deno.test("parseSsLine never throws, and gives no number that is none", function () {
  const lines = [...read("events-6.1.txt"), ...read("table-6.1.txt")];
  const word = fc.constantFrom(" cwnd:", " bytes_sent:", ":", "[", "%", " ", "\0", "9".repeat(30));
  const mutated = fc.tuple(
    fc.constantFrom(...lines),
    fc.nat(400),
    fc.nat(8),
    fc.oneof(word, fc.string()),
  )
    .map(([line, at, cut, put]) => line.slice(0, at) + put + line.slice(at + cut));
  fc.assert(
    fc.property(fc.oneof(fc.string(), mutated), (line) => {
      const totals = parseSsLine(line);
      if (totals === undefined) return;
      const { bytesSent = 0, bytesReceived, segmentsIn, receiveQueue, cookie = 0, local } = totals;
      for (
        const count of [bytesSent, bytesReceived, segmentsIn, receiveQueue, cookie, local.port]
      ) {
        assertEquals(Number.isSafeInteger(count) && count >= 0, true, line);
      }
    }),
    { numRuns: 500 },
  );
});
