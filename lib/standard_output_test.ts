import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { exactWriter } from "./standard_output.ts";
import { assertCovering } from "./test_coverage.ts";

const CAPACITY = 1024;

/** What Deno does to write to stdout: `std::io::LineWriter::write`, then `flush`, over a device. */
class LineWriterModel {
  #buffer: number[] = [];

  /** @param device Takes some bytes and returns how many, or throws. */
  constructor(readonly device: (bytes: Uint8Array) => number) {}

  get held(): readonly number[] {
    return this.#buffer;
  }

  readonly write = (bytes: Uint8Array): number => {
    const taken = this.#take(bytes);
    this.#flush();
    return taken;
  };

  #flush(): void {
    while (this.#buffer.length > 0) {
      this.#buffer.splice(0, this.device(Uint8Array.from(this.#buffer)));
    }
  }

  #hold(bytes: Uint8Array): number {
    const room = bytes.subarray(0, CAPACITY - this.#buffer.length);
    this.#buffer.push(...room);
    return room.length;
  }

  #take(bytes: Uint8Array): number {
    const end = bytes.lastIndexOf(10) + 1;
    if (end === 0) {
      if (this.#buffer.at(-1) === 10) this.#flush();
      if (this.#buffer.length + bytes.length > CAPACITY) this.#flush();
      return bytes.length >= CAPACITY ? this.device(bytes) : this.#hold(bytes);
    }
    this.#flush();
    const written = this.device(bytes.subarray(0, end));
    if (written >= end) return written + this.#hold(bytes.subarray(written));
    if (end - written <= CAPACITY) return written + this.#hold(bytes.subarray(written, end));
    const area = bytes.subarray(written, written + CAPACITY);
    const cut = area.lastIndexOf(10) + 1;
    return written + this.#hold(cut > 0 ? area.subarray(0, cut) : area);
  }
}

/** A device that takes at most so many bytes a time, and throws twice in a row where there is 0. */
function device(plan: readonly number[]): { bytes: number[]; write(b: Uint8Array): number } {
  const left = plan.flatMap((room) => room === 0 ? [0, 0] : room);
  const bytes: number[] = [];
  const write = (offered: Uint8Array) => {
    const room = left.shift() ?? Infinity;
    if (room === 0) throw new Error("No space left on device (os error 28)");
    const taken = offered.subarray(0, room);
    bytes.push(...taken);
    return taken.length;
  };
  return { bytes, write };
}

function decode(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

const room = fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 1500 }), fc.constant(Infinity));
const line = fc.tuple(
  fc.oneof(fc.integer({ min: 0, max: 200 }), fc.constantFrom(700, 1022, 1023, 1024, 1025, 2600)),
  fc.boolean(),
).map(([length, ended]) => "x".repeat(length) + (ended ? "\n" : ""));

Deno.test("exactWriter takes all that it says, in order, and nothing when it throws", () => {
  let failures = 0;
  assertCovering(
    fc.property(
      fc.array(line, { minLength: 1, maxLength: 20 }),
      fc.array(room, { maxLength: 20 }),
      (lines, plan) => {
        const target = device(plan);
        const model = new LineWriterModel(target.write);
        const write = exactWriter(model.write);
        const text = lines.map((text, i) => text.replaceAll("x", String.fromCharCode(97 + i)));
        const bytes = new TextEncoder().encode(text.join(""));
        let taken = 0;
        for (let tries = 0; taken < bytes.length && tries < 5000; tries++) {
          try {
            taken += write(bytes.subarray(taken));
          } catch {
            failures++;
          }
          const got = Uint8Array.from([...target.bytes, ...model.held]);
          assertEquals(decode(got), decode(bytes.subarray(0, taken)));
        }
        assertEquals(taken, bytes.length);
      },
    ),
    { numRuns: 1000 },
    () => assertEquals(failures > 0, true),
  );
});

Deno.test("exactWriter over a writer without a buffer changes nothing but the size of pieces", () => {
  const target = device([5]);
  const write = exactWriter(target.write);
  assertEquals(write(new TextEncoder().encode("abcdefgh\n")), 5);
  assertEquals(target.bytes.length, 5);
});
