import { assertEquals, assertMatch } from "@std/assert";
import type { Connection } from "../connection.ts";
import { localTime } from "../time.ts";
import { createLognetConnectionsFormat, createLognetProcessesFormat } from "./lognet.ts";
import { pythonRepr } from "./python_repr.ts";
import { BARE_PROCESS, CURL, SAMPLES, TIME } from "./test_records.ts";

const CONTEXT = { color: false, now: TIME };
const open = SAMPLES["open"]!;
const listen = SAMPLES["listen"]!;

/** The line without its time. */
function rest(record: Connection): string {
  const line = createLognetConnectionsFormat(CONTEXT).line(record);
  assertEquals(line.slice(0, 19), localTime(record.time, "|"));
  return line.slice(20, -1);
}

Deno.test("lognet begins each file with the three lines of the original", () => {
  const date = localTime(TIME, " ");
  assertMatch(date, /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);
  assertEquals(
    createLognetConnectionsFormat(CONTEXT).header,
    `#Version: 1.0\n#Date: ${date}\n#Fields: timestamp prot laddr lport raddr rport status upid\n`,
  );
  assertEquals(
    createLognetProcessesFormat(CONTEXT).header,
    `#Version: 1.0\n#Date: ${date}\n#Fields: timestamp upid [command_line with parameters]\n`,
  );
});

Deno.test("lognet writes connections as the original did", () => {
  const upid = "curl|4711|1795226499.25";
  assertEquals(rest(open), `TCP 10.0.0.5 43210 93.184.216.34 443 ESTABLISHED ${upid}`);
  assertEquals(
    rest({ ...listen, process: BARE_PROCESS }),
    "TCP :: 22 - - LISTEN Web Content|1|1795226863.0",
  );
  assertEquals(rest(SAMPLES["listen over UDP"]!), `UDP 0.0.0.0 68 - - NONE ${upid}`);
  assertEquals(
    rest(SAMPLES["close without start or process"]!),
    "TCP 10.0.0.5 43210 93.184.216.34 443 TIME_WAIT -",
  );
  assertEquals(
    rest({ ...open, local: { ip: "10.0.0.5", port: 0 } }).slice(0, 8),
    "TCP - - ",
  );
});

Deno.test("lognet knows psutil's word for every state", () => {
  const words = "ESTABLISHED SYN_SENT SYN_RECV FIN_WAIT1 FIN_WAIT2 TIME_WAIT CLOSE CLOSE_WAIT " +
    "LAST_ACK LISTEN CLOSING";
  for (const word of words.split(" ")) {
    assertEquals(rest({ ...open, state: word.toLowerCase() }).split(" ")[5], word);
  }
  assertEquals(rest({ ...open, state: "evil state" }).split(" ")[5], "-");
});

Deno.test("lognet writes each connection once, and only TCP and UDP", () => {
  const format = createLognetConnectionsFormat(CONTEXT);
  const { start: _, ...withoutStart } = open;
  const old: Connection = { ...withoutStart, id: "old", preexisting: true };
  const events: [Connection, boolean][] = [
    [open, true],
    [{ ...open, event: "update" }, false],
    [{ ...open, event: "close" }, false],
    [old, true],
    [{ ...old, event: "close" }, false],
    [{ ...old, id: "never seen open", event: "close" }, true],
    [{ ...open, event: "summary" }, false],
    [{ ...open, protocol: "icmp" }, false],
    [{ ...open, protocol: "udplite" }, false],
  ];
  for (const [record, written] of events) assertEquals(format.line(record) !== "", written);
});

Deno.test("lognet writes each process once, and forgets the one unseen for longest", () => {
  const format = createLognetProcessesFormat(CONTEXT, 2);
  const line = (pid: number) => format.line({ ...open, process: { ...CURL, pid } }) !== "";
  assertEquals([1, 1, 2, 1, 3, 1, 2].map(line), [true, false, true, false, true, false, true]);
});

Deno.test("lognet writes command lines as a Python list, and an empty one as a dash", () => {
  const { line } = createLognetProcessesFormat(CONTEXT);
  assertEquals(
    line(open).slice(20),
    `curl|4711|1795226499.25 ['curl', '-s', 'https://example.org/a?b=c&d', "it's", 'a\\nb']\n`,
  );
  assertEquals(
    line({ ...open, process: BARE_PROCESS }).slice(20),
    "Web Content|1|1795226863.0 -\n",
  );
  assertEquals(line(SAMPLES["close without start or process"]!), "");
});

Deno.test("lognet lets no process pose as another one", () => {
  const { line } = createLognetProcessesFormat(CONTEXT);
  const process = { ...BARE_PROCESS, name: "a|1|1.0 ['x']\n" };
  assertEquals(
    line({ ...open, process }).slice(20),
    "a|1|1.0 \\x5b'x']\\n|1|1795226863.0 -\n",
  );
});

Deno.test("pythonRepr chooses quotes as Python does", () => {
  const cases: [string, string][] = [
    ["a", "'a'"],
    ["it's", `"it's"`],
    [`"`, `'"'`],
    [`'"`, `'\\'"'`],
    ["\\\n\x7f\u00a0\u2028\u{e0041}🦕", "'\\\\\\n\\x7f\\xa0\\u2028\\U000e0041🦕'"],
    ["\ud800", "'\\ud800'"],
  ];
  for (const [text, repr] of cases) assertEquals(pythonRepr(text), repr);
});
