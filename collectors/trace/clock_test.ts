import { assert, assertEquals } from "@std/assert";
import { TraceClock } from "./clock.ts";

/** Two clocks that the test moves; each reading takes so many microseconds. */
class Hands {
  offset = 1_795_000_000_000_000;
  boot = 1000.25;
  /** Of each reading of the trace clock in turn. */
  takes: number[] = [];
  readonly trace = (): number => {
    const take = this.takes.shift() ?? 2;
    this.boot += take / 2;
    const now = this.boot;
    this.boot += take / 2;
    return now;
  };
  readonly wall = (): number => this.boot + this.offset;
}

Deno.test("TraceClock tells the wall time of an event, in whole microseconds", () => {
  const hands = new Hands();
  const clock = new TraceClock(hands);
  const wall = clock.toWall(500.25);
  assert(Number.isInteger(wall));
  assert(Math.abs(wall - (hands.offset + 500)) <= 1);
});

Deno.test("TraceClock believes the reading that took least", () => {
  const hands = new Hands();
  hands.takes = [900, 800, 10, 700, 600];
  assertEquals(new TraceClock(hands).error, 5);
});

Deno.test("TraceClock follows a step of the wall clock, for later events only", () => {
  const hands = new Hands();
  const clock = new TraceClock(hands);
  const before = clock.toWall(900);
  hands.boot += 1e6;
  assertEquals(clock.sync(), 0);
  hands.offset -= 3_600_000_000;
  assertEquals(clock.sync(), -3_600_000_000);
  assertEquals(clock.toWall(900), before);
  assertEquals(clock.toWall(2e6), before + 2e6 - 900 - 3_600_000_000);
});

Deno.test("TraceClock does not tremble with the error of its readings", () => {
  const hands = new Hands();
  hands.takes = [100, 100, 100, 100, 100];
  const clock = new TraceClock(hands);
  const before = clock.toWall(1e9);
  hands.offset += 40;
  hands.takes = [100, 100, 100, 100, 100];
  assertEquals([clock.sync(), clock.toWall(1e9)], [0, before]);
  hands.offset += 40;
  hands.takes = [100, 100, 100, 100, 100];
  assertEquals([clock.sync(), clock.toWall(1e9)], [80, before + 80]);
});

Deno.test("TraceClock keeps its offset where nothing can be read", () => {
  const hands = new Hands();
  let fails = false;
  const clock = new TraceClock({ wall: hands.wall, trace: () => fails ? NaN : hands.trace() });
  const before = clock.toWall(0);
  fails = true;
  assertEquals([clock.sync(), clock.toWall(0)], [0, before]);
});
