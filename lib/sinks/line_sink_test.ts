import { assert, assertEquals } from "@std/assert";
import { Diag } from "../diag.ts";
import type { Format } from "../formats/format.ts";
import { Ledger } from "../pipeline/stage.ts";
import type { AppendFile, Output } from "../system.ts";
import { SAMPLE_REPORTS } from "../formats/test_reports.ts";
import { LineSink, type LineSinkOptions } from "./line_sink.ts";
import { FixedTarget } from "./target.ts";
import { ID_FORMAT, NO_SPACE, recordOf, TestFile, TestPipe } from "./test_output.ts";

const GONE = new Deno.errors.BrokenPipe("Broken pipe (os error 32)");
const HEADED: Format = { ...ID_FORMAT, header: "#one\n#two\n" };

/** A sink that counts, and what it says. */
function sinkOf(
  output: Output | AppendFile,
  format = ID_FORMAT,
  options: LineSinkOptions & { path?: string } = {},
) {
  const ledger = new Ledger();
  const stderr = new TestPipe();
  const diag = new Diag({ stderr, env: () => undefined });
  const sink = new LineSink(new FixedTarget(output, options.path), format, ledger, diag, options);
  return { sink, ledger, said: () => stderr.text.replaceAll("connscribe: ", "") };
}

function records(ids: string) {
  return ids.split(" ").map(recordOf);
}

Deno.test("LineSink writes a batch at once and counts each record", () => {
  const pipe = new TestPipe();
  const { sink, ledger, said } = sinkOf(pipe);
  sink.write(records("a b ü"));
  sink.write([]);
  assertEquals(pipe.text, "a\nb\nü\n");
  assertEquals(pipe.tries, 1);
  assertEquals(ledger.toString(), "read 0, emitted 3, filtered 0, dropped 0");
  assertEquals(said(), "");
});

Deno.test("LineSink counts records that the format leaves out as filtered", () => {
  const { sink, ledger } = sinkOf(new TestPipe());
  sink.write([recordOf("a"), recordOf(""), recordOf("b"), recordOf("")]);
  assertEquals([ledger.emitted, ledger.filtered, ledger.droppedTotal], [2, 2, 0]);
});

Deno.test("LineSink writes pieces of whole lines, and a long line alone", () => {
  const line = "x".repeat(999);
  const long = "€".repeat(30_000);
  const pipe = new TestPipe();
  const sizes: number[] = [];
  const write = pipe.write.bind(pipe);
  pipe.write = (bytes) => {
    assertEquals(bytes.at(-1), 10);
    sizes.push(bytes.length);
    return write(bytes);
  };
  const { sink, ledger } = sinkOf(pipe);
  const ids = [...Array<string>(200).fill(line), long, "b"];
  sink.write(ids.map(recordOf));
  assertEquals(pipe.text, ids.map((id) => id + "\n").join(""));
  assertEquals(ledger.emitted, 202);
  assert(sizes.filter((size) => size !== 90_001).every((size) => size <= 65_536), `${sizes}`);
  assert(sizes.length <= 6, `${sizes}`);
});

Deno.test("LineSink writes head lines first, and into an empty file alone", () => {
  const outputs: [Output, LineSinkOptions, string][] = [
    [new TestPipe(), {}, "#one\n#two\na\n"],
    [new TestPipe(), { header: false }, "a\n"],
    [new TestFile(""), {}, "#one\n#two\na\n"],
    [new TestFile("old\n"), {}, "old\na\n"],
  ];
  for (const [output, options, expected] of outputs) {
    const { sink } = sinkOf(output, HEADED, options);
    sink.write(records("a"));
    sink.close();
    assert(output instanceof TestPipe);
    assertEquals(output.text, expected);
  }
});

Deno.test("LineSink writes head lines at once for an empty batch, and not when it is closed", () => {
  const pipe = new TestPipe();
  sinkOf(pipe, HEADED).sink.close();
  assertEquals(pipe.text, "");
  const early = new TestPipe();
  sinkOf(early, HEADED).sink.write([]);
  assertEquals(early.text, "#one\n#two\n");
});

Deno.test("LineSink writes head lines whole before any record, even if that fails at first", () => {
  const file = new TestFile("", [NO_SPACE, 7, NO_SPACE]);
  const { sink, ledger } = sinkOf(file, HEADED);
  for (const id of ["a", "b", "c"]) sink.write(records(id));
  assertEquals(file.text, "#one\n#two\nc\n");
  assertEquals(ledger.dropped, new Map([["io", 2]]));
  const pipe = new TestPipe([7, NO_SPACE]);
  const other = sinkOf(pipe, HEADED);
  for (const id of ["a", "b"]) other.sink.write(records(id));
  assertEquals(pipe.text, "#one\n#t\n#one\n#two\nb\n");
});

