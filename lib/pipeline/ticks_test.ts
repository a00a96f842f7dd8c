import { assertEquals, assertRejects } from "@std/assert";
import type { Connection } from "../connection.ts";
import type { Batches } from "./stage.ts";
import { withTicks } from "./ticks.ts";

/** Sleeps until it is told to wake, or the signal aborts. */
class Sleeper {
  asked = 0;
  #wake = () => {};

  sleep = (_ms: number, signal: AbortSignal): Promise<void> => {
    this.asked++;
    return new Promise((resolve) => {
      this.#wake = resolve;
      if (signal.aborted) resolve();
      signal.addEventListener("abort", () => resolve());
    });
  };

  wake(): void {
    this.#wake();
  }
}

const BATCH: Connection[] = [];

Deno.test("withTicks yields an empty batch at every interval while nothing comes", async () => {
  const sleeper = new Sleeper();
  const { promise, resolve } = Promise.withResolvers<void>();
  let asked = 0;
  const source: Batches = {
    [Symbol.asyncIterator]: () => ({
      next: async () => {
        asked++;
        if (asked === 1) await promise;
        return asked === 1 ? { done: false, value: BATCH } : { done: true, value: undefined };
      },
    }),
  };
  const ticks = withTicks(source, sleeper, 250)[Symbol.asyncIterator]();
  for (let i = 0; i < 3; i++) {
    const next = ticks.next();
    sleeper.wake();
    const { value } = await next;
    assertEquals(value, []);
    assertEquals(value === BATCH, false);
  }
  // However long it takes, it is asked for once.
  assertEquals(asked, 1);
  resolve();
  assertEquals((await ticks.next()).value, BATCH);
  assertEquals((await ticks.next()).done, true);
});

Deno.test("withTicks passes on what fails, and ends the source when nobody wants more", async () => {
  const sleeper = new Sleeper();
  async function* failing(): Batches {
    yield BATCH;
    throw new Error("broken");
  }
  await assertRejects(() => Array.fromAsync(withTicks(failing(), sleeper, 250)), Error, "broken");
  let isEnded = false;
  async function* endless(): Batches {
    try {
      while (true) yield BATCH;
    } finally {
      isEnded = true;
    }
  }
  for await (const _ of withTicks(endless(), sleeper, 250)) break;
  assertEquals(isEnded, true);
});
