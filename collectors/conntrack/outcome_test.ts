import { assertEquals } from "@std/assert";
import type { Outcome } from "../../lib/connection.ts";
import { outcomeOf } from "./outcome.ts";
import { flow } from "./owners/test_host.ts";

const ENDS = "src=10.0.0.1 dst=192.0.2.9 sport=4000 dport=80";
const BACK = "src=192.0.2.9 dst=10.0.0.1 sport=80 dport=4000";

/** The outcome after an event line with `%O` and `%R` for its tuples. */
function outcome(line: string, before?: Outcome): Outcome {
  return outcomeOf(flow(line.replace("%O", ENDS).replace("%R", BACK)), before);
}

Deno.test("outcomeOf knows a refused connection, also of kernels that do not say the state", () => {
  assertEquals(outcome("[DESTROY] tcp 6 120 CLOSE %O [UNREPLIED] %R"), "refused");
  assertEquals(outcome("[DESTROY] tcp 6 CLOSE %O [UNREPLIED] %R"), "refused");
  const counted = "[DESTROY] tcp 6 %O packets=1 bytes=60 [UNREPLIED] %R packets=";
  assertEquals(outcome(counted + "1 bytes=40"), "refused");
  assertEquals(outcome(counted + "0 bytes=0"), "unknown");
});

Deno.test("outcomeOf tells a handshake that was reset from one that expired", () => {
  assertEquals(outcome("[DESTROY] tcp 6 9 CLOSE %O %R"), "reset");
  assertEquals(outcome("[DESTROY] tcp 6 SYN_SENT %O [UNREPLIED] %R"), "timeout");
  assertEquals(outcome("[DESTROY] tcp 6 SYN_RECV %O %R"), "timeout");
  assertEquals(outcome("[DESTROY] sctp 132 COOKIE_WAIT %O [UNREPLIED] %R"), "timeout");
});

Deno.test("outcomeOf does not take the work of a tool for the end of an attempt", () => {
  const removed = "[DESTROY] tcp 6 119 SYN_SENT %O [UNREPLIED] %R";
  assertEquals(outcome(removed), "unknown");
  assertEquals(outcome(`${removed.replace("119 ", "")} [USERSPACE] portid=1`), "unknown");
  assertEquals(outcome("[DESTROY] tcp 6 9 CLOSE %O %R", "established"), "established");
});

Deno.test("outcomeOf takes a completed handshake for established, and an answer without one", () => {
  assertEquals(outcome("[NEW] tcp 6 120 SYN_SENT %O [UNREPLIED] %R"), "unknown");
  assertEquals(outcome("[UPDATE] tcp 6 60 SYN_RECV %O %R"), "unknown");
  assertEquals(outcome("[UPDATE] tcp 6 432000 ESTABLISHED %O %R [ASSURED]"), "established");
  assertEquals(outcome("[NEW] tcp 6 300 ESTABLISHED %O [UNREPLIED] %R"), "established");
  assertEquals(outcome("[DESTROY] tcp 6 9 CLOSE %O %R [ASSURED]"), "established");
  assertEquals(outcome("[DESTROY] tcp 6 %O %R [ASSURED]"), "established");
  assertEquals(outcome("tcp 6 %O %R [OFFLOAD]"), "established");
  assertEquals(outcome("[DESTROY] sctp 132 3 SHUTDOWN_ACK_SENT %O %R"), "established");
  assertEquals(outcome("[UPDATE] sctp 132 3 COOKIE_ECHOED %O %R"), "unknown");
  assertEquals(outcome("[DESTROY] udp 17 %O %R"), "established");
  assertEquals(outcome("[DESTROY] udp 17 %O [UNREPLIED] %R"), "unknown");
});
