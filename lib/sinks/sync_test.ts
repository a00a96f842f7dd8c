import { assert, assertEquals, assertThrows } from "@std/assert";
import { Diag } from "../diag.ts";
import { ExitError } from "../exit.ts";
import { Ledger } from "../pipeline/stage.ts";
import { type AppendFile, type Output, realSystem } from "../system.ts";
import { LineSink } from "./line_sink.ts";
import { cutBack, openForAppending } from "./open_file.ts";
import { FixedTarget } from "./target.ts";
import { ID_FORMAT, NO_SPACE, osError, recordOf, TestFile, TestPipe } from "./test_output.ts";

function sinkOf(output: Output | AppendFile, path?: string) {
  const stderr = new TestPipe();
  const diag = new Diag({ stderr, env: () => undefined });
  const sink = new LineSink(new FixedTarget(output, path), ID_FORMAT, undefined, diag);
  return { sink, diag, said: () => stderr.text };
}

/** What {@linkcode LineSink.sync} refuses with. */
function refusal(sink: LineSink): string {
  const { code, message } = assertThrows(() => sink.sync(), ExitError);
  return `${code}: ${message}`;
}

Deno.test("LineSink.sync tells where the file ends, and nothing of a pipe", () => {
  const file = sinkOf(new TestFile("old\n"), "/out").sink;
  file.write([recordOf("a")]);
  assertEquals(file.sync(), { file: "test", size: 6 });
  const pipe = sinkOf(new TestPipe()).sink;
  pipe.write([recordOf("a")]);
  assertEquals(pipe.sync(), undefined);
});

Deno.test("LineSink.sync refuses once a record is lost, also when writing works again", () => {
  const { sink } = sinkOf(new TestPipe([NO_SPACE]));
  sink.write([recordOf("a")]);
  sink.write([recordOf("b")]);
  assertEquals(refusal(sink), "74: standard output has not taken all: 1 record was lost");
});

Deno.test("LineSink.sync refuses when the reader has gone away", () => {
  const { sink } = sinkOf(new TestPipe([new Deno.errors.BrokenPipe("Broken pipe")]));
  sink.write([recordOf("a")]);
  assertEquals(refusal(sink), "74: standard output takes nothing any more");
});

Deno.test("LineSink.sync refuses when the disk fails", () => {
  const file = new TestFile();
  const { sink } = sinkOf(file, "/out");
  sink.write([recordOf("a")]);
  file.syncError = osError("Input/output error", 5);
  assertEquals(
    refusal(sink),
    '74: cannot make sure that "/out" is on the disk: input/output error',
  );
});

Deno.test("cutBack cuts off what came behind the end of the same file, and no more", () => {
  const { diag, said } = sinkOf(new TestPipe());
  const cases: [ends: [file: string, size: number][], left: string][] = [
    [[], "one\ntwo\nth"],
    [[["other", 4]], "one\ntwo\nth"],
    [[["other", 0], ["test", 8]], "one\ntwo\n"],
    [[["test", 10]], "one\ntwo\nth"],
    [[["test", 99]], "one\ntwo\nth"],
    [[["test", 0]], ""],
  ];
  for (const [ends, left] of cases) {
    const file = new TestFile("one\ntwo\nth");
    cutBack(file, "/out", ends.map(([file, size]) => ({ file, size })), diag);
    assertEquals(file.text, left);
  }
  assertEquals(said(), "");
});

Deno.test("cutBack says when it cannot cut, and what follows from that", () => {
  const { diag, said } = sinkOf(new TestPipe());
  const file = new TestFile("one\ntwo\nth");
  file.canTruncate = false;
  cutBack(file, "/out", [{ file: "test", size: 8 }], diag);
  assertEquals(
    said(),
    'connscribe: warning: cannot take back what a run that was broken off wrote to "/out": ' +
      "operation not permitted; it is written again with the same event ids\n",
  );
});

Deno.test("AppendFile.sync tells files apart, and one from its successor of the same name", async () => {
  const directory = await Deno.makeTempDir({ prefix: "connscribe-test-" });
  const path = `${directory}/out`;
  const end = (name: string) => {
    const file = openForAppending(realSystem(), name);
    try {
      return file.sync();
    } finally {
      file.close();
    }
  };
  try {
    await Deno.writeTextFile(path, "one\n");
    const first = end(path);
    assertEquals(first?.size, 4);
    await Deno.rename(path, `${path}.1`);
    assertEquals(end(`${path}.1`), first);
    assert(end(path)?.file !== first?.file);
    // The number of the inode may be the same again.
    await new Promise((resolve) => setTimeout(resolve, 10));
    await Deno.remove(`${path}.1`);
    assert(end(`${path}.1`)?.file !== first?.file);
    assertEquals(end("/dev/null"), undefined);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

/** A sink whose records count only when they are on the disk. */
function recordSink(file: TestFile) {
  const stderr = new TestPipe();
  const ledger = new Ledger();
  const diag = new Diag({ stderr, env: () => undefined });
  const target = new FixedTarget(file, "/out");
  const sink = new LineSink(target, ID_FORMAT, ledger, diag, { syncsRecords: true });
  return { sink, ledger, said: () => stderr.text };
}

Deno.test("LineSink counts records as emitted only when they are on the disk, if it is to", () => {
  const file = new TestFile();
  const { sink, ledger, said } = recordSink(file);
  sink.write([recordOf("a")]);
  assertEquals([ledger.emitted, ledger.droppedTotal], [1, 0]);
  file.syncError = osError("Input/output error", 5);
  sink.write([recordOf("b"), recordOf("c")]);
  sink.write([recordOf("d")]);
  assertEquals([ledger.emitted, ledger.dropped.get("io"), sink.isUnsure], [1, 3, true]);
  assertEquals(
    said(),
    'connscribe: error: cannot make sure that "/out" is on the disk: input/output error\n',
  );
  file.syncError = undefined;
  sink.write([recordOf("e")]);
  assertEquals([ledger.emitted, sink.lost], [2, 3]);
});

Deno.test("LineSink.sync refuses once it was not certain that all stays", () => {
  const file = new TestFile();
  const { sink } = recordSink(file);
  file.syncError = osError("Input/output error", 5);
  sink.write([recordOf("a")]);
  file.syncError = undefined;
  assertEquals(refusal(sink), '74: "/out" has not taken all: 1 record was lost');
});
