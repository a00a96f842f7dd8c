import { assertEquals } from "@std/assert";
import { EventDecoder } from "./decode.ts";
import type { TraceEvent } from "./event.ts";
import { fixture, fixtureText, formatsOf, layoutOf } from "./page_test_tools.ts";

/** As include/net/tcp_states.h numbers them. */
const STATES =
  "- ESTABLISHED SYN_SENT SYN_RECV FIN_WAIT1 FIN_WAIT2 TIME_WAIT CLOSE CLOSE_WAIT LAST_ACK LISTEN"
    .split(" ").map((name) => "TCP_" + name);

/** Both are made of what the kernel prints of an event. */
function line(event: TraceEvent): string {
  const head = `${event.tid} ${event.interrupted ? "interrupt" : "thread"} ${event.type}`;
  const ends = "local" in event
    ? `${event.local.ip} ${event.local.port} ${event.remote.ip} ${event.remote.port}`
    : "";
  switch (event.type) {
    case "state":
      return `${head} ${ends} ${STATES[event.oldState]} ${STATES[event.newState]}`;
    case "error":
      return `${head} ${ends} ${event.error}`;
    case "route":
      return `${head} ${ends} ${event.protocol} ${event.table} ${event.error}`;
    case "destroy":
    case "retransmit":
      return `${head} ${ends}`;
    case "send":
      return `${head} ${event.protocol} ${event.result}`;
    case "reset":
      return `${head} ${event.sent ? "send" : "receive"}`;
    case "fork":
      return `${head} ${event.child} ${event.comm} ${event.thread}`;
    case "exec":
      return `${head} ${event.filename} ${event.pid} ${event.oldPid}`;
    case "exit":
      return `${head} ${event.comm}`;
  }
}

/** What the kernel's text of an event says, and its time in microseconds. */
function kernelLine(text: string): { line: string; time: number } | undefined {
  const [, tid, flags = "", seconds, micros, event, rest = ""] =
    /^ *.{1,16}-(\d+) +\[\d+\] (\S{5}) +(\d+)\.(\d{6}): (\w+): (.*)$/.exec(text) ?? [];
  const context = /[hHsSzZ]/.test(flags.charAt(2)) ? "interrupt" : "thread";
  const time = Number(seconds) * 1e6 + Number(micros);
  const made = (type: string, ...words: unknown[]) => ({
    line: [tid, context, type, ...words].join(" "),
    time,
  });
  const field = (name: string) => new RegExp(`\\b${name}=(\\S+)`).exec(rest)?.[1] ?? "";
  const matched = (pattern: RegExp) => pattern.exec(rest)?.slice(1) ?? [];
  const ends = () => {
    const ipv4 = (field("saddrv6") + field("daddrv6")).includes("::ffff:");
    const [local, remote] = ipv4 ? ["saddr", "daddr"] : ["saddrv6", "daddrv6"];
    return [field(local ?? ""), field("sport"), field(remote ?? ""), field("dport")];
  };
  switch (event) {
    case "inet_sock_set_state":
      return made("state", ...ends(), field("oldstate"), field("newstate"));
    case "inet_sk_error_report":
      return made("error", ...ends(), field("error"));
    case "tcp_send_reset":
    case "tcp_receive_reset":
      if (field("skaddr") === "0000000000000000") return undefined;
      return made("reset", event.slice(4, -6));
    case "tcp_retransmit_skb":
      return made("retransmit", ...ends());
    case "fib_table_lookup":
    case "fib6_table_lookup": {
      const [table, protocol, local, localPort, remote, remotePort, error] = matched(
        /^table +(\d+) .* proto (\d+) (\S+)\/(\d+) -> (\S+)\/(\d+) .* err (-?\d+)$/,
      );
      return made("route", local, localPort, remote, remotePort, protocol, table, error);
    }
    case "task_newtask": {
      const [child, comm, flags = ""] = matched(/^pid=(\d+) comm=(.*) clone_flags=(\w+) /);
      return made("fork", child, comm, (parseInt(flags, 16) & 0x10000) !== 0);
    }
    case "sched_process_exec":
      return made("exec", ...matched(/^filename=(.*) pid=(\d+) old_pid=(\d+)$/));
    case "sched_process_exit":
      return made("exit", ...matched(/^comm=(.*) pid=/));
    case "tracing_mark_write":
      // Nothing for the collector: none of its formats.
      return undefined;
    default:
      throw new Error(`unexpected line ${JSON.stringify(text)}`);
  }
}

const PAGES = [
  { name: "connections", lost: 0, unknownIds: 2, events: 53 },
  { name: "errors_routes_tasks", lost: 0, unknownIds: 0, events: 55 },
  { name: "lost", lost: 615, unknownIds: 0, events: 56 },
  { name: "unanswered", lost: 0, unknownIds: 0, events: 16 },
  { name: "large", lost: 0, unknownIds: 2, events: 108 },
];

for (const { name, lost, unknownIds, events } of PAGES) {
  Deno.test(`EventDecoder reads page "${name}" as the kernel prints it`, () => {
    const decoder = new EventDecoder(formatsOf("6.18"), layoutOf("6.18"), (boot) => boot);
    const into: TraceEvent[] = [];
    const result = decoder.decode(fixture(`pages/${name}.bin`), into);
    assertEquals(result, { lost, unknownIds, malformed: 0 });
    assertEquals(into.length, events);
    const wanted = fixtureText(`pages/${name}.txt`).trimEnd().split("\n")
      .map(kernelLine).filter((each) => each !== undefined);
    assertEquals(into.map(line), wanted.map((each) => each.line));
    // The kernel prints the nearest microsecond.
    into.forEach((event, i) => {
      assertEquals(Math.abs(event.boot - (wanted[i]?.time ?? 0)) <= 0.5001, true);
    });
  });
}
