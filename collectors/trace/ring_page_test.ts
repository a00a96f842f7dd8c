import { assertEquals } from "@std/assert";
import fc from "fast-check";
import type { PageLayout } from "./format.ts";
import { encodePage, type Item, layoutOf } from "./page_test_tools.ts";
import { RingPage } from "./ring_page.ts";

const LAYOUT = layoutOf("6.18");
const LAYOUT_32: PageLayout = { ...LAYOUT, commitSize: 4, dataOffset: 12 };

function bytes(length: number, value = 1): Uint8Array {
  return new Uint8Array(length).fill(value);
}

interface Walked {
  readonly boots: number[];
  readonly data: number[][];
  readonly lost: number | "unknown";
  readonly malformed: boolean;
}

function walk(page: Uint8Array, layout = LAYOUT): Walked {
  const ring = new RingPage(layout);
  const boots: number[] = [];
  const data: number[][] = [];
  ring.open(page);
  while (ring.next()) {
    boots.push(ring.boot);
    data.push([...new Uint8Array(ring.view.buffer, ring.view.byteOffset + ring.at, ring.length)]);
  }
  return { boots, data, lost: ring.lost, malformed: ring.malformed };
}

Deno.test("RingPage gives records with their times", () => {
  const page = encodePage(LAYOUT, { time: 5_000_000_250n }, [
    { type: "data", delta: 0, data: bytes(4) },
    { type: "data", delta: 1250, data: bytes(112, 2) },
    { type: "data", delta: 500, data: bytes(116, 3) },
    { type: "data", delta: 1, data: bytes(8, 4), long: true },
  ]);
  const { boots, data, lost, malformed } = walk(page);
  assertEquals(boots, [5_000_000.25, 5_000_001.5, 5_000_002, 5_000_002.001]);
  assertEquals(data.map((each) => [each.length, each[0]]), [[4, 1], [112, 2], [116, 3], [8, 4]]);
  assertEquals([lost, malformed], [0, false]);
});

Deno.test("RingPage adds the time of extensions and of events that were thrown away", () => {
  const page = encodePage(LAYOUT, { time: 1000n }, [
    { type: "extend", delta: 3_600_000_000_000 },
    { type: "data", delta: 1000, data: bytes(4) },
    { type: "discarded", delta: 5000, length: 24 },
    { type: "data", delta: 0, data: bytes(4) },
    // Its time is 1, which stands for 0.
    { type: "discarded", delta: 0, length: 8 },
    { type: "data", delta: 0, data: bytes(4) },
  ]);
  assertEquals(walk(page).boots, [3_600_000_002, 3_600_000_007, 3_600_000_007]);
});

Deno.test("RingPage sets the clock to an absolute time", () => {
  const page = encodePage(LAYOUT, { time: 1000n }, [
    { type: "data", delta: 0, data: bytes(4) },
    { type: "stamp", time: 987_654_321_987_654_321n % (1n << 59n) },
    { type: "data", delta: 679, data: bytes(4) },
  ]);
  assertEquals(walk(page).boots, [1, Number(987_654_321_987_655_000n % (1n << 59n)) / 1000]);
});

Deno.test("RingPage stops where the page is empty", () => {
  const page = encodePage(LAYOUT, { time: 0n }, [
    { type: "data", delta: 0, data: bytes(4) },
    { type: "end" },
    { type: "data", delta: 0, data: bytes(4) },
  ]);
  const { data, malformed } = walk(page);
  assertEquals([data.length, malformed], [1, false]);
});

Deno.test("RingPage tells how many events were lost", () => {
  const items: Item[] = [{ type: "data", delta: 0, data: bytes(4) }];
  for (const layout of [LAYOUT, LAYOUT_32]) {
    for (const lost of [0, 1, 615, 2 ** 32 - 1, "unknown"] as const) {
      const walked = walk(encodePage(layout, { time: 0n, lost }, items), layout);
      assertEquals([walked.lost, walked.data.length, walked.malformed], [lost, 1, false]);
    }
  }
  const many = encodePage(LAYOUT, { time: 0n, lost: 2 ** 40 }, items);
  assertEquals(walk(many).lost, 2 ** 40);
  // The count would be beyond the page, or is no count.
  assertEquals(walk(many.slice(0, 24)).lost, "unknown");
  assertEquals(walk(many.fill(255, 24, 32)).lost, "unknown");
});

