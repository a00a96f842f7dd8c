import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { anchorOfFile, readAnchor } from "../chain/anchor.ts";
import { Mac } from "../chain/mac.ts";
import { Verifier } from "../chain/verifier.ts";
import { type LogFile, realSystem, type StoredFile, type System } from "../system.ts";
import { TestPipe } from "../sinks/test_output.ts";
import { continuous, lastEnd, runOnce, SETTLE, WINDOW } from "./test_run.ts";

const NOON = Date.UTC(2026, 10, 21, 12) * 1000;

/** That the process is no more. */
class Crash extends Error {}

/**
 * A system that ends at the n-th thing done to a file, in its midst: of bytes to be written a part is
 * written. After that nothing happens to any file, and the locks are gone.
 */
class MortalSystem {
  readonly #real = realSystem();
  readonly #open: { close(): void }[] = [];
  readonly #part: number;
  /** What was done, one word each. */
  readonly done: string[] = [];
  readonly stderr = new TestPipe();
  left: number;

  /** @param part How much of what is written then is written: 0 to 1. */
  constructor(left: number, part: number) {
    this.left = left;
    this.#part = part;
  }

  get system(): System {
    const real = this.#real;
    return {
      ...real,
      stderr: this.stderr,
      openAppend: (path, mode) =>
        this.#appended(this.#step("make", () => real.openAppend(path, mode))),
      openStored: (path, mode) => {
        const file = this.#step("make", () => real.openStored(path, mode));
        return this.#stored(file, wordOf(path));
      },
      rename: (from, to) => this.#step("rename", () => real.rename(from, to)),
      syncDir: (path) => this.#step("syncDir", () => real.syncDir(path)),
    };
  }

  /** What the kernel does when a process ends. */
  end(): void {
    for (const file of this.#open) file.close();
  }

  #step<T>(word: string, act: () => T, actInPart: (part: number) => void = () => {}): T {
    if (this.left <= 0) throw new Crash();
    this.done.push(word);
    if (--this.left > 0) return act();
    actInPart(this.#part);
    throw new Crash();
  }

  #writing<T>(word: string, bytes: Uint8Array, write: (bytes: Uint8Array) => T): T {
    // An anchor is shorter than a sector of a disk: it is written whole or not at all.
    const inPart = (part: number) => {
      const some = word === "anchor" ? Math.floor(part) : part;
      write(bytes.subarray(0, Math.floor(bytes.length * some)));
    };
    return this.#step(word, () => write(bytes), inPart);
  }

  #appended(file: LogFile): LogFile {
    this.#open.push(file);
    return {
      ...file,
      write: (bytes) => this.#writing("write", bytes, (some) => file.write(some)),
      truncate: (size) => this.#step("truncate", () => file.truncate(size)),
      sync: () => this.#step("sync", () => file.sync()),
      close: () => {},
    };
  }

  #stored(file: StoredFile, word: string): StoredFile {
    this.#open.push(file);
    return {
      ...file,
      writeAt: (offset, bytes) => this.#writing(word, bytes, (some) => file.writeAt(offset, some)),
      close: () => {},
    };
  }
}

/** What a file is that is written in place. */
function wordOf(path: string): string {
  if (path.endsWith(".lock")) return "lock";
  return path.endsWith(".chain") ? "anchor" : "state";
}

/** Where things are, until it is disposed of. */
class Place implements Disposable {
  readonly #directory = Deno.makeTempDirSync({ prefix: "connscribe-test-" });
  readonly #mac: Mac | undefined;
  readonly state = `${this.#directory}/state`;
  readonly out = `${this.#directory}/out`;

  /** @param mac Of runs that chain their lines. */
  constructor(mac?: Mac) {
    this.#mac = mac;
  }

  get text(): string {
    return Deno.readTextFileSync(this.out);
  }

