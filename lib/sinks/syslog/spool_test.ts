import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { ExitError } from "../../exit.ts";
import { type Frame, type FrameQueue, MemoryQueue } from "./queue.ts";
import { Spool } from "./spool.ts";
import { type SpoolFiles, spoolFiles } from "./spool_files.ts";
import { countOctets } from "./frame.ts";
import { fileName, fileNumber, frameEnds, parsePosition, positionText } from "./spool_format.ts";

/** Bytes of the largest spool in these tests: a file takes 256 of them. */
const MOST = 4096;

const frame = (text: string): Frame => ({ bytes: new TextEncoder().encode(text), isRecord: true });
const texts = (frames: readonly Frame[]) =>
  frames.map(({ bytes }) => new TextDecoder().decode(bytes));

/** Files in memory, which survive what the program does. */
class TestFiles implements SpoolFiles {
  readonly held = new Map<string, Uint8Array>();
  /** How many bytes there is room for. */
  room = Infinity;
  canTruncate = true;

  lock(): boolean {
    return true;
  }
  names(): string[] {
    return [...this.held.keys()];
  }
  read(name: string): Uint8Array {
    return this.held.get(name) ?? new Uint8Array(0);
  }
  readAt(name: string, offset: number, bytes: number): Uint8Array {
    return this.read(name).slice(offset, offset + bytes);
  }
  create(name: string): ReturnType<SpoolFiles["create"]> {
    assert(!this.held.has(name));
    this.held.set(name, new Uint8Array(0));
    return {
      write: (bytes) => {
        const written = bytes.subarray(0, Math.min(this.room, 7));
        if (written.length === 0) throw new Error("No space left on device (os error 28)");
        this.room -= written.length;
        this.held.set(name, Uint8Array.from([...this.read(name), ...written]));
        return written.length;
      },
      truncate: (size) => {
        if (!this.canTruncate) throw new Error("no");
        this.held.set(name, this.read(name).slice(0, size));
      },
      sync: () => {},
      close: () => {},
    };
  }
  replace(name: string, text: string): void {
    this.held.set(name, new TextEncoder().encode(text));
  }
  remove(name: string): void {
    assert(this.held.delete(name));
  }
  close(): void {}
}

Deno.test("Spool gives back what a run before has left, and removes what is confirmed", async () => {
  const directory = await Deno.makeTempDir({ prefix: "connscribe-test-" });
  const path = `${directory}/spool`;
  try {
    const first = new Spool(spoolFiles(path), MOST, path);
    const sent = Array.from({ length: 40 }, (_, i) => `message ${i}`);
    for (const text of sent) assert(first.push(frame(text)));
    assertEquals(texts(first.take(20)), sent.slice(0, 3));
    assertEquals(texts(first.take(Infinity)), sent.slice(3));
    first.confirm(30);
    first.close();
    const second = new Spool(spoolFiles(path), MOST, path);
    assertEquals(second.left, { frames: 10, tornBytes: 0 });
    assertEquals(texts(second.take(Infinity)), sent.slice(30));
    second.confirm(10);
    second.close();
    const names = spoolFiles(path).names().sort();
    assertEquals(names, ["lock", "position"]);
    const third = new Spool(spoolFiles(path), MOST, path);
    assertThrows(() => new Spool(spoolFiles(path), MOST, path), ExitError, "another process uses");
    assert(third.push(frame("later")));
    third.close();
    const fourth = new Spool(spoolFiles(path), MOST, path);
    assertEquals(texts(fourth.take(1)), ["later"]);
    fourth.close();
    assertEquals(((await Deno.stat(path)).mode ?? 0) & 0o777, 0o700);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("Spool takes no more than it may, and goes on when there is room again", () => {
  const files = new TestFiles();
  const spool = new Spool(files, MOST, "test");
  let count = 0;
  while (spool.push(frame("x".repeat(96)))) count++;
  assertEquals(count, Math.floor(MOST / 99));
  spool.take(Infinity);
  spool.confirm(count);
  assert(spool.push(frame("y")));
  assertEquals(texts(spool.take(1)), ["y"]);
});

Deno.test("Spool survives a torn end, and says how much of it there is", () => {
  const files = new TestFiles();
  const whole = countOctets([frame("one").bytes, frame("two").bytes]);
  files.held.set(fileName(7), Uint8Array.from([...whole, ...new TextEncoder().encode("99 thr")]));
  files.held.set(fileName(8), new TextEncoder().encode("no spool"));
  files.held.set("position", new TextEncoder().encode("7 5\ngarbage"));
  const spool = new Spool(files, MOST, "test");
  assertEquals(spool.left, { frames: 2, tornBytes: 14 });
  assert(spool.push(frame("three")));
  assertEquals(texts(spool.take(Infinity)), ["one", "two", "three"]);
});

Deno.test("Spool goes on behind a file that somebody has changed, and counts", () => {
  const files = new TestFiles();
  const spool = new Spool(files, MOST, "test");
  const sent = Array.from({ length: 30 }, (_, i) => `${i}`.padEnd(50, "."));
  for (const text of sent) spool.push(frame(text));
  files.held.set(fileName(2), new TextEncoder().encode("?".repeat(300)));
  const taken = texts(spool.take(Infinity));
  assertEquals(spool.broken, sent.length - taken.length);
  assert(spool.broken > 0 && spool.waiting === 0);
  assertEquals(taken, sent.filter((text) => taken.includes(text)));
});

/** What may be done to a queue. */
type Step =
  | { readonly do: "push"; readonly text: string }
  | { readonly do: "take" | "confirm"; readonly count: number }
  | { readonly do: "rewind" | "sync" | "restart" | "kill" | "full" };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant<"push">("push"),
      text: fc.string({ unit: "binary", minLength: 1, maxLength: 90 }).map((t) => t.toWellFormed()),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constantFrom<("take" | "confirm")[]>("take", "confirm"),
      count: fc.integer({ min: 1, max: 200 }),
    }),
  },
  fc.record({
    do: fc.constantFrom<("rewind" | "sync" | "restart" | "kill" | "full")[]>(
      "rewind",
      "sync",
      "restart",
      "kill",
      "full",
    ),
  }),
);