Deno.test("RingPage says that a page is cut or wrong", () => {
  const page = encodePage(LAYOUT, { time: 0n }, [{ type: "data", delta: 0, data: bytes(40) }]);
  assertEquals(walk(page.slice(0, 59)), { boots: [], data: [], lost: 0, malformed: true });
  assertEquals(walk(page.slice(0, 15)), { boots: [], data: [], lost: 0, malformed: true });
  assertEquals(walk(new Uint8Array()), { boots: [], data: [], lost: 0, malformed: true });
  // A long record of no length.
  assertEquals(walk(page.fill(0, 16, 24)).malformed, true);
  // Nothing on it: not wrong.
  assertEquals(walk(new Uint8Array(4096)).malformed, false);
});

Deno.test("RingPage keeps order and loses less than a microsecond at any time", () => {
  fc.assert(
    fc.property(
      // 285 years
      fc.bigInt({ min: 0n, max: 9_000_000_000_000_000_000n }),
      fc.array(fc.nat(2 ** 27 - 1), { maxLength: 20 }),
      (time, deltas) => {
        const items = deltas.map((delta): Item => ({ type: "data", delta, data: bytes(4) }));
        let exact = time;
        let last = 0;
        walk(encodePage(LAYOUT, { time }, items)).boots.forEach((boot, i) => {
          exact += BigInt(deltas[i] ?? 0);
          const microseconds = BigInt(Math.floor(boot));
          const error = exact / 1000n - microseconds;
          assertEquals(error >= -1n && error <= 1n, true);
          assertEquals(boot >= last, true);
          last = boot;
        });
      },
    ),
    { numRuns: 200 },
  );
});

const item: fc.Arbitrary<Item> = fc.oneof(
  fc.record({
    type: fc.constant("data" as const),
    delta: fc.nat(2 ** 27 - 1),
    data: fc.uint8Array({ minLength: 1, maxLength: 200 }),
    long: fc.boolean(),
  }),
  fc.record({
    type: fc.constant("discarded" as const),
    delta: fc.integer({ min: 2, max: 2 ** 27 - 1 }),
    length: fc.nat(50).map((n) => n * 4),
  }),
  fc.record({ type: fc.constant("extend" as const), delta: fc.nat(2 ** 31 - 1) }),
);

Deno.test("RingPage reads back what encodePage wrote", () => {
  fc.assert(
    fc.property(
      fc.array(item, { maxLength: 60 }),
      fc.bigInt({ min: 0n, max: 2n ** 52n }),
      fc.oneof(fc.nat(), fc.constant("unknown" as const)),
      fc.constantFrom(LAYOUT, LAYOUT_32),
      (items, time, lost, layout) => {
        const walked = walk(encodePage(layout, { time, lost }, items), layout);
        let clock = time;
        const boots: number[] = [];
        const data: number[][] = [];
        for (const each of items) {
          if (each.type === "stamp" || each.type === "end") continue;
          clock += BigInt(each.delta);
          if (each.type !== "data") continue;
          boots.push(Number(clock / 1000n) + Number(clock % 1000n) / 1000);
          data.push([...each.data, ...new Uint8Array(3 - (each.data.length + 3) % 4)]);
        }
        assertEquals(walked, { boots, data, lost, malformed: false });
      },
    ),
    { numRuns: 200 },
  );
});

Deno.test("RingPage takes any bytes", () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 600 }),
      fc.nat(700),
      fc.nat(7),
      (noise, commit, shift) => {
        // Within a larger buffer, so that reading beyond the page would be seen.
        const buffer = new Uint8Array(noise.length + shift + 64).fill(0xee);
        const page = buffer.subarray(shift, shift + noise.length);
        page.set(noise);
        if (page.length >= 12 && commit < 600) page.set([commit & 255, commit >> 8, 0, 0], 8);
        const ring = new RingPage(LAYOUT);
        ring.open(page);
        let records = 0;
        while (ring.next()) {
          assertEquals(++records <= page.length / 4, true);
          assertEquals(ring.at >= 16 && ring.at + ring.length <= page.length, true);
          assertEquals(Number.isFinite(ring.boot), true);
        }
        assertEquals(ring.next(), false);
      },
    ),
    { numRuns: 1000 },
  );
});