  /** Runs until the n-th thing done to a file; returns what was done, and what was said. */
  run(now: number, left = Infinity, part = 0): { done: readonly string[]; said: string } {
    const mortal = new MortalSystem(left, part);
    try {
      runOnce(mortal.system, {
        state: this.state,
        out: this.out,
        now,
        ...(this.#mac !== undefined && { mac: this.#mac }),
      });
    } catch (error) {
      if (mortal.left > 0) throw error;
    } finally {
      mortal.end();
    }
    return { done: mortal.done, said: mortal.stderr.text };
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.#directory, { recursive: true });
  }
}

/** What `verify` says of a log: undefined where it is whole. */
function fault(path: string, mac: Mac): string | undefined {
  const anchor = readAnchor(realSystem(), anchorOfFile(path), mac);
  if (anchor === "wrong") return "the anchor is wrong";
  const verifier = new Verifier(mac, anchor === "none" ? {} : { anchor });
  for (const line of Deno.readTextFileSync(path).split("\n")) {
    const found = verifier.line(new TextEncoder().encode(line));
    if (found !== undefined) return `${found.what}: ${line}`;
  }
  return verifier.end();
}

const [FIRST, LATER] = [NOON + SETTLE, NOON + 4 * WINDOW + SETTLE];
/** What runs at these two times give out. */
const EXPECTED = continuous(NOON - WINDOW, NOON + 4 * WINDOW);

Deno.test("a run makes its output certain before each window is done", () => {
  using place = new Place();
  place.run(FIRST);
  const { done, said } = place.run(LATER);
  assertEquals(said, "");
  const words = done.join(" ");
  assertEquals(words.match(/state/g)?.length, 6, "begin, one for each window, finish");
  // Only finish comes without one: nothing was written since the last commit.
  assert(!/write( truncate)* state/.test(words), words);
  assertEquals(words.match(/sync state/g)?.length, 5, words);
});

Deno.test("a run that is broken off anywhere leaves nothing out and nothing twice in a file", () => {
  let crashes = 0;
  for (const part of [0, 0.5, 1]) {
    for (let left = 1;; left++) {
      using place = new Place();
      place.run(FIRST);
      const { done } = place.run(LATER, left, part);
      if (done.length < left) break;
      crashes++;
      place.run(LATER);
      assertEquals(place.text, EXPECTED, `after ${done.join(" ")}`);
    }
  }
  assert(crashes > 50, `${crashes}`);
});

Deno.test("a first run that is broken off anywhere leaves out nothing that it began", () => {
  for (const part of [0, 0.5, 1]) {
    for (let left = 1;; left++) {
      using place = new Place();
      const { done } = place.run(FIRST, left, part);
      if (done.length < left) break;
      const { said } = place.run(LATER);
      // Before it has begun nothing was written, and the next run is the first.
      const others = [EXPECTED, continuous(NOON + 3 * WINDOW, NOON + 4 * WINDOW)];
      assert(others.includes(place.text), `after ${done.join(" ")}: ${place.text}`);
      if (done.includes("write")) assertEquals(place.text, EXPECTED);
      if (place.text === EXPECTED) continue;
      assert(done.filter((word) => word === "state").length <= 2, said);
    }
  }
});

Deno.test("a thousand schedules of runs at any times, broken off anywhere, write what one run writes", () => {
  const run = fc.record({
    later: fc.oneof(
      fc.double({ min: -2, max: 3, noNaN: true }),
      fc.double({ min: 0, max: 60, noNaN: true }),
    ),
    left: fc.oneof(fc.constant(Infinity), fc.integer({ min: 1, max: 300 })),
    part: fc.double({ min: 0, max: 1, noNaN: true }),
  });
  fc.assert(
    fc.property(fc.array(run, { maxLength: 12 }), (runs) => {
      using place = new Place();
      place.run(FIRST);
      let now = FIRST;
      let latest = now;
      for (const { later, left, part } of runs) {
        now += Math.round(later * WINDOW);
        latest = Math.max(latest, now);
        place.run(now, left, part);
      }
      place.run(latest);
      assertEquals(place.text, continuous(NOON - WINDOW, lastEnd(latest)));
    }),
    { numRuns: 1000 },
  );
});

Deno.test("a run leaves what others have written to the file since", () => {
  using place = new Place();
  place.run(FIRST);
  const before = place.text;
  Deno.writeTextFileSync(place.out, "of another\n", { append: true });
  place.run(LATER);
  assertEquals(place.text, `${before}of another\n${continuous(NOON, NOON + 4 * WINDOW)}`);
});

Deno.test("a run that follows a broken one leaves another file in the place of the old one", () => {
  using place = new Place();
  place.run(FIRST);
  const { done } = place.run(LATER);
  place.run(LATER + 3 * WINDOW, done.indexOf("write") + 2);
  assert(place.text.length > EXPECTED.length);
  Deno.renameSync(place.out, `${place.out}.1`);
  const another = "another file\n".repeat(1000);
  Deno.writeTextFileSync(place.out, another);
  place.run(LATER + 3 * WINDOW);
  assertEquals(place.text, another + continuous(NOON + 4 * WINDOW, NOON + 7 * WINDOW));
});

Deno.test("a chained run that is broken off anywhere leaves a log that is whole, and so does the next one", async () => {
  const mac = await Mac.load(new Uint8Array(32).fill(7));
  const later = NOON + 2 * WINDOW + SETTLE;
  const expected = continuous(NOON - WINDOW, NOON + 2 * WINDOW);
  const words = new Set<string>();
  let crashes = 0;
  for (const part of [0, 0.5, 1]) {
    for (const isFirst of [true, false]) {
      for (let left = 1;; left++) {
        using place = new Place(mac);
        if (!isFirst) place.run(FIRST);
        const { done } = place.run(isFirst ? FIRST : later, left, part);
        if (done.length < left) break;
        crashes++;
        const after = `after ${done.join(" ")}`;
        words.add(done.at(-1) ?? "");
        // A first run makes the log before the anchor.
        if (!isFirst || done.filter((word) => word === "make").length > 3) {
          assertEquals(fault(place.out, mac), undefined, after);
        }
        // Broken off a second time, while it mends what the first has left.
        place.run(later, left, part);
        place.run(later);
        assertEquals(fault(place.out, mac), undefined, after);
        const text = place.text.replaceAll(/,"chain":\{[^}]*\}/g, "");
        // Before it has begun nothing was written, and the next run is the first.
        if (!isFirst || done.includes("write")) assertEquals(text, expected, after);
        else assert(expected.endsWith(text), `${after}: ${text}`);
      }
    }
  }
  assert(crashes > 80, `${crashes}`);
  for (const word of ["make", "write", "sync", "state", "anchor"]) assert(words.has(word), word);
});