Deno.test("LineSink closes in silence when the reader goes away", () => {
  const file = new TestFile("", [3, GONE]);
  const { sink, ledger, said } = sinkOf(file);
  sink.write(records("a b c"));
  assert(sink.closed);
  sink.write(records("d"));
  sink.close();
  assertEquals(ledger.emitted, 1);
  assertEquals(ledger.dropped, new Map([["closed", 3]]));
  assertEquals([said(), sink.lost], ["", 0]);
  assert(file.isClosed);
});

Deno.test("LineSink says that writing fails, goes on trying, and says when it works again", () => {
  const file = new TestFile("");
  const { sink, ledger, said } = sinkOf(file, ID_FORMAT, { path: "/var/log/x" });
  file.capacity = 3;
  sink.write(records("a b c"));
  sink.write(records("dd"));
  assertEquals(
    said(),
    'error: cannot write to "/var/log/x": no space left on device; ' +
      "records are lost and counted until it works again\n",
  );
  assertEquals(sink.closed, false);
  file.capacity = Infinity;
  sink.write(records("e"));
  sink.close();
  assertEquals(
    said().split("\n")[1],
    'error: "/var/log/x" can be written again: 3 records were lost',
  );
  assertEquals(file.text, "a\ne\n");
  assertEquals([ledger.emitted, ledger.droppedTotal, sink.lost], [2, 3, 3]);
});

Deno.test("LineSink tries no more of a batch that has failed", () => {
  const pipe = new TestPipe([NO_SPACE]);
  const { sink, ledger } = sinkOf(pipe);
  sink.write(Array.from({ length: 9 }, () => recordOf("x".repeat(20_000))));
  assertEquals([pipe.tries, ledger.emitted, ledger.droppedTotal], [1, 0, 9]);
});

Deno.test("LineSink says at the end what was lost and never written", () => {
  const { sink, said } = sinkOf(new TestPipe([NO_SPACE]));
  sink.write(records("a"));
  sink.close();
  assertEquals(
    said().split("\n")[1],
    "error: standard output could not be written to the end: 1 record was lost",
  );
});

Deno.test("LineSink says that a file ends in a torn line, and writes below it", () => {
  const file = new TestFile("old\nto");
  const { sink, said } = sinkOf(file, HEADED, { path: "/x" });
  sink.write(records("a"));
  sink.write(records("b"));
  sink.close();
  assertEquals(file.text, "old\nto\na\nb\n");
  assertEquals(
    said(),
    'warning: "/x" ends in the middle of a line, as after a crash: writing goes on below it\n',
  );
});

Deno.test("LineSink without a ledger says and counts what it loses on its own", () => {
  const stderr = new TestPipe();
  const diag = new Diag({ stderr, env: () => undefined });
  const sink = new LineSink(new FixedTarget(new TestPipe([NO_SPACE])), ID_FORMAT, undefined, diag);
  sink.write(records("a b"));
  sink.write([recordOf("")]);
  sink.close();
  assertEquals(sink.lost, 2);
  assert(stderr.text.includes("2 records were lost"));
});

Deno.test("LineSink does not throw when a file cannot be closed", () => {
  const file = new TestFile();
  file.close = () => {
    throw new Error("Input/output error (os error 5)");
  };
  const { sink, said } = sinkOf(file, ID_FORMAT, { path: "/x" });
  sink.close();
  assertEquals(said(), 'error: cannot close "/x": input/output error\n');
});

const REPORTING: Format = { ...ID_FORMAT, header: "#head\n", report: ({ id }) => `[${id}]\n` };
const REPORT = SAMPLE_REPORTS["coverage"]!;

Deno.test("LineSink writes reports among the records, after the head, and counts none of them", () => {
  const pipe = new TestPipe();
  const { sink, ledger } = sinkOf(pipe, REPORTING);
  sink.report(REPORT);
  sink.write(records("a"));
  sink.report(REPORT);
  sink.close();
  sink.report(REPORT);
  assertEquals(pipe.text, "#head\n[r-2-coverage]\na\n[r-2-coverage]\n");
  assertEquals(ledger.toString(), "read 0, emitted 1, filtered 0, dropped 0");
  assertEquals(sink.lost, 0);
});

Deno.test("LineSink writes nothing for a report that its format has no line for", () => {
  const pipe = new TestPipe();
  const { sink } = sinkOf(pipe, HEADED);
  sink.report(REPORT);
  assertEquals(pipe.text, "");
});

Deno.test("LineSink tells of a report that was lost, but not in the account of records", () => {
  const file = new TestFile("", [NO_SPACE]);
  const { sink, ledger, said } = sinkOf(file, { ...REPORTING, header: "" }, { path: "/x" });
  sink.report(REPORT);
  sink.write(records("a"));
  assertEquals([sink.lost, ledger.droppedTotal, ledger.emitted], [1, 0, 1]);
  assert(said().includes('"/x" can be written again: 1 record was lost'), said());
});

Deno.test("LineSink closes in silence when the reader of a report has gone away", () => {
  const { sink, said } = sinkOf(new TestPipe([GONE]), { ...REPORTING, header: "" });
  sink.report(REPORT);
  assertEquals([sink.closed, sink.lost, said()], [true, 0, ""]);
});
