import { assert, assertEquals, assertThrows } from "@std/assert";
import type { OptionSpec, OptionValues } from "../cli/spec.ts";
import { optionValues } from "../cli/values.ts";
import type { Connection, ProcessIdentity } from "../connection.ts";
import { compileFilter, filterStage } from "./filter.ts";
import { type Batches, Ledger } from "./stage.ts";

const FLAGS = ["no-listen", "no-loopback", "no-private"];
const NAMES = "event ip protocol direction remote port pid process user unit".split(" ");
const OPTIONS: OptionSpec[] = [
  ...NAMES.map((name): OptionSpec => ({ name, type: "text", summary: "", repeatable: true })),
  ...FLAGS.map((name): OptionSpec => ({ name, type: "flag", summary: "" })),
];

function given(options: Record<string, readonly string[]>): OptionValues {
  return optionValues(OPTIONS, new Map(Object.entries(options)), new Map());
}

const PROCESS: ProcessIdentity = { pid: 7, start: 0, name: "sshd", entityId: "e" };

function record(fields: Partial<Connection> = {}): Connection {
  return {
    id: "1",
    event: "open",
    time: 0,
    direction: "egress",
    outcome: "unknown",
    protocol: "tcp",
    protocolNumber: 6,
    ipVersion: 4,
    local: { ip: "10.0.0.5", port: 40000 },
    attribution: "none",
    collector: "test",
    host: { id: "h", name: "h" },
    ...fields,
  };
}

/** Whether the record passes with these values of one option. */
function passes(name: string, values: string, connection: Connection): boolean {
  const keep = compileFilter(given({ [name]: values.split(" ") }));
  assert(keep !== undefined);
  return keep(connection);
}

function run(fields: Partial<ProcessIdentity>): Connection {
  return record({ process: { ...PROCESS, ...fields } });
}

Deno.test("compileFilter gives nothing when no filter is given", () => {
  assertEquals(compileFilter(given({})), undefined);
});

Deno.test("compileFilter takes values of one option as alternatives and ! as exceptions", () => {
  const tcp = record();
  const udp = record({ protocol: "udp", protocolNumber: 17 });
  const gre = record({ protocol: "gre", protocolNumber: 47 });
  const table: [string, boolean, boolean, boolean][] = [
    ["tcp", true, false, false],
    ["tcp udp", true, true, false],
    ["!tcp", false, true, true],
    ["!tcp !udp", false, false, true],
    ["tcp !tcp", false, false, false],
    ["tcp !udp", true, false, false],
    ["47 UDP", false, true, true],
    ["^ipv4/", true, true, true],
    ["4/(tcp|udp) !/udp$", true, false, false],
    ["!4/(tcp|udp)", false, false, true],
    ["ipv6/ 47", false, false, true],
  ];
  for (const [values, ...expected] of table) {
    const found = [tcp, udp, gre].map((c) => passes("protocol", values, c));
    assertEquals(found, expected, values);
  }
});

Deno.test("compileFilter asks every option", () => {
  const keep = compileFilter(given({ ip: ["4"], direction: ["egress", "local"] }));
  assert(keep?.(record()));
  assert(keep?.(record({ direction: "local" })));
  assert(!keep?.(record({ direction: "ingress" })));
  assert(!keep?.(record({ ipVersion: 6 })));
});

Deno.test("compileFilter --event keeps the kinds that are named", () => {
  assert(passes("event", "close summary", record({ event: "close" })));
  assert(!passes("event", "close summary", record()));
  assert(!passes("event", "!open", record()));
});

Deno.test("compileFilter --protocol icmpv6 means ipv6-icmp", () => {
  assert(passes("protocol", "icmpv6", record({ protocol: "ipv6-icmp", protocolNumber: 58 })));
});

Deno.test("compileFilter --remote needs a remote, and ! does not", () => {
  const listener = record({ event: "listen" });
  const named = record({ remote: { ip: "192.0.2.1", name: "www.example.com" } });
  assert(!passes("remote", "0.0.0.0/0", listener));
  assert(passes("remote", "!0.0.0.0/0", listener));
  assert(passes("remote", "192.0.2.0/24", named));
  assert(passes("remote", "example.com", named));
  assert(!passes("remote", "!example.com", named));
  assert(!passes("remote", "ample.com", named));
});

Deno.test("compileFilter --port looks at both ends", () => {
  const connection = record({ remote: { ip: "192.0.2.1", port: 443 } });
  assert(passes("port", "443", connection));
  assert(passes("port", "40000", connection));
  assert(passes("port", "1-442 444-65535", connection));
  assert(!passes("port", "1-442 444-39999", connection));
  assert(!passes("port", "!443", connection));
  assert(!passes("port", "0-65535", record({ local: { ip: "10.0.0.5" } })));
});

