import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import { withDirectory } from "./files_test_tools.ts";
import { Tail } from "./tail.ts";

/** More looks than that without anything to read: the test is at its end. */
const PATIENCE = 200;

/** A log that is followed, and what is done to it whenever there is nothing more to read. */
interface Follow {
  readonly path: string;
  /** Done one by one, each after a look that found nothing. */
  readonly steps: readonly (() => void)[];
  readonly blockBytes?: number;
}

/** What is read until the last step is done and nothing more has come for some looks. */
async function follow({ path, steps, blockBytes = 1000 }: Follow) {
  const stop = new AbortController();
  const left = [...steps];
  let idle = 0;
  let looks = 0;
  const sleep = () => {
    const step = left.shift();
    if (step !== undefined) step();
    else if (++idle > 3) stop.abort();
    assert(++looks < PATIENCE);
    return Promise.resolve();
  };
  using tail = new Tail(path, { signal: stop.signal, sleep });
  const decoder = new TextDecoder();
  const into = new Uint8Array(blockBytes);
  let text = "";
  while (true) {
    const length = await tail.read(into);
    if (length === 0) return { text, problem: tail.problem };
    text += decoder.decode(into.subarray(0, length));
    idle = 0;
  }
}

function append(path: string, text: string): void {
  Deno.writeTextFileSync(path, text, { append: true });
}

/** Nothing happens at this look. */
function pass(): void {}

Deno.test("Tail gives lines as they come, and torn ones when they are whole", async () => {
  await withDirectory(async (directory) => {
    const path = `${directory}a.log`;
    append(path, "one\ntw");
    const steps = [() => append(path, "o\n"), pass, () => append(path, "three\nfo"), pass];
    assertEquals((await follow({ path, steps })).text, "one\ntwo\nthree\n");
  });
});

Deno.test("Tail waits for a file that is not there yet", async () => {
  await withDirectory(async (directory) => {
    const path = `${directory}a.log`;
    const steps = [pass, pass, () => append(path, "one\n")];
    assertEquals(await follow({ path, steps }), { text: "one\n", problem: undefined });
  });
});

Deno.test("Tail reads a file that is renamed to its end, and then the one in its place", async () => {
  await withDirectory(async (directory) => {
    const path = `${directory}a.log`;
    append(path, "one\n");
    const steps = [
      () => Deno.renameSync(path, `${path}.1`),
      () => append(`${path}.1`, "two\n"),
      () => append(path, ""),
      () => append(`${path}.1`, "three\n"),
      pass,
      pass,
      pass,
      () => append(`${path}.1`, "fo"),
      () => append(path, "six\n"),
      () => append(`${path}.1`, "ur\n"),
      () => append(`${path}.1`, "five\n"),
      pass,
      pass,
      () => append(path, "seven\n"),
    ];
    const { text } = await follow({ path, steps });
    assertEquals(text, "one\ntwo\nthree\nfour\nfive\nsix\nseven\n");
  });
});

Deno.test("Tail ends the last line of a file that it leaves, so that it joins none of the next", async () => {
  await withDirectory(async (directory) => {
    const path = `${directory}a.log`;
    append(path, "one\ntorn");
    const steps = [
      () => Deno.renameSync(path, `${path}.1`),
      () => append(path, "two\n"),
      pass,
      pass,
    ];
    assertEquals((await follow({ path, steps })).text, "one\ntorn\ntwo\n");
  });
});

Deno.test("Tail leaves a file that still grows when another has stood in its place for long", async () => {
  await withDirectory(async (directory) => {
    const path = `${directory}a.log`;
    append(path, "old\n");
    const grow = Array.from({ length: 60 }, () => () => append(`${path}.1`, "old\n"));
    const steps = [
      () => {
        Deno.renameSync(path, `${path}.1`);
        append(path, "other\n");
      },
      ...grow,
    ];
    const { text } = await follow({ path, steps });
    assertEquals(text.split("other\n").length, 2);
    assert(text.indexOf("other") > 30 * "old\n".length);
  });
});

Deno.test("Tail begins anew where a file is cut, and forgets the line that was torn", async () => {
  await withDirectory(async (directory) => {
    const path = `${directory}a.log`;
    append(path, "one\ntwo\ntorn");
    const steps = [
      () => Deno.truncateSync(path),
      () => append(path, "three\n"),
      pass,
      () => Deno.writeTextFileSync(path, "4\n"),
    ];
    assertEquals((await follow({ path, steps })).text, "one\ntwo\nthree\n4\n");
  });
});

