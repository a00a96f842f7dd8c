/** Syslog output against an rsyslogd of the test's own. */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { Connection } from "../../lib/connection.ts";
import { Diag } from "../../lib/diag.ts";
import { createNdjsonFormat } from "../../lib/formats/ndjson.ts";
import { hostileConnection, SAMPLES } from "../../lib/formats/test_records.ts";
import { Ledger } from "../../lib/pipeline/stage.ts";
import { TestPipe } from "../../lib/sinks/test_output.ts";
import { startSender } from "../../lib/sinks/syslog/open_syslog.ts";
import type { TlsFiles } from "../../lib/sinks/syslog/protocol.ts";
import { SyslogSink } from "../../lib/sinks/syslog/syslog_sink.ts";
import { parseSyslogTarget, syslogTargetName } from "../../lib/sinks/syslog/target.ts";
import { eventually, sleep, TempDir } from "../program.ts";
import { missing, testUnless } from "../skip.ts";
import { makeCertificates } from "../certificates.ts";
import { freePort } from "../free_port.ts";
import { INPUTS, type Received, Rsyslog, RSYSLOG_PROGRAMS } from "./rsyslog.ts";

const SKIP = Deno.build.os === "linux" ? missing(RSYSLOG_PROGRAMS) : "needs Linux";
/** More than all records of a test take: nobody waits for room while the server is away. */
const QUEUE = 64 * 2 ** 20;
const COUNT = 5000;
const BATCH = 100;

/** Records that have different ids; each hundredth is hostile, each thousandth far too long. */
function records(count: number, first = 0): Connection[] {
  const open = SAMPLES["open"];
  assert(open?.process);
  const hostile = fc.sample(hostileConnection, { numRuns: count / 100, seed: 1 });
  return Array.from({ length: count }, (_, i) => {
    const id = `c-${first + i}`;
    const time = open.time + i;
    if (i % 1000 === 500) {
      const commandLine = Array(2000).fill("\u009b\n<13>1 - - ");
      return { ...open, id, time, process: { ...open.process, commandLine } };
    }
    const other = i % 100 === 50 ? hostile[Math.floor(i / 100)] : undefined;
    return { ...(other ?? open), id, event: "open", time };
  });
}

/** A sink and what it counts. */
class Sending {
  readonly ledger = new Ledger();
  readonly stderr = new TestPipe();

  private constructor(readonly sink: SyslogSink, ledger: Ledger, stderr: TestPipe) {
    this.ledger = ledger;
    this.stderr = stderr;
  }

  static async to(
    text: string,
    { tls = {}, spool }: { readonly tls?: TlsFiles; readonly spool?: string } = {},
  ): Promise<Sending> {
    const target = parseSyslogTarget(text);
    const stderr = new TestPipe();
    const ledger = new Ledger();
    const diag = new Diag({ stderr, env: () => undefined });
    const port = await startSender(
      { target, tls, queueBytes: QUEUE, ...(spool !== undefined && { spool }) },
      (level, message) => diag.say(level, message),
    );
    const sink = new SyslogSink(port, createNdjsonFormat(), ledger, diag, {
      name: syslogTargetName(target),
      origin: { facility: 3, tag: "connscribe", pid: 42 },
      most: 8000,
      queueBytes: QUEUE,
    });
    return new Sending(sink, ledger, stderr);
  }

  /** Writes all, and waits between batches as a run of the past does. */
  async write(connections: readonly Connection[], atBatch?: (i: number) => unknown): Promise<void> {
    for (let i = 0; i < connections.length; i += BATCH) {
      await atBatch?.(i);
      const batch = connections.slice(i, i + BATCH);
      this.ledger.read += batch.length;
      this.sink.write(batch);
      await sleep(1);
      assertEquals(this.sink.busy, undefined, "the queue is too small for the test");
    }
  }

  /** Closes the sink when all was sent or stored, and checks that nothing was lost. */
  async close(): Promise<void> {
    await eventually(() => this.ledger.balance === 0 || undefined, "records are under way");
    await this.sink.close();
    assertEquals([...this.ledger.dropped], [], this.stderr.text);
    assertEquals([this.ledger.balance, this.sink.lost], [0, 0]);
  }
}

function idOf({ message }: Received): string {
  return JSON.parse(message).event.id;
}

/** Checks that each message is whole, says what its record says, and is there. */
function checkAll(received: readonly Received[], sent: readonly Connection[]): void {
  const byId = new Map(received.map((message) => [idOf(message), message]));
  for (const { id } of sent) {
    const message = byId.get(`${id}-open`);
    assert(message, `${id} is lost`);
    const { appName, procId, msgId, structuredData } = message;
    assertEquals([appName, procId, msgId, structuredData], ["connscribe", "42", "open", "-"]);
    assertEquals(message.timestamp, JSON.parse(message.message)["@timestamp"]);
  }
  assertEquals(byId.size, sent.length);
}