Deno.test("Spool gives every message at least once and in order, through kills and full disks", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), fc.boolean(), (steps, canTruncate) => {
      const files = new TestFiles();
      files.canTruncate = canTruncate;
      let spool = new Spool(files, MOST, "test");
      const stored: string[] = [];
      const taken: string[] = [];
      let confirmed = 0;
      let unconfirmed = 0;
      for (const step of steps) {
        files.room = step.do === "full" ? 5 : Infinity;
        if (step.do === "push") {
          if (spool.push(frame(step.text))) stored.push(step.text);
        } else if (step.do === "full") {
          assertThrows(() => spool.push(frame("no room for this")));
        } else if (step.do === "take") {
          const frames = texts(spool.take(step.count));
          const begin = confirmed + unconfirmed;
          assertEquals(frames, stored.slice(begin, begin + frames.length));
          unconfirmed += frames.length;
          taken.push(...frames);
        } else if (step.do === "confirm") {
          const count = Math.min(step.count, unconfirmed);
          spool.confirm(count);
          confirmed += count;
          unconfirmed -= count;
        } else if (step.do === "sync") {
          spool.sync();
        } else {
          if (step.do === "rewind") assertEquals(spool.rewind(), unconfirmed);
          if (step.do === "restart") spool.close();
          if (step.do !== "rewind") spool = new Spool(files, MOST, "test");
          unconfirmed = 0;
          const left = stored.length - confirmed;
          if (step.do === "kill") confirmed -= spool.waiting - left;
          assertEquals(spool.waiting, stored.length - confirmed);
        }
      }
      files.room = Infinity;
      spool.rewind();
      assertEquals(texts(spool.take(Infinity)), stored.slice(confirmed));
    }),
    { numRuns: 400 },
  );
});

Deno.test("MemoryQueue and Spool give the same", () => {
  const steps = fc.array(
    step.filter(({ do: what }) => !["full", "kill", "restart", "sync"].includes(what)),
  );
  fc.assert(
    fc.property(steps, (steps) => {
      const memory = new MemoryQueue();
      const spool = new Spool(new TestFiles(), 2 ** 20, "test");
      const queues: FrameQueue[] = [memory, spool];
      for (const step of steps) {
        if (step.do === "push") {
          memory.push(frame(step.text));
          spool.push(frame(step.text));
          continue;
        }
        const [one, other] = queues.map((queue) => {
          if (step.do === "take") return texts(queue.take(1));
          if (step.do === "confirm") queue.confirm(Math.min(step.count, 1));
          return step.do === "rewind" ? [`${queue.rewind()}`] : [];
        });
        assertEquals(one, other);
        assertEquals(memory.waiting, spool.waiting);
      }
    }),
    { numRuns: 200 },
  );
});

Deno.test("the files of a spool are read whatever stands in them", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), fc.string(), (bytes, text) => {
      const ends = frameEnds(bytes);
      assert(ends.every((end, i) => end > (ends[i - 1] ?? 0) && end <= bytes.length));
      const position = parsePosition(text);
      assert(position === undefined || positionText(position) === text || text.startsWith("0"));
      assertEquals(fileNumber(text), undefined);
    }),
    { numRuns: 500 },
  );
  assertEquals(parsePosition(positionText({ file: 12, offset: 0 })), { file: 12, offset: 0 });
  assertEquals(fileNumber(fileName(12)), 12);
  for (const broken of ["0 ", "01 x", "12345678 x", "-1 x", " x"]) {
    assertEquals(frameEnds(new TextEncoder().encode(broken)), []);
  }
});
