import { assertEquals } from "@std/assert";
import { StopSignal } from "./stop_signal.ts";

/** Time that passes when a test says so, milliseconds. */
class FakeTime {
  readonly #timers: { readonly at: number; readonly done: () => void }[] = [];
  #now = 0;

  now(): number {
    return this.#now * 1000;
  }

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      this.#timers.push({ at: this.#now + ms, done: resolve });
      signal.addEventListener("abort", () => resolve());
    });
  }

  async pass(ms: number): Promise<void> {
    this.#now += ms;
    for (const { at, done } of this.#timers) if (at <= this.#now) done();
    // What waits for the timers goes on.
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
}

Deno.test("StopSignal aborts after a time that counts from when it is told so", async () => {
  const time = new FakeTime();
  using stop = new StopSignal(time);
  await time.pass(5000);
  assertEquals(stop.signal.aborted, false);
  stop.abortAfter(1000);
  await time.pass(999);
  assertEquals(stop.signal.aborted, false);
  await time.pass(1);
  assertEquals(stop.signal.aborted, true);
});

Deno.test("StopSignal takes the first signal for the first one, also when the run is ending already", async () => {
  const time = new FakeTime();
  using stop = new StopSignal(time);
  stop.abort();
  await time.pass(60_000);
  assertEquals(stop.interrupted.aborted, false);
  Deno.kill(Deno.pid, "SIGTERM");
  // A second signal ends the program, and the test with it.
  for (let i = 0; i < 1000 && !stop.interrupted.aborted; i++) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  assertEquals(stop.interrupted.aborted, true);
});

Deno.test("StopSignal.within ends what is waited for, and not the run", async () => {
  const time = new FakeTime();
  using stop = new StopSignal(time);
  const waiting = stop.within(1000);
  await time.pass(1000);
  assertEquals([waiting.aborted, stop.signal.aborted], [true, false]);
  const other = stop.within(1000);
  stop.abort();
  await time.pass(0);
  assertEquals(other.aborted, true);
});
