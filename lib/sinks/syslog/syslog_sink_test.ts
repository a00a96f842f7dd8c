import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { Diag } from "../../diag.ts";
import { ExitError } from "../../exit.ts";
import { SAMPLE_REPORTS } from "../../formats/test_reports.ts";
import { createNdjsonFormat } from "../../formats/ndjson.ts";
import { Ledger } from "../../pipeline/stage.ts";
import { ID_FORMAT, recordOf, TestPipe } from "../test_output.ts";
import type { FromSender, ToSender } from "./protocol.ts";
import { type SenderPort, SyslogSink } from "./syslog_sink.ts";
import { readSyslog } from "./test_rfc5424.ts";

/** A worker that does what the test says. */
class TestPort implements SenderPort {
  onmessage: SenderPort["onmessage"] = null;
  readonly posted: ToSender[] = [];
  isEnded = false;
  /** What it does with the end. */
  atEnd = () => this.answer({ type: "ended", spooled: 0 });

  postMessage(message: ToSender): void {
    this.posted.push(message);
    if (message.type === "end") this.atEnd();
  }

  terminate(): void {
    this.isEnded = true;
  }

  answer(data: FromSender): void {
    this.onmessage?.(new MessageEvent("message", { data }));
  }

  /** The messages that were posted. */
  get frames(): Uint8Array[] {
    return this.posted.flatMap((message) => {
      if (message.type !== "frames") return [];
      let at = 0;
      return Array.from(message.sizes, (size) => message.bytes.subarray(at, at += size));
    });
  }

  /** Takes all that was posted in this piece. */
  take(index: number): void {
    const message = this.posted[index];
    assert(message?.type === "frames");
    const { sizes, bytes, areRecords } = message;
    const frames = sizes.length;
    const counts = { frames, records: areRecords ? frames : 0, bytes: bytes.length };
    this.answer({ type: "taken", counts });
  }
}

function opened({ most = 8000, queueBytes = 1e6, format = ID_FORMAT } = {}) {
  const port = new TestPort();
  const ledger = new Ledger();
  const stderr = new TestPipe();
  const diag = new Diag({ stderr, env: () => undefined });
  const sink = new SyslogSink(port, format, ledger, diag, {
    name: "test",
    origin: { facility: 3, tag: "connscribe", pid: 1 },
    most,
    queueBytes,
  });
  /** Of so many records. */
  const write = (...ids: string[]) => {
    ledger.read += ids.length;
    sink.write(ids.map(recordOf));
  };
  return { port, ledger, stderr, sink, write };
}

Deno.test("SyslogSink posts one message a record, and counts it when it is taken", async () => {
  const { port, ledger, sink, write, stderr } = opened();
  write("a", "", "b");
  assertEquals(
    port.frames.map((frame) => readSyslog(frame)),
    ["a", "b"].map((message) => ({
      pri: 30,
      timestamp: "1970-01-01T00:00:00.000000Z",
      hostname: "h",
      appName: "connscribe",
      procId: "1",
      msgId: "open",
      message,
    })),
  );
  assertEquals([ledger.emitted, ledger.filtered, ledger.balance], [0, 1, 2]);
  assertThrows(() => sink.sync(), ExitError, "not taken all");
  const settled = sink.settle();
  port.take(0);
  await settled;
  assertEquals([ledger.emitted, ledger.balance], [2, 0]);
  assertEquals(sink.sync(), undefined);
  await sink.close();
  assert(port.isEnded && sink.closed);
  assertEquals([stderr.text, sink.lost], ["", 0]);
});

Deno.test("SyslogSink sends noteworthy records as notice, and reports uncounted", async () => {
  const { port, ledger, sink } = opened({ format: createNdjsonFormat() });
  const note = [{ rule: "r", reason: "because" }];
  ledger.read = 1;
  sink.write([{ ...recordOf("a"), noteworthy: note }]);
  const [report] = Object.values(SAMPLE_REPORTS);
  assert(report && sink.report(report));
  const [record, stats] = port.frames.map(readSyslog);
  assertEquals([record?.pri, stats?.pri, stats?.msgId], [29, 30, report.kind]);
  assertEquals(JSON.parse(stats?.message ?? "").event.id, report.id);
  port.take(0);
  port.take(1);
  assertEquals([ledger.emitted, ledger.balance], [1, 0]);
  await sink.close();
});

Deno.test("SyslogSink drops what is new while its queue is full, and says so once", async () => {
  const { port, ledger, sink, write, stderr } = opened({ queueBytes: 1000 });
  write("a".repeat(500));
  assert(sink.busy !== undefined);
  write("b".repeat(500), "c".repeat(300), "d".repeat(300));
  write("e".repeat(300));
  assertEquals(port.frames.map((frame) => readSyslog(frame).message[0]), ["a", "c"]);
  assertEquals([ledger.dropped.get("queue"), sink.lost], [3, 3]);
  const room = sink.busy;
  port.take(0);
  await room;
  assertEquals(sink.busy, undefined);
  port.take(1);
  write("f");
  port.take(2);
  assertEquals(ledger.balance, 0);
  assertEquals(
    stderr.text,
    'connscribe: error: cannot send to "test": its queue is full; messages are lost and counted until there is room again\n' +
      'connscribe: error: the queue of "test" has room again: 3 messages were lost\n',
  );
  assertThrows(() => sink.sync(), ExitError, "3 messages were lost");
  await sink.close();
});

Deno.test("SyslogSink shortens what is too long, and counts it", async () => {
  const { port, ledger, sink, write } = opened({ most: 1024 });
  write("x".repeat(5000), "short");
  const [frame, other] = port.frames;
  assert(frame && other);
  assert(frame.length <= 1024);
  assertMatch(readSyslog(frame).message, /^x+…\[truncated\]$/);
  assertEquals(readSyslog(other).message, "short");
  assertEquals(ledger.degraded.get("shortened"), 1);
  port.answer({ type: "shortened", records: 2 });
  assertEquals(ledger.degraded.get("shortened"), 3);
  port.take(0);
  await sink.close();
});

Deno.test("SyslogSink counts and says what is left at the end", async () => {
  const { port, ledger, sink, write, stderr } = opened();
  write("a", "b");
  const [report] = Object.values(SAMPLE_REPORTS);
  assert(report);
  sink.report(report);
  await sink.close();
  assertEquals([ledger.dropped.get("queue"), ledger.balance, sink.lost], [2, 0, 2]);
  assertMatch(stderr.text, /"test" has not taken all within 5s of the end: 2 messages were lost/);
  assert(port.isEnded);
});

Deno.test("SyslogSink accounts for all when its spool is full or its worker fails", async () => {
  const { port, ledger, sink, write, stderr } = opened();
  write("a", "b", "c");
  const counts = { frames: 1, records: 1, bytes: 1 };
  port.answer({ type: "dropped", why: "queue", counts });
  port.answer({ type: "dropped", why: "io", counts });
  port.answer({ type: "failed", code: 70, message: "a fault" });
  port.answer({ type: "failed", code: 70, message: "again" });
  write("d");
  assertEquals([...ledger.dropped], [["queue", 1], ["io", 3]]);
  assertEquals([ledger.balance, sink.lost], [0, 3 + 1]);
  assertMatch(stderr.text, /"test" has failed: a fault\n$/);
  await sink.close();
  assertEquals(sink.busy, undefined);
});
