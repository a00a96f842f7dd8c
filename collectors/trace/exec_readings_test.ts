import { assertEquals } from "@std/assert";
import { FakeProcfs } from "../../tests/fake_procfs.ts";
import { realSystem } from "../../lib/system.ts";
import { type ExecMessage, readExecs } from "./exec_readings.ts";

const END = "the end 4711";

const encoder = new TextEncoder();

/** What is said when the pipe gives this, piece by piece. */
function read(root: string, pieces: readonly (string | null | Error)[]): ExecMessage[] {
  new FakeProcfs(root).addProcess({ pid: 5, comm: "curl", argv: ["curl", "-s"], startTicks: 10 });
  const left = [...pieces];
  let closed = 0;
  const system = {
    ...realSystem(),
    openRead: () => ({
      read: (buffer: Uint8Array) => {
        const piece = left.shift() ?? null;
        if (piece instanceof Error) throw piece;
        return piece === null ? null : encoder.encodeInto(piece, buffer).written;
      },
      readStart: () => 0,
      close: () => void closed++,
    }),
  };
  const said: ExecMessage[] = [];
  const posted = new Int32Array(new SharedArrayBuffer(4));
  const options = { instance: "/i", procfs: root, hostId: "h", posted, end: END };
  readExecs(system, options, (message) => said.push(message));
  assertEquals(closed, 1);
  assertEquals(posted[0], said.filter(({ type }) => type === "reading").length);
  return said;
}

function short(message: ExecMessage): string {
  switch (message.type) {
    case "reading":
      return `${message.pid} ${message.boot} ${message.reading.identity.commandLine?.join(" ")}`;
    case "skipped":
      return `skipped ${message.count}`;
    case "end":
      return `end ${message.reason ?? ""}`;
    case "ready":
      return "ready";
  }
}

const HEAD = "  bash-26184   [000] .....  2202.453338: sched_process_exec: ";
const MARKER = `x-1 [000] 1.0: tracing_mark_write: ${END}\n`;

function test(name: string, run: (root: string) => void): void {
  Deno.test(`readExecs ${name}`, () => {
    const root = Deno.makeTempDirSync();
    try {
      run(root);
    } finally {
      Deno.removeSync(root, { recursive: true });
    }
  });
}

const READ = "5 2202453338 curl -s";

test("reads who executes something, until the marker comes", (root) => {
  const said = read(root, [
    `${HEAD}filename=/a pid=5 old_pid=5\n${HEAD}filename=/b\nc pid=5 old_pid=6\n\nhalf pid=7 old_pid=7`,
    new Deno.errors.Interrupted(),
    `${HEAD}filename=/tracing_mark_write: end pid=5 old_pid=4\n`,
    `${HEAD}filename=/a pid=5 old_pid=5\n${MARKER}`,
    "x filename=/a pid=5 old_pid=5\n",
  ]);
  assertEquals(said.map(short), ["ready", READ, READ, READ, READ, "end "]);
});

test("says that the trace has ended", (root) => {
  assertEquals(read(root, [null]).map(short), ["ready", "end the trace has ended"]);
});

test("says why it ends", (root) => {
  const broken = read(root, [new Error("broken")]);
  assertEquals(broken.map(short), ["ready", "end broken"]);
});

test("reads no more than it may when many execute something", (root) => {
  const line = `${HEAD}filename=/a pid=5 old_pid=5\n`;
  const said = read(root, [...Array<string>(10).fill(line.repeat(150)), MARKER]);
  const skipped = said.filter(({ type }) => type === "skipped").at(-1);
  const readings = said.filter(({ type }) => type === "reading").length;
  assertEquals(skipped?.type === "skipped" && skipped.count + readings, 1500);
});
