/** Readers of standard output that go away or do not read: memory stays bounded, losses are counted. */
import { assert, assertEquals, assertGreater, assertLess } from "@std/assert";
import { EXIT } from "../../lib/exit.ts";
import { accountOf } from "../ledger.ts";
import { NetworkNamespace } from "../netns.ts";
import {
  eventually,
  type Program,
  PYTHON,
  redirected,
  runOther,
  sleep,
  start,
  TempDir,
} from "../program.ts";
import { missing, testUnless } from "../skip.ts";
import { assertEachOnce, findRecords, linesOf, MadeFlows, REASON_TO_SKIP } from "./made_flows.ts";

/** How long the reader takes nothing at least, seconds; by hand: `STALL=60`. */
const STALL = Number(Deno.env.get("STALL") ?? 6);

/** How long all may take, milliseconds. */
const LONG = STALL * 1000 + 60_000;

/** The most resident memory that the program may have had, MiB. */
const MEMORY = 400;

/**
 * Sends what comes to a reader that takes a little, and the rest when it is let go: by {@linkcode letGo}, or
 * when a test has failed for long.
 */
async function stalled(to: string): Promise<string[]> {
  await runOther(["mkfifo", `${to}.gate`]);
  const reader = `(head -c 4096; read -r -t ${LONG / 1000} _ <> ${to}.gate; exec cat) > ${to}`;
  return ["/bin/bash", "-c", `exec "$@" > >(${reader} 2> ${to}.errors)`, "bash"];
}

/** Lets a reader of {@linkcode stalled} take the rest. */
async function letGo(to: string): Promise<void> {
  await Deno.writeTextFile(`${to}.gate`, "\n");
}

/** Waits until a file does not grow for a tenth of the stall. */
async function still(path: string): Promise<void> {
  let before = -1;
  await eventually(async () => {
    const { size } = await Deno.stat(path);
    if (size === before) return true;
    before = size;
    await sleep(STALL * 100);
    return undefined;
  }, `${path} grows`);
}

/** The most resident memory that the program has had, MiB. */
async function peak({ pid }: Program): Promise<number> {
  const status = await Deno.readTextFile(`/proc/${pid}/status`);
  return Number(/^VmHWM:\s+(\d+)/m.exec(status)?.[1]) / 1024;
}

/** Waits until a file has so many lines. */
async function hasLines(path: string, count: number): Promise<void> {
  await eventually(() => countLines(path) >= count || undefined, `${count} lines in ${path}`, LONG);
}

function countLines(path: string): number {
  let count = 0;
  for (const byte of Deno.readFileSync(path)) if (byte === 10) count++;
  return count;
}

testUnless(
  REASON_TO_SKIP,
  "watch ends quietly when the reader of its output goes away",
  async () => {
    await using flows = await MadeFlows.prepare({ flows: 100_000, rate: 1000 });
    const file = `${flows.log}/x`;
    await using program = flows.watch(["--quiet", "--out", "-", "--out", file], {
      prefix: redirected("| head -n 1"),
    });
    const { code, stdout, stderr } = await program.ended();
    assertEquals(code, EXIT.ok, stderr);
    assertEquals(stdout.split("\n").length, 2);
    assert(!/error|at file:/.test(stderr), stderr);
    // The file beside it ends with it, in a whole line.
    findRecords(linesOf(file));
  },
);

testUnless(
  REASON_TO_SKIP,
  "watch waits for a stalled reader, and so does a file beside it",
  async () => {
    await using flows = await MadeFlows.prepare({ flows: 20_000, rate: 10_000 });
    const file = `${flows.log}/x`;
    const read = `${flows.directory}/read`;
    const prefix = await stalled(read);
    await using program = flows.watch(["--out", "-", "--out", file], { prefix });
    const hasRead = () => Deno.stat(read).then(({ size }) => size > 0 || undefined);
    await eventually(() => hasRead().catch(() => undefined), "a record is read");
    await sleep(STALL * 500);
    await still(file);
    assertLess(countLines(file), 2 * flows.load.flows);
    await letGo(read);
    await flows.told(LONG);
    for (const path of [read, file]) await hasLines(path, 2 * flows.load.flows);
    assertLess(await peak(program), MEMORY);
    program.signal("SIGTERM");
    const { code, stderr } = await program.ended();
    const { emitted, dropped } = accountOf(stderr);
    assertEquals([code, emitted, dropped], [EXIT.ok, 2 * flows.load.flows, 0], stderr);
    for (const path of [read, file]) assertEachOnce(findRecords(linesOf(path)), flows.load);
  },
);

/** A datagram to each port of the loopback addresses, from one port after the other. */
const DATAGRAMS = `
import socket, sys
for first in range(int(sys.argv[1])):
    sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    for port in range(1, 60001):
        try: sender.sendto(b"x", ("127.0.0.1", port))
        except ConnectionRefusedError: pass
`;

const PROGRAMS = ["/usr/sbin/nft", "/usr/sbin/conntrack"];

testUnless(
  REASON_TO_SKIP ?? missing(PROGRAMS),
  "watch counts what the kernel dropped while the reader was stalled",
  async () => {
    await using namespace = await NetworkNamespace.create();
    await runOther([
      ...namespace.prefix,
      ...["/usr/sbin/nft", "add table inet t { chain c { ct state new; }; }"],
    ]);
    const args = ["watch", "--from", "conntrack", "--format", "ndjson", "--verbose"];
    await using directory = new TempDir();
    const read = `${directory.path}/read`;
    await using program = start([...args, "--stats", "1s"], {
      prefix: [...namespace.prefix, ...await stalled(read)],
    });
    await eventually(
      () => Deno.stat(read).then(({ size }) => size > 0 || undefined, () => undefined),
      "a record",
    );
    await runOther([...namespace.prefix, PYTHON, "-I", "-c", DATAGRAMS, "3"]);
    await letGo(read);
    await eventually(
      () => Deno.readTextFileSync(read).includes('"overrun"') || undefined,
      "a stats record of the loss",
      LONG,
    );
    const memory = await peak(program);
    program.signal("SIGTERM");
    const { code, stderr } = await program.ended(LONG);
    assertEquals(code, EXIT.ok, stderr.slice(-2000));
    assertGreater(accountOf(stderr).reason("overrun"), 0);
    assertLess(memory, MEMORY);
  },
);
