/** `watch` on this kernel: what comes, what changes, what goes. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { EXIT } from "../../lib/exit.ts";
import { Actor, type SocketFacts } from "../actor.ts";
import { accountOf } from "../ledger.ts";
import { eventually, type Program, start } from "../program.ts";
import { readBack, type Row } from "../read_back.ts";
import { fieldOf, liveTest } from "./live.ts";

const WATCH = ["watch", "--from", "proc", "--interval", "200ms", "--format", "ndjson", "--verbose"];

/** Waits for a record of an event of exactly that connection or listener. */
async function event(
  program: Program,
  name: string,
  facts: Pick<SocketFacts, "local" | "remote">,
): Promise<Row> {
  const line = await program.line((line) => {
    const { connscribe, source, destination } = JSON.parse(line);
    const fromHere = connscribe.initiator === "local";
    const [local, remote] = fromHere ? [source, destination] : [destination, source];
    return connscribe.event === name && local?.port === facts.local[1] &&
      remote?.port === facts.remote?.[1];
  }, `${name} of ${JSON.stringify(facts)}`);
  const [row] = await readBack("ndjson", `${line}\n`);
  assert(row);
  return row;
}

/** Ends `watch` and returns all that it has written: as many records as it says. */
async function finish(program: Program): Promise<Row[]> {
  program.signal("SIGTERM");
  const { code, stdout, stderr } = await program.ended();
  assertEquals(code, EXIT.ok);
  const rows = await readBack("ndjson", stdout);
  assertEquals(accountOf(stderr).emitted, rows.length);
  return rows;
}

liveTest("watch reports open and close with a duration, and marks what was there", async () => {
  await using server = await Actor.start();
  await using client = await Actor.start();
  const listener = await server.socket({ do: "listen", name: "listener" });
  const [address, port] = listener.local;
  const old = await client.socket({ do: "connect", name: "old", address, port });
  await server.socket({ do: "accept", name: "old-server", listener: "listener" });

  await using program = start(WATCH);
  const atStart = await event(program, "listen", listener);
  assertEquals([atStart.preexisting, atStart.pid], [true, server.pid]);
  const preexisting = await event(program, "open", old);
  assertEquals([preexisting.preexisting, preexisting.pid], [true, client.pid]);
  assertEquals(fieldOf(preexisting, "event.start"), undefined);

  const recent = await client.socket({ do: "connect", name: "recent", address, port });
  await server.socket({ do: "accept", name: "recent-server", listener: "listener" });
  const opened = await event(program, "open", recent);
  assertEquals([opened.preexisting, opened.pid, opened.direction], [false, client.pid, "local"]);
  await client.ask({ do: "close", name: "recent", reset: true });
  const closed = await event(program, "close", recent);
  assertEquals(closed.pid, client.pid);
  assertEquals(fieldOf(closed, "event.start"), fieldOf(opened, "event.start"));
  assert(Number(fieldOf(closed, "event.duration")) > 0);
  assertEquals(
    fieldOf(closed, "connscribe.connection.id"),
    fieldOf(opened, "connscribe.connection.id"),
  );

  await client.ask({ do: "close", name: "old", reset: true });
  const oldClosed = await event(program, "close", old);
  assertEquals([oldClosed.preexisting, oldClosed.pid], [true, client.pid]);
  assertEquals(fieldOf(oldClosed, "event.duration"), undefined);
  await server.ask({ do: "close", name: "listener" });
  assertEquals((await event(program, "close", listener)).pid, server.pid);
  await finish(program);
});

liveTest(
  "watch reports a connection that is accepted late with its process, once it has one",
  async () => {
    await using server = await Actor.start();
    await using client = await Actor.start();
    const listener = await server.socket({ do: "listen", name: "listener" });
    const [address, port] = listener.local;
    await using program = start(WATCH);
    await event(program, "listen", listener);
    const near = await client.socket({ do: "connect", name: "client", address, port });
    const isServer = (row: Row) => row.local[1] === port && row.remote?.[1] === near.local[1];
    const rows = async () => (await readBack("ndjson", linesOf(program))).filter(isServer);
    const first = await eventually(async () => (await rows())[0], "no record of the server's end");
    assertEquals([first.event, first.pid], ["open", null]);
    assertEquals(fieldOf(first, "connscribe.attribution.kind"), "none");
    assertMatch(String(fieldOf(first, "connscribe.attribution.reason")), /not accepted/);

    await server.socket({ do: "accept", name: "server", listener: "listener" });
    const update = await eventually(async () => (await rows())[1], "no record of the accept");
    assertEquals([update.event, update.pid], ["update", server.pid]);
    assertEquals(fieldOf(update, "connscribe.attribution.kind"), "late");
    assertEquals(
      fieldOf(update, "connscribe.connection.id"),
      fieldOf(first, "connscribe.connection.id"),
    );
    await server.ask({ do: "close", name: "server", reset: true });
    const close = await eventually(async () => (await rows())[2], "no record of the close");
    assertEquals([close.event, close.pid], ["close", server.pid]);
    await finish(program);
  },
);

