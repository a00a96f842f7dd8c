import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { Happening } from "../happening.ts";
import { FakeSocket, SOFTIRQ, told } from "./tcp_bytes_test_tools.ts";
import { TcpBytes } from "./tcp_bytes.ts";

/** How a connection goes from its beginning to its end: the states after the first. */
const WAYS = [
  [7, 2, 1, 8, 9, 7],
  [7, 2, 1, 4, 5, 7],
  [7, 2, 1, 4, 11, 7],
  [7, 2, 1, 7],
  [10, 3, 1, 4, 5, 7],
  [10, 3, 1, 8, 9, 7],
  [7, 2, 7],
] as const;

/** A connection that comes after another one on the same address. */
interface Life {
  readonly way: number;
  /** Its end is told after its destruction. */
  readonly isLate: boolean;
  /** Its socket is not destroyed, but used again. */
  readonly isKept: boolean;
  /** ss tells of it. */
  readonly hasLine: boolean;
  /** ss tells of it before anything is known of it. */
  readonly isAhead: boolean;
}

/** Steps that come in their order; each gives the time. */
type Queue = ((at: number) => void)[];

/** What is told to the join, and what comes of it. */
class Story {
  readonly bytes = new TcpBytes();
  readonly out: Happening[] = [];
  readonly given: string[] = [];
  /** Ends that have their bytes unless time runs out. */
  readonly complete = new Set<string>();
  #cookie = 0;

  /** Of each address: what happens to its sockets, and what ss says of them. */
  queues(address: number, lives: readonly Life[]): Queue[] {
    const trace: Queue = [];
    const ss: Queue = [];
    for (const { way, isLate, isKept, hasLine, isAhead } of lives) {
      // All sockets of an address have the same ends: the worst there can be.
      const socket = new FakeSocket(address, ++this.#cookie, 4000 + address % 2);
      const line = (at: number) => this.bytes.line(socket.line(), at);
      const destroy = (at: number) => this.bytes.apply(socket.destroy(at));
      const end = (at: number) => {
        const happening = socket.end(at);
        this.given.push(happening.key);
        if (hasLine && !isKept) this.complete.add(happening.key);
        this.#take(this.bytes.end(happening, at));
      };
      if (hasLine && !isKept && isAhead) trace.push(line);
      (WAYS[way] ?? []).forEach((next, i, states) => {
        const old = states[i - 1];
        if (old !== undefined) trace.push((at) => this.#state(socket, at, old, next));
      });
      trace.push(...isKept ? [end] : isLate ? [destroy, end] : [end, destroy]);
      if (hasLine && !isKept && !isAhead) ss.push(line);
    }
    return [trace, ss];
  }

  done(at: number): void {
    for (const happening of this.bytes.done(at)) this.#take(happening);
  }

  finish(): void {
    for (const happening of this.bytes.finish()) this.#take(happening);
  }

  #state(socket: FakeSocket, at: number, old: number, next: number): void {
    this.bytes.apply(socket.state(at, old, next, next === 9 || next === 4 ? {} : SOFTIRQ));
  }

  #take(happening: Happening | undefined): void {
    if (happening !== undefined) this.out.push(happening);
  }
}

const life = fc.record({
  way: fc.nat(WAYS.length - 1),
  isLate: fc.boolean(),
  isKept: fc.boolean(),
  hasLine: fc.boolean(),
  isAhead: fc.boolean(),
});
const hosts = fc.array(fc.array(life, { minLength: 1, maxLength: 6 }), {
  minLength: 1,
  maxLength: 4,
});
const turns = fc.array(
  fc.record({ whose: fc.nat(7), steps: fc.integer({ min: 1, max: 5 }), asks: fc.boolean() }),
  { maxLength: 80 },
);

/** Plays all queues, in the order of the turns as far as they go. */
function play(
  lives: readonly (readonly Life[])[],
  order: readonly { readonly whose: number; readonly steps: number; readonly asks: boolean }[],
  pace: number,
): { readonly story: Story; readonly took: number } {
  const story = new Story();
  const queues = lives.flatMap((each, address) => story.queues(address, each));
  let at = 0;
  for (const { whose, steps, asks } of order) {
    for (const step of queues[whose % queues.length]?.splice(0, steps) ?? []) step(at += pace);
    if (asks) story.done(at);
  }
  for (const queue of queues) for (const step of queue) step(at += pace);
  story.done(at);
  const took = at;
  story.finish();
  return { story, took };
}

Deno.test("TcpBytes gives each end once, with the bytes of its own socket or none", () => {
  fc.assert(
    fc.property(hosts, turns, fc.constantFrom(0.01, 5, 60, 400), (lives, order, pace) => {
      const { story } = play(lives, order, pace);
      assertEquals(story.out.map(({ key }) => key).sort(), story.given.sort());
      for (const { key, bytesIn, bytesOut } of story.out) {
        const cookie = Number(key.split("-")[1]);
        assert(bytesOut === undefined || bytesOut === 1000 + cookie, `${key} ${bytesOut}`);
        assert(bytesIn === undefined || bytesIn === 7 || bytesIn === 8, `${key} ${bytesIn}`);
        assert(bytesOut === undefined || story.complete.has(key), `${key} has no line`);
      }
      // What is left has not ended.
      assertEquals(story.bytes.finish(), []);
    }),
    { numRuns: 300 },
  );
});

Deno.test("TcpBytes gives each end its bytes that come in time, in whatever order", () => {
  fc.assert(
    fc.property(hosts, turns, (lives, order) => {
      const { story, took } = play(lives, order, 0.5);
      assert(took < 500);
      const without = told(story.out).filter((text) => text.endsWith(" -/-"));
      const wanted = story.given.filter((key) => !story.complete.has(key));
      assertEquals(without.sort(), wanted.map((key) => `${key} -/-`).sort());
    }),
    { numRuns: 300 },
  );
});
