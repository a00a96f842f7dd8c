import { assertEquals, assertRejects } from "@std/assert";
import { Arrivals } from "./arrivals.ts";

Deno.test("Arrivals gives what has settled, in that order, and waits for the rest", async () => {
  const arrivals = new Arrivals<number>();
  const [first, second, third] = [1, 2, 3].map(() => Promise.withResolvers<number>());
  for (const one of [first, second, third]) if (one) arrivals.expect(one.promise);
  third?.resolve(3);
  first?.resolve(1);
  assertEquals([await arrivals.take(), await arrivals.take()], [3, 1]);
  const last = arrivals.take();
  second?.resolve(2);
  assertEquals(await last, 2);
});

Deno.test("Arrivals rejects with what fails, in its turn, and goes on", async () => {
  const arrivals = new Arrivals<number>();
  arrivals.expect(Promise.resolve(1));
  arrivals.expect(Promise.reject(new RangeError("no socket")));
  arrivals.expect(Promise.resolve(2));
  assertEquals(await arrivals.take(), 1);
  await assertRejects(() => arrivals.take(), RangeError, "no socket");
  assertEquals(await arrivals.take(), 2);
});

Deno.test("Arrivals is not troubled by a failure that nobody takes", async () => {
  const arrivals = new Arrivals<number>();
  arrivals.expect(Promise.reject(new RangeError("too late")));
  await new Promise((resolve) => setTimeout(resolve, 0));
});