/** Sends to a server with such an input, and checks what arrives. */
async function sendAll(target: string, server: Rsyslog, tls: TlsFiles = {}): Promise<void> {
  const sent = records(COUNT);
  const sending = await Sending.to(target, { tls });
  await sending.write(sent);
  await sending.close();
  assertEquals(sending.ledger.emitted, COUNT);
  assert((sending.ledger.degraded.get("shortened") ?? 0) >= COUNT / 1000);
  assertEquals(sending.stderr.text, "");
  const received = await server.has(COUNT);
  assertEquals(received.length, COUNT);
  checkAll(received, sent);
}

testUnless(SKIP, "syslog over a unix socket: every message arrives whole", async () => {
  await using directory = new TempDir();
  const path = `${directory.path}/socket`;
  await using server = await Rsyslog.start(directory.path, INPUTS.unix(path));
  await sendAll(`syslog:${path}`, server);
});

testUnless(SKIP, "syslog over UDP: every message arrives whole", async () => {
  await using directory = new TempDir();
  const port = freePort();
  await using server = await Rsyslog.start(directory.path, INPUTS.udp(port));
  await sendAll(`syslog+udp://127.0.0.1:${port}`, server);
});

testUnless(SKIP, "syslog over TCP: every message arrives whole", async () => {
  await using directory = new TempDir();
  const port = freePort();
  await using server = await Rsyslog.start(directory.path, INPUTS.tcp(port));
  await sendAll(`syslog+tcp://127.0.0.1:${port}`, server);
});

testUnless(
  SKIP,
  "syslog over TLS with a client certificate: every message arrives whole",
  async () => {
    await using directory = new TempDir();
    const files = await makeCertificates(directory.path);
    const port = freePort();
    await using server = await Rsyslog.start(directory.path, INPUTS.tls(port, directory.path));
    const { ca, cert, key } = files;
    await sendAll(`syslog+tls://localhost:${port}`, server, { ca, cert, key });
  },
);

testUnless(
  SKIP,
  "syslog over TCP: nothing is lost when rsyslogd is killed and started again",
  async () => {
    await using directory = new TempDir();
    const port = freePort();
    await using server = await Rsyslog.start(directory.path, INPUTS.tcp(port));
    const part = COUNT / 2;
    const sent = records(4 * part);
    const sending = await Sending.to(`syslog+tcp://127.0.0.1:${port}`);
    await sending.write(sent, async (i) => {
      if (i === part || i === 2 * part) await server.stop("SIGKILL");
      if (i !== part + 5 * BATCH && i !== 3 * part) return;
      const before = server.received().length;
      await server.start();
      // Only a connection that there is again can be lost again.
      await server.has(before + 1);
    });
    await sending.close();
    const received = await eventually(
      () => {
        const all = whole(server.received());
        return new Set(all.map(idOf)).size === sent.length ? all : undefined;
      },
      "not all has arrived",
    );
    checkAll(received, sent);
    // Duplicates are the same record again.
    const messages = new Map<string, string>();
    for (const message of received) {
      const id = idOf(message);
      assertEquals(messages.get(id) ?? message.message, message.message);
      messages.set(id, message.message);
    }
  },
);

/** A line that rsyslogd was killed in the middle of has another behind it. */
function whole(received: readonly Received[]): Received[] {
  return received.filter(({ message, msgId }) => {
    try {
      JSON.parse(message);
      return msgId === "open";
    } catch {
      return false;
    }
  });
}

testUnless(SKIP, "syslog over TCP: the queue holds while rsyslogd is stopped", async () => {
  await using directory = new TempDir();
  const port = freePort();
  await using server = await Rsyslog.start(directory.path, INPUTS.tcp(port));
  const sent = records(2 * COUNT);
  const sending = await Sending.to(`syslog+tcp://127.0.0.1:${port}`);
  await sending.write(sent, (i) => {
    if (i === COUNT) server.signal("SIGSTOP");
  });
  await sleep(300);
  server.signal("SIGCONT");
  await sending.close();
  const received = await server.has(sent.length);
  assertEquals(received.length, sent.length);
  checkAll(received, sent);
});

testUnless(
  SKIP,
  "syslog with a spool: nothing is lost when the sender is ended and started again",
  async () => {
    await using directory = new TempDir();
    const port = freePort();
    const path = `${directory.path}/socket`;
    const spool = `${directory.path}/spool`;
    for (
      const [target, input] of [
        [`syslog+tcp://127.0.0.1:${port}`, INPUTS.tcp(port)],
        [`syslog:${path}`, INPUTS.unix(path)],
      ] as const
    ) {
      const first = records(COUNT);
      const second = records(COUNT, COUNT);
      const before = await Sending.to(target, { spool });
      await before.write(first);
      await before.close();
      await using server = await Rsyslog.start(directory.path, input);
      const after = await Sending.to(target, { spool });
      await after.write(second);
      await after.close();
      const received = await server.has(2 * COUNT);
      checkAll(received, [...first, ...second]);
      assertEquals(received.length, 2 * COUNT);
      await server.stop();
      for (const name of ["work", "log"]) {
        await Deno.remove(`${directory.path}/${name}`, {
          recursive: true,
        });
      }
    }
  },
);