Deno.test("compileFilter --pid looks at the process alone", () => {
  assert(passes("pid", "7", run({})));
  assert(!passes("pid", "8", run({})));
  assert(!passes("pid", "7", record()));
  assert(passes("pid", "!7", record()));
});

Deno.test("compileFilter --process looks at name and path", () => {
  const gone = run({ executable: "/usr/sbin/sshd-session (deleted)" });
  for (
    const value of [
      "sshd",
      "ssh*",
      "sshd-session",
      "/usr/sbin/sshd-session",
      "/usr/*",
      "*/sshd-session",
      "*(deleted)",
      "/*d)",
    ]
  ) assert(passes("process", value, gone), value);
  for (const value of ["SSHD", "sbin", "/usr/sbin", "sshd/", "/sshd", "*/sshd"]) {
    assert(!passes("process", value, gone), value);
  }
  assert(!passes("process", "/*", run({})));
  assert(!passes("process", "*", record()));
});

Deno.test("compileFilter --user is the process's, else the socket's", () => {
  const socket = { type: "stream", uid: 33 } as const;
  assert(passes("user", "alice", run({ uid: 1000, user: "alice" })));
  assert(passes("user", "1000", run({ uid: 1000, user: "alice" })));
  assert(passes("user", "0", run({ uid: 0 })));
  assert(passes("user", "33", record({ socket })));
  assert(!passes("user", "33", record({ socket, process: { ...PROCESS, uid: 0 } })));
  assert(!passes("user", "0", record({ socket: { type: "stream" } })));
  assert(!passes("user", "root", record({ socket })));
});

Deno.test("compileFilter --unit takes system and user units with or without .service", () => {
  const both = run({ unit: "user@1000.service", userUnit: "fetch.service" });
  for (const value of ["fetch", "fetch.service", "user@1000", "user@*", "f?tch"]) {
    assert(passes("unit", value, both), value);
  }
  for (const value of ["etch", "fetch.", "fetch.socket", "user"]) {
    assert(!passes("unit", value, both), value);
  }
  assert(passes("unit", "session-2.scope", run({ unit: "session-2.scope" })));
  for (const value of ["session-2", "session"]) {
    assert(!passes("unit", value, run({ unit: "session-2.scope" })), value);
  }
  assert(!passes("unit", "*", record()));
});

Deno.test("compileFilter leaves out listeners, loopback and private networks", () => {
  const at = (ip: string) => record({ remote: { ip } });
  const listensAt = (ip: string) => record({ event: "listen", local: { ip, port: 1 } });
  const flags = (connection: Connection) =>
    FLAGS.filter((name) => passes(name, "", connection)).join(" ");
  const all = FLAGS.join(" ");
  assertEquals(flags(at("192.0.2.1")), all);
  assertEquals(flags(at("127.8.8.8")), "no-listen no-private");
  assertEquals(flags(at("::1")), "no-listen no-private");
  for (const ip of ["10.9.9.9", "100.64.0.1", "169.254.1.1", "224.0.0.251", "fd00::1", "fe80::1"]) {
    assertEquals(flags(at(ip)), "no-listen no-loopback", ip);
  }
  assertEquals(flags(listensAt("127.0.0.1")), "no-private");
  assertEquals(flags(listensAt("0.0.0.0")), "no-loopback no-private");
  assertEquals(flags(listensAt("10.0.0.5")), "no-loopback no-private");
});

Deno.test("compileFilter says which value is wrong", () => {
  const wrong: [string, string][] = [["pid", "x"], ["protocol", "!tpc"], ["protocol", "!(/"], [
    "port",
    "http",
  ]];
  for (const [name, value] of wrong) {
    const error = assertThrows(() => compileFilter(given({ [name]: [value] })), RangeError);
    assert(error.message.includes(`"--${name}" is wrong: it is not a`), error.message);
  }
});

async function* batchesOf(...batches: Connection[][]): Batches {
  yield* batches;
}

Deno.test("filterStage counts what it leaves out and passes on no empty batch", async () => {
  const ledger = new Ledger();
  const six = record({ ipVersion: 6 });
  const stage = filterStage(({ ipVersion }) => ipVersion === 4, ledger);
  const sizes: number[] = [];
  for await (const batch of stage(batchesOf([record(), six, record()], [six, six], [], [six]))) {
    sizes.push(batch.length);
    assert(batch.every(({ ipVersion }) => ipVersion === 4));
  }
  assertEquals(sizes, [2]);
  assertEquals(ledger.filtered, 4);
});
