/** `watch --from conntrack` on this kernel, through the child and through netlink: the same records. */
import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { EXIT } from "../../lib/exit.ts";
import { Actor } from "../actor.ts";
import { accountOf } from "../ledger.ts";
import { NetworkNamespace } from "../netns.ts";
import { type Program, run, runOther, start } from "../program.ts";
import { readReports } from "../read_back.ts";
import { liveTest } from "./live.ts";

const WATCH = ["watch", "--from", "conntrack", "--format", "ndjson", "--verbose"];

/** The part of a record that is looked at. */
interface Record {
  readonly source?: { readonly ip: string; readonly port?: number };
  readonly destination?: { readonly ip: string; readonly port?: number };
  readonly process?: { readonly pid: number; readonly args: readonly string[] };
  readonly connscribe: {
    readonly event: string;
    readonly collector: string;
    readonly outcome: string;
    readonly preexisting?: boolean;
    readonly connection: { readonly id: string };
  };
}

function parse(line: string): Record {
  return JSON.parse(line);
}

async function event(program: Program, name: string, port: number, from?: number): Promise<Record> {
  const line = await program.line((line) => {
    const { connscribe, source, destination } = parse(line);
    return connscribe.event === name && destination?.port === port &&
      (from === undefined || source?.port === from);
  }, `${name} of a connection to port ${port}`);
  return parse(line);
}

/** Lines of connections, without those about the run itself. */
function recordsIn(stdout: string): string[] {
  return stdout.split("\n").filter((line) => line.includes('"dataset":"connscribe.connection"'));
}

/** Process ids of the children that a process has now. */
async function childrenOf(pid: number): Promise<string[]> {
  const tasks = await Array.fromAsync(Deno.readDir(`/proc/${pid}/task`), ({ name }) => name);
  const lists = tasks.map((task) => Deno.readTextFile(`/proc/${pid}/task/${task}/children`));
  return (await Promise.all(lists)).join(" ").split(/\s+/).filter((child) => child !== "");
}

/** Ends the program as a user would: all it has read is written, and no child of its own is left. */
async function end(program: Program): Promise<void> {
  const children = await childrenOf(program.pid);
  program.signal("SIGTERM");
  const { code, stdout, stderr } = await program.ended();
  assertEquals(code, EXIT.ok);
  assertEquals(accountOf(stderr).emitted, recordsIn(stdout).length);
  for (const child of children) await assertRejects(() => Deno.stat(`/proc/${child}`));
}

/** The rules of a namespace, which must be as they were. */
async function rules(namespace: NetworkNamespace): Promise<string> {
  return await runOther([...namespace.prefix, "/usr/sbin/nft", "list", "ruleset"]);
}

for (const [transport, options] of [["the child", []], ["netlink", ["--netlink"]]] as const) {
  liveTest(`conntrack through ${transport} ties flows to their processes`, async () => {
    await using namespace = await NetworkNamespace.create();
    await using program = start([...WATCH, ...options, "--activate"], { prefix: namespace.prefix });
    await program.line((line) => line.includes("added the nftables table"), "activation", "stderr");
    // The collector's check makes connections of its own: they are the first to be seen.
    await program.line((line) => parse(line).connscribe.event === "open", "a first flow");
    for (const address of ["127.0.0.1", "::1"]) {
      await using server = await Actor.start({ prefix: namespace.prefix });
      await using client = await Actor.start({
        prefix: namespace.prefix,
        args: ["client of a test"],
      });
      const { local: [, port] } = await server.socket({ do: "listen", name: "l", address });
      const facts = await client.socket({ do: "connect", name: "c", address, port });
      await server.socket({ do: "accept", name: "s", listener: "l" });
      const opened = await event(program, "open", port, facts.local[1]);
      assertEquals([opened.source?.ip, opened.process?.pid], [address, client.pid]);
      assert(opened.process?.args.includes("client of a test"));
      assertEquals(opened.connscribe.collector, "conntrack");
      await client.ask({ do: "close", name: "c", reset: true });
      // Without a tool, the kernel keeps the entry for up to a minute.
      const family = address.includes(":") ? "ipv6" : "ipv4";
      const remove = ["-D", "-f", family, "-p", "tcp", "--dport", String(port)];
      await runOther([...namespace.prefix, "/usr/sbin/conntrack", ...remove]);
      const closed = await event(program, "close", port, facts.local[1]);
      assertEquals(closed.connscribe.connection.id, opened.connscribe.connection.id);
      assertEquals(closed.process?.pid, client.pid);
    }
    await end(program);
    assertEquals(await rules(namespace), "");
  });

  liveTest(`conntrack through ${transport} marks what was open, and knows a refusal`, async () => {
    await using namespace = await NetworkNamespace.create();
    const rule = "add table inet t { chain c { ct state new; }; }";
    await runOther([...namespace.prefix, "/usr/sbin/nft", rule]);
    await using server = await Actor.start({ prefix: namespace.prefix });
    await using client = await Actor.start({ prefix: namespace.prefix });
    const { local: [address, port] } = await server.socket({ do: "listen", name: "l" });
    const old = await client.socket({ do: "connect", name: "old", address, port });
    await using program = start([...WATCH, ...options], { prefix: namespace.prefix });
    const found = await event(program, "open", port, old.local[1]);
    assertEquals([found.connscribe.preexisting, found.process?.pid], [true, client.pid]);
    // Nothing listens on port 1 of a namespace of the test's own.
    await client.ask({ do: "connect", name: "no", address, port: 1 }).catch(() => {});
    const refused = await event(program, "close", 1);
    assertEquals(refused.connscribe.outcome, "refused");
    await end(program);
    const [coverage, ...others] = await readReports(program.stdout.text);
    assertEquals([coverage?.kind, coverage?.before], ["coverage", 0]);
    assertMatch(JSON.stringify(coverage?.collectors), /"conntrack","usable":true/);
    assertEquals(others.map(({ kind }) => kind), ["stats"]);
  });
}

liveTest("conntrack says that nothing is tracked, and how to mend it", async () => {
  await using namespace = await NetworkNamespace.create();
  const strict = await run([...WATCH, "--strict"], { prefix: namespace.prefix });
  assertEquals([strict.code, recordsIn(strict.stdout)], [EXIT.unavailable, []]);
  assertMatch(strict.stderr, /no rule of this network namespace needs tracking.*ct state new/);
  await using server = await Actor.start({ prefix: namespace.prefix });
  const listener = await server.socket({ do: "listen", name: "l" });
  await using program = start(WATCH, { prefix: namespace.prefix });
  const line = await program.line(
    (line) => parse(line).destination?.port === listener.local[1],
    "proc",
  );
  assertEquals(parse(line).connscribe.collector, "proc");
  assertStringIncludes(program.stderr.text, "so the collector proc goes on");
  await end(program);
  const covered = (await readReports(program.stdout.text)).filter(({ kind }) =>
    kind === "coverage"
  );
  assertEquals(
    covered.map(({ collectors }) => collectors.map((one) => typeof one === "object" && one.usable)),
    [[false], [false, true]],
  );
});
