import { assert, assertEquals } from "@std/assert";
import { parseFlow, parseFlowLine } from "./parse.ts";

const TCP = "src=10.0.0.1 dst=10.0.0.2 sport=4000 dport=80";
const TCP_REPLY = "src=10.0.0.2 dst=10.0.0.1 sport=80 dport=4000";
const NEW_TCP = `    [NEW] tcp      6 120 SYN_SENT ${TCP} [UNREPLIED] ${TCP_REPLY}`;

Deno.test("parseFlowLine reads a line as bytes as well as a string", function () {
  const event = parseFlowLine(NEW_TCP);
  assertEquals(event?.original, { src: "10.0.0.1", dst: "10.0.0.2", sport: 4000, dport: 80 });
  assertEquals(parseFlowLine(new TextEncoder().encode(NEW_TCP)), event);
});

Deno.test("parseFlow reads a line in the middle of a chunk", function () {
  const chunk = new TextEncoder().encode(`${NEW_TCP} id=77\n${NEW_TCP}\n`);
  const lineEnd = chunk.indexOf(0x0a);
  assertEquals(parseFlow(chunk, 0, lineEnd)?.id, 77);
  assertEquals(parseFlow(chunk, lineEnd + 1, chunk.length - 1), parseFlowLine(NEW_TCP));
});

Deno.test("parseFlowLine reads both forms of the time stamp as a number of microseconds", function () {
  assertEquals(parseFlowLine(`[1656942980.000042]\t${NEW_TCP}`)?.timestampUs, 1656942980000042);
  assertEquals(parseFlowLine(`[1656942980.42    ]\t${NEW_TCP}`)?.timestampUs, 1656942980000042);
  assertEquals(parseFlowLine(`[1656942980.4200000]\t${NEW_TCP}`), undefined);
  assertEquals(parseFlowLine(`[1656942980]\t${NEW_TCP}`), undefined);
});

Deno.test("parseFlowLine reads the end of a flow with and without time-out and state", function () {
  const killed = parseFlowLine(`[DESTROY] tcp      6 119 TIME_WAIT ${TCP} ${TCP_REPLY} [ASSURED]`);
  assertEquals([killed?.timeout, killed?.state, killed?.assured], [119, "TIME_WAIT", true]);
  const expired = parseFlowLine(`[DESTROY] tcp      6 TIME_WAIT ${TCP} ${TCP_REPLY} [ASSURED]`);
  assertEquals([expired?.timeout, expired?.state], [undefined, "TIME_WAIT"]);
  // Kernels before 5.11 say neither.
  const old = parseFlowLine(`[DESTROY] tcp      6 ${TCP} ${TCP_REPLY} [ASSURED]`);
  assertEquals([old?.timeout, old?.state, old?.event], [undefined, undefined, "destroy"]);
});

Deno.test("parseFlowLine tells the three ids of an ICMP line apart", function () {
  const event = parseFlowLine(
    "    [NEW] icmp     1 30 src=10.0.0.1 dst=10.0.0.2 type=8 code=0 id=11 [UNREPLIED] " +
      "src=10.0.0.2 dst=10.0.0.1 type=0 code=0 id=12 id=2064167697",
  );
  assertEquals(event?.original.icmp, { type: 8, code: 0, id: 11 });
  assertEquals(event?.reply.icmp, { type: 0, code: 0, id: 12 });
  assertEquals(event?.id, 2064167697);
});

Deno.test("parseFlowLine tells the IP version by the addresses, and refuses a mixture", function () {
  const line = (extended: string, src: string, dst: string) =>
    `    [NEW] ${extended}unknown  99 600 src=${src} dst=${dst} [UNREPLIED] src=${dst} dst=${src}`;
  assertEquals(parseFlowLine(line("", "10.0.0.1", "10.0.0.2"))?.ipVersion, 4);
  assertEquals(parseFlowLine(line("", "fd99::1", "fd99::2"))?.ipVersion, 6);
  assertEquals(parseFlowLine(line("ipv6     10 ", "fd99::1", "fd99::2"))?.ipVersion, 6);
  assertEquals(parseFlowLine(line("", "fd99::1", "10.0.0.2")), undefined);
  assertEquals(parseFlowLine(line("ipv4     2 ", "fd99::1", "fd99::2")), undefined);
  assertEquals(parseFlowLine(line("ipv6     2 ", "fd99::1", "fd99::2")), undefined);
  assertEquals(parseFlowLine(line("", "fd99::1", "fd99::2"))?.protocol, "99");
});

