import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { Diag } from "../diag.ts";
import type { Format } from "../formats/format.ts";
import { Ledger } from "../pipeline/stage.ts";
import { assertCovering } from "../test_coverage.ts";
import { LineSink } from "./line_sink.ts";
import { FixedTarget } from "./target.ts";
import { NO_SPACE, osError, recordOf, type Step, TestFile, TestPipe } from "./test_output.ts";

const ERRORS = [
  NO_SPACE,
  osError("Input/output error", 5),
  osError("Disk quota exceeded", 122),
  osError("File too large", 27),
  new Deno.errors.WouldBlock("Resource temporarily unavailable (os error 11)"),
  new Deno.errors.Interrupted("Interrupted system call (os error 4)"),
];
const GONE = new Deno.errors.BrokenPipe("Broken pipe (os error 32)");

const HEADER = "#<head>\n";
const FORMAT: Format = {
  header: HEADER,
  line: ({ id }) => id === "" ? "" : `<${id}>\n`,
};

/** Lines that are whole: nothing that is cut looks like one. */
const WHOLE = /^<[^<>]*>$/;

const step: fc.Arbitrary<Step> = fc.oneof(
  { arbitrary: fc.integer({ min: 0, max: 12 }), weight: 6 },
  { arbitrary: fc.constantFrom<Step[]>(...ERRORS), weight: 4 },
  { arbitrary: fc.constant<Step>(Infinity), weight: 1 },
);
const steps = fc.tuple(fc.array(step, { maxLength: 30 }), fc.boolean(), fc.nat(29)).map(
  ([steps, isGone, at]) => isGone ? [...steps.slice(0, at), ...Array<Step>(99).fill(GONE)] : steps,
);

/** Batches of ids that are all different, some of them "". */
const batches = fc.array(
  fc.array(fc.constantFrom("", "a", "é😀", "long-long-long-long"), { maxLength: 6 }),
  { maxLength: 8 },
).map((batches) => {
  let n = 0;
  return batches.map((batch) => batch.map((id) => id === "" ? "" : `${++n}${id}`));
});

/** Gives all batches to a sink over the output, and checks what holds for every output. */
function run(output: TestPipe | TestFile, batches: readonly (readonly string[])[]): Ledger {
  const ledger = new Ledger();
  const diag = new Diag({ stderr: new TestPipe(), env: () => undefined });
  const sink = new LineSink(new FixedTarget(output), FORMAT, ledger, diag, { pause: () => {} });
  for (const batch of batches) sink.write(batch.map(recordOf));
  sink.flush();
  sink.close();
  const given = batches.flat();
  ledger.read = given.length;
  assertEquals(ledger.balance, 0);
  assertEquals(sink.lost, ledger.dropped.get("io") ?? 0);
  const lines = output.text.split("\n");
  // What follows the last line feed may lack no more than the next one.
  const whole = lines.filter((line) => WHOLE.test(line));
  assertEquals(whole.length, ledger.emitted);
  let next = 0;
  for (const line of whole) {
    next = given.indexOf(line.slice(1, -1), next) + 1;
    assert(next > 0, "in order and once");
  }
  if (whole.length > 0) {
    assert(lines.indexOf(HEADER.trimEnd()) < lines.findIndex((line) => WHOLE.test(line)));
  }
  return ledger;
}

Deno.test("LineSink leaves whole lines in a file and accounts for every record", () => {
  let dropped = 0;
  let emitted = 0;
  assertCovering(
    fc.property(batches, steps, (batches, steps) => {
      const file = new TestFile("", steps);
      const ledger = run(file, batches);
      assert(file.text === "" || file.text.endsWith("\n"));
      const lines = file.text.split("\n").slice(0, -1);
      assert(lines.every((line, i) => i === 0 ? line + "\n" === HEADER : WHOLE.test(line)));
      dropped += ledger.droppedTotal;
      emitted += ledger.emitted;
    }),
    { numRuns: 1000 },
    () => assert(dropped > 0 && emitted > 0),
  );
});

Deno.test("LineSink loses and doubles no whole line on a pipe and a file that cannot be cut", () => {
  fc.assert(
    fc.property(batches, steps, (batches, steps) => {
      run(new TestPipe(steps), batches);
      const file = new TestFile("", steps);
      file.canTruncate = false;
      run(file, batches);
    }),
    { numRuns: 1000 },
  );
});

Deno.test("LineSink accounts for every record wherever a disk is full", () => {
  const batches = [["1a", "2é😀", ""], ["3long-long"], ["4a", "5a"]];
  const text = HEADER + batches.flat().filter((id) => id !== "").map((id) => `<${id}>\n`).join("");
  const size = new TextEncoder().encode(text).length;
  for (let capacity = 0; capacity <= size; capacity++) {
    const file = new TestFile();
    file.capacity = capacity;
    const ledger = run(file, batches);
    assert(file.bytes.length <= capacity);
    assertEquals(ledger.droppedTotal === 0, capacity === size);
  }
});