Deno.test("Tail sees that a file was cut that is again longer than its whole lines were", async () => {
  await withDirectory(async (directory) => {
    const path = `${directory}a.log`;
    append(path, "one\na torn line");
    const steps = [() => Deno.writeTextFileSync(path, "two\nthree\n")];
    assertEquals((await follow({ path, steps })).text, "one\ntwo\nthree\n");
  });
});

Deno.test("Tail sees that a file was cut that is as long as it was or longer, by what stands in it", async () => {
  await withDirectory(async (directory) => {
    const path = `${directory}a.log`;
    append(path, "one\ntwo\n");
    const steps = [
      () => Deno.writeTextFileSync(path, "first\nsecond\n"),
      () => Deno.writeTextFileSync(path, "1\n".repeat(20)),
      () => Deno.writeTextFileSync(path, "2\n".repeat(20)),
    ];
    assertEquals(
      (await follow({ path, steps })).text,
      `one\ntwo\nfirst\nsecond\n${"1\n".repeat(20)}${"2\n".repeat(20)}`,
    );
  });
});

Deno.test("Tail gives a line that is longer than what is read at a time, and ends it where it is left", async () => {
  await withDirectory(async (directory) => {
    const path = `${directory}a.log`;
    const long = "0123456789".repeat(3);
    append(path, `${long}\n${long}`);
    const cut = [() => Deno.writeTextFileSync(path, "a\n")];
    const { text } = await follow({ path, steps: cut, blockBytes: 10 });
    assertEquals(text, `${long}\n${long}\na\n`);
    await Deno.writeTextFile(path, long);
    const steps = [() => Deno.renameSync(path, `${path}.1`), () => append(path, "b\n"), pass, pass];
    assertEquals((await follow({ path, steps, blockBytes: 10 })).text, `${long}\nb\n`);
    await Deno.writeTextFile(path, `${long}+12345`);
    const late = [
      () => {
        Deno.renameSync(path, `${path}.2`);
        append(path, "c\n");
      },
      pass,
      pass,
    ];
    assertEquals((await follow({ path, steps: late, blockBytes: 10 })).text, `${long}+12345\nc\n`);
  });
});

Deno.test("Tail says why it cannot go on", async () => {
  await withDirectory(async (directory) => {
    const { text, problem } = await follow({ path: directory, steps: [] });
    assertEquals(text, "");
    assertStringIncludes(problem ?? "", "it is no regular file");
  });
});

Deno.test("Tail gives no more when the signal has aborted", async () => {
  await withDirectory(async (directory) => {
    const path = `${directory}a.log`;
    append(path, "one\n");
    using tail = new Tail(path, {
      signal: AbortSignal.abort(),
      sleep: () => Promise.reject(new Error("it sleeps")),
    });
    assertEquals(await tail.read(new Uint8Array(10)), 0);
    assertEquals(tail.problem, undefined);
  });
});

/** What happens to a log. */
const EVENT = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("write"), size: fc.nat(40) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("rotate"), size: fc.nat(40) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("wait"), size: fc.constant(0) }) },
);

Deno.test("Tail gives each line once and whole, however it is written and rotated", async () => {
  await withDirectory(async (directory) => {
    let run = 0;
    const property = fc.asyncProperty(
      fc.array(EVENT, { maxLength: 30 }),
      fc.integer({ min: 5, max: 60 }),
      async (events, blockBytes) => {
        const path = `${directory}${run++}.log`;
        let written = "";
        let pending = "";
        let count = 0;
        let files = 0;
        function write(size: number): void {
          while (pending.length < size) pending += `line-${count++}\n`;
          const part = pending.slice(0, size);
          pending = pending.slice(size);
          append(path, part);
          written += part;
        }
        function rotate(size: number): void {
          // Nobody ends a log within a line.
          write(pending.length);
          Deno.renameSync(path, `${path}.${files++}`);
          write(size + 1);
        }
        append(path, "");
        const steps = events.flatMap(({ kind, size }) => {
          if (kind === "write") return [() => write(size)];
          // Then there is a look at the file before, and one at the next, before it is renamed too.
          return kind === "rotate" ? [() => rotate(size), pass, pass, pass, pass] : [pass];
        });
        const { text } = await follow({
          path,
          steps: [...steps, () => write(pending.length)],
          blockBytes,
        });
        assertEquals(text, written);
      },
    );
    await fc.assert(property, { numRuns: 100 });
  });
});