Deno.test("parseFlowLine gives addresses in the form of lib/ip.ts", function () {
  const source = (src: string) =>
    parseFlowLine(`[NEW] esp      50 600 src=${src} dst=::1 src=::1 dst=${src}`)?.original.src;
  // The C library prints the last 32 bits of ::/96 in dotted decimal, RFC 5952 does not.
  assertEquals(source("::10.0.0.1"), "::a00:1");
  assertEquals(source("::ffff:10.0.0.1"), "10.0.0.1");
  assertEquals(source("FD99:0:0:0:0:0:0:1"), "fd99::1");
  assertEquals(source("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2:3:4:5:6");
  for (const text of ["", "fd99::1%eth0", "fd99:::1", "10.0.0.256", "10.0.0.01", "10.0.0.1."]) {
    assertEquals(source(text), undefined, text);
  }
});

Deno.test("parseFlowLine takes the words for what the version does not print at all", function () {
  const line = `ipv4     2 tcp      6 431999 ESTABLISHED ${TCP} ${TCP_REPLY}`;
  assertEquals(parseFlowLine(`${line} [HW_OFFLOAD] mark=0 use=2`)?.offload, "hardware");
  assertEquals(parseFlowLine(`${line} [OFFLOAD] mark=0 use=2`)?.offload, "software");
  const event = parseFlowLine(
    `${line} [ASSURED] mark=1 secmark=2 secctx=system_u:object_r:ssh_t:s0 zone=3 use=4`,
  );
  assertEquals(event?.secctx, "system_u:object_r:ssh_t:s0");
  assertEquals([event?.mark, event?.secmark, event?.zone, event?.use], [1, 2, 3, 4]);
  assertEquals([event?.event, event?.offload], ["dump", undefined]);
});

Deno.test("parseFlowLine leaves out what is not to be believed", function () {
  // The clock was set back between the start and the stop.
  const backwards = parseFlowLine(`${NEW_TCP} delta-time=18446744073709551615 id=1`);
  assertEquals([backwards?.deltaTime, backwards?.id], [undefined, 1]);
  const odd = parseFlowLine(`${NEW_TCP} [start=whenever] [stop=Sat Feb 31 02:00:00 2026] id=1`);
  assertEquals([odd?.start, odd?.stop, odd?.id], [undefined, undefined, 1]);
});

Deno.test("parseFlowLine reads label names with blanks, and labels without names", function () {
  const line = `${NEW_TCP} id=1 labels=suspicious flow,web`;
  assertEquals(parseFlowLine(line)?.labels, ["suspicious flow", "web"]);
  const userspace = parseFlowLine(`${line} [USERSPACE] portid=5`);
  assertEquals(userspace?.labels, ["suspicious flow", "web"]);
  assertEquals(userspace?.userspace, { portid: 5 });
  const nameless = parseFlowLine(`${NEW_TCP} id=1 labels`);
  assertEquals([nameless?.id, nameless?.labels], [1, undefined]);
});

Deno.test("parseFlowLine reads all forms of [USERSPACE], whatever the program is called", function () {
  const userspace = (text: string) => parseFlowLine(`${NEW_TCP} ${text}`)?.userspace;
  assertEquals(userspace("[USERSPACE]"), {});
  assertEquals(userspace("[USERSPACE] portid=7"), { portid: 7 });
  assertEquals(userspace("[USERSPACE] portid=7 progname=a b [NEW]"), {
    portid: 7,
    progname: "a b [NEW]",
  });
  // The event counts, not the name.
  assertEquals(userspace("[USERSPACE] portid=7 progname=\x1b[2J"), { portid: 7 });
  assertEquals(userspace("[USERSPACE] portid=7 progname="), { portid: 7 });
});

Deno.test("parseFlowLine refuses a line that conntrack has cut", function () {
  for (
    const [room, readable] of [[1022, true], [1023, false], [1024, true], [4095, false]] as const
  ) {
    const start = `${NEW_TCP} id=1 labels=`;
    const line = start + "x".repeat(room - start.length);
    assertEquals(parseFlowLine(line) !== undefined, readable, `${room}`);
    // Neither the time stamp nor the tool counts, they have no part in the buffer.
    const around = `[1656942980.000042]\t${line} [USERSPACE] portid=7`;
    assertEquals(parseFlowLine(around) !== undefined, readable, `${room}`);
  }
});

Deno.test("parseFlowLine refuses everything that is not whole", function () {
  assert(parseFlowLine(NEW_TCP) !== undefined);
  for (
    const line of [
      "",
      "conntrack v1.4.7 (conntrack-tools): 3 flow entries have been shown.",
      "    [NEW] 300 proto=6 src=10.0.0.1 dst=10.0.0.2 sport=0 dport=21",
      NEW_TCP.slice(0, NEW_TCP.lastIndexOf(" ")),
      NEW_TCP.slice(0, NEW_TCP.indexOf(" [UNREPLIED]")),
      NEW_TCP.replace("[NEW]", "[OLD]"),
      NEW_TCP.replace("dport=80", "dport=65536"),
      NEW_TCP.replace("dport=80", "dport=-1"),
      NEW_TCP.replace("dport=80", "dport="),
      NEW_TCP.replace("SYN_SENT", "SYN[SENT"),
      NEW_TCP.replace("sport=80 ", ""),
      NEW_TCP.replace("tcp      6", "tcp      256"),
      NEW_TCP + "x",
      NEW_TCP + " mark=1x",
      NEW_TCP + " mark=4294967296",
      NEW_TCP + " something=1",
      NEW_TCP + " id=1 mark=1",
      NEW_TCP + " helper=a\x07b",
      NEW_TCP + " [start=Sat Nov 21 01:59:40 2026",
      NEW_TCP + "\r",
    ]
  ) assertEquals(parseFlowLine(line), undefined, line);
});

Deno.test("parseFlowLine reads times as local time or as UTC", function () {
  const start = (time: string, zone: "local" | "utc") =>
    parseFlowLine(`${NEW_TCP} [start=${time}]`, zone)?.start;
  // Texts of this test alone: what a time means is remembered.
  const before = Deno.env.get("TZ");
  try {
    Deno.env.set("TZ", "America/New_York");
    assertEquals(start("Sat Nov 21 02:30:00 2026", "utc"), Date.UTC(2026, 10, 21, 2, 30, 0) * 1e3);
    assertEquals(
      start("Sat Nov 21 02:30:00 2026", "local"),
      Date.UTC(2026, 10, 21, 7, 30, 0) * 1e3,
    );
    assertEquals(start("Wed Jul  1 00:00:00 2026", "local"), Date.UTC(2026, 6, 1, 4) * 1e3);
    // Clocks are set back at 2: of the two moments with this text, the earlier one.
    assertEquals(start("Sun Nov  1 01:30:00 2026", "local"), Date.UTC(2026, 10, 1, 5, 30) * 1e3);
  } finally {
    if (before === undefined) Deno.env.delete("TZ");
    else Deno.env.set("TZ", before);
  }
});