/** The whole lines that a program has written up to now. */
function linesOf(program: Program): string {
  return program.stdout.lines().map((line) => `${line}\n`).join("");
}

liveTest("watch reports both ends of 5,000 connections exactly once, open and close", async () => {
  const waves = 10;
  const inWave = 500;
  await using actor = await Actor.start();
  const listener = await actor.socket({ do: "listen", name: "listener" });
  const port = String(listener.local[1]);
  await using program = start([...WATCH, "--protocol", "tcp", "--port", port]);
  await event(program, "listen", listener);
  let seen = 0;
  /** Connections that were told with their process, and that were told to be closed. */
  const [owned, gone] = [new Set<string>(), new Set<string>()];
  const told = async (ids: ReadonlySet<string>, count: number, what: string) => {
    await eventually(() => {
      const lines = program.stdout.lines();
      for (; seen < lines.length; seen++) {
        const { connscribe, process } = JSON.parse(lines[seen] ?? "");
        if (connscribe.event === "close") gone.add(connscribe.connection.id);
        else if (connscribe.event !== "listen" && process?.pid === actor.pid) {
          owned.add(connscribe.connection.id);
        }
      }
      return ids.size >= count || undefined;
    }, `${count} connections ${what}`);
  };
  for (let wave = 1; wave <= waves; wave++) {
    await actor.ask({ do: "many", prefix: "c", listener: "listener", count: inWave });
    // One that was seen before it was accepted gets its process with the next look.
    await told(owned, 2 * inWave * wave, "with their process");
    await actor.ask({ do: "reset_many", prefix: "c" });
    await told(gone, 2 * inWave * wave, "closed");
  }
  const rows = await finish(program);
  const connections = rows.filter(({ remote }) => remote !== null);
  const closed = connections.filter(({ event }) => event === "close");
  assertEquals(connections.filter(({ event }) => event === "open").length, 2 * waves * inWave);
  assertEquals(closed.length, 2 * waves * inWave);
  const ids = rows.map((row) => fieldOf(row, "event.id"));
  assertEquals(new Set(ids).size, ids.length);
  // One that was seen before it was accepted has got its process since.
  for (const { pid } of closed) assertEquals(pid, actor.pid);
});

/** What tells a process from another one with its pid. */
function identityOf(row: Row): unknown[] {
  return [fieldOf(row, "process.entity_id"), fieldOf(row, "process.start")];
}

liveTest("watch never merges two processes that have one pid after the other", async () => {
  const prefix = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child"];
  await using init = await Actor.start({ prefix });
  const { outerPid } = init;
  const [child] = (await Deno.readTextFile(`/proc/${outerPid}/task/${outerPid}/children`)).split(
    " ",
  );
  await using program = start(WATCH, {
    prefix: ["nsenter", "--target", `${child}`, "--pid", "--mount"],
  });
  try {
    const records: Row[] = [];
    let reused: unknown;
    for (const name of ["first", "second"]) {
      // The child's alone from its first moment on: else a look might see whose it was before.
      const facts = await init.socket({ do: "bind_tcp", name });
      const command = { do: "fork", child: name, listening: [name] };
      const { pid } = await init.ask(reused === undefined ? command : { ...command, pid: reused });
      reused = pid;
      const opened = await event(program, "listen", facts);
      await init.ask({ do: "end_child", child: name });
      const closed = await event(program, "close", facts);
      assertEquals([opened.pid, closed.pid], [pid, pid]);
      assertEquals(identityOf(closed), identityOf(opened));
      records.push(opened);
    }
    assertEquals(records[0]?.pid, records[1]?.pid);
    const [first, second] = records.map(identityOf);
    assert(first?.[0] !== second?.[0] && first?.[1] !== second?.[1], `${first} ${second}`);
  } finally {
    // The end of process 1 ends all that is in its pid namespace: connscribe too.
    await init[Symbol.asyncDispose]();
  }
});
