import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { LineWriter } from "./line_writer.ts";
import { NO_SPACE, osError, TestFile, TestPipe } from "./test_output.ts";

const LINES = "ab\ncdé\n\nfgh\n";
const BYTES = new TextEncoder().encode(LINES);
const AGAIN = new TextEncoder().encode("again\n");
const BUSY = new Deno.errors.WouldBlock("Resource temporarily unavailable (os error 11)");

/** The whole lines among the first bytes of {@linkcode BYTES}. */
function wholeLines(end: number): string {
  const text = new TextDecoder().decode(BYTES.subarray(0, end));
  return text.slice(0, text.lastIndexOf("\n") + 1);
}

function countLines(text: string): number {
  return text.split("\n").length - 1;
}

Deno.test("LineWriter goes on after short writes", () => {
  const pipe = new TestPipe(Array.from(BYTES, () => 1));
  assertEquals(new LineWriter(pipe).write(BYTES), undefined);
  assertEquals(pipe.text, LINES);
  assertEquals(pipe.tries, BYTES.length);
});

Deno.test("LineWriter cuts a file back to whole lines wherever it fails", () => {
  for (let room = 0; room < BYTES.length; room++) {
    const file = new TestFile("head\n");
    file.capacity = 5 + room;
    const writer = new LineWriter(file);
    const failure = writer.write(BYTES);
    const whole = wholeLines(room);
    assertStrictEquals(failure?.error, NO_SPACE);
    assertEquals(failure?.lines, countLines(whole));
    assertEquals(file.text, "head\n" + whole);
    file.capacity = Infinity;
    assertEquals(writer.write(AGAIN), undefined);
    assertEquals(file.text, "head\n" + whole + "again\n");
  }
});

Deno.test("LineWriter makes a fragment a line of its own where it cannot be cut off", () => {
  for (let room = 0; room < BYTES.length; room++) {
    const appendOnly = new TestFile("", [room, NO_SPACE].slice(room === 0 ? 1 : 0));
    appendOnly.canTruncate = false;
    for (const output of [new TestPipe(appendOnly.steps), appendOnly]) {
      const writer = new LineWriter(output);
      const failure = writer.write(BYTES);
      const left = output.text;
      const torn = left !== "" && !left.endsWith("\n");
      assertEquals(output.bytes.length, room);
      // A line that lacks nothing but its line feed is whole: the next write brings it.
      assertEquals(failure?.lines, countLines(torn && BYTES[room] === 10 ? left + "\n" : left));
      assertEquals(writer.torn, torn);
      assertEquals(writer.write(AGAIN), undefined);
      assertEquals(output.text, left + (torn ? "\n" : "") + "again\n");
    }
  }
});

Deno.test("LineWriter does not cut what somebody else has appended meanwhile", () => {
  const file = new TestFile();
  const write = file.write.bind(file);
  let calls = 0;
  file.write = (bytes) => {
    if (++calls === 1) return write(bytes.subarray(0, 4));
    if (calls > 2) return write(bytes);
    file.append(new TextEncoder().encode("theirs\n"));
    throw NO_SPACE;
  };
  const writer = new LineWriter(file);
  assertEquals(writer.write(BYTES)?.lines, 1);
  writer.write(AGAIN);
  assertEquals(file.text, "ab\nctheirs\n\nagain\n");
});

Deno.test("LineWriter leaves nothing of lines that belong together", () => {
  for (let room = 0; room < BYTES.length; room++) {
    const file = new TestFile("head\n");
    file.capacity = 5 + room;
    assertEquals(new LineWriter(file).write(BYTES, true)?.lines, 0);
    assertEquals(file.text, "head\n");
  }
});

Deno.test("LineWriter ends the torn line that a file ends in", () => {
  const file = new TestFile("whole\nto");
  const writer = new LineWriter(file);
  assert(writer.torn);
  file.steps.push(NO_SPACE);
  assertEquals(writer.write(AGAIN)?.lines, 0);
  assertEquals(file.text, "whole\nto");
  file.steps.push(1, 3, NO_SPACE);
  assertEquals(writer.write(AGAIN)?.lines, 0);
  assertEquals(file.text, "whole\nto\n");
  assertEquals(writer.write(AGAIN), undefined);
  assertEquals(file.text, "whole\nto\nagain\n");
  assert(!new LineWriter(new TestFile("")).torn);
  assert(!new LineWriter(new TestFile("a\n")).torn);
});

Deno.test("LineWriter waits for an output that takes nothing for now", () => {
  const pipe = new TestPipe([BUSY, 2, BUSY, BUSY, new Deno.errors.Interrupted(), 1]);
  const pauses: number[] = [];
  assertEquals(new LineWriter(pipe, (ms) => pauses.push(ms)).write(BYTES), undefined);
  assertEquals(pipe.text, LINES);
  assertEquals(pauses, [1, 1, 2, 4]);
});

Deno.test("LineWriter waits ten seconds, and not again until something is taken", () => {
  const pipe = new TestPipe([3]);
  let stalled = true;
  const write = pipe.write.bind(pipe);
  pipe.write = (bytes) => {
    if (pipe.bytes.length > 0 && stalled) throw BUSY;
    return write(bytes);
  };
  let waited = 0;
  const writer = new LineWriter(pipe, (ms) => waited += ms);
  assertEquals(writer.write(BYTES), { error: BUSY, lines: 1 });
  assert(waited >= 10_000 && waited < 10_100, `${waited}`);
  waited = 0;
  assertEquals(writer.write(AGAIN), { error: BUSY, lines: 0 });
  assertEquals(waited, 0);
  stalled = false;
  assertEquals(writer.write(AGAIN), undefined);
  assertEquals(pipe.text, "ab\nagain\n");
  stalled = true;
  assertEquals(writer.write(AGAIN), { error: BUSY, lines: 0 });
  assert(waited >= 10_000);
});

Deno.test("LineWriter does not spin on an output that takes nothing and says nothing", () => {
  const pipe = new TestPipe([0]);
  assertEquals(new LineWriter(pipe).write(BYTES)?.lines, 0);
  assertEquals(pipe.tries, 1);
});

Deno.test("LineWriter gives any error back", () => {
  const error = osError("Input/output error", 5);
  assertStrictEquals(new LineWriter(new TestPipe([error])).write(BYTES)?.error, error);
});
