import { assertEquals } from "@std/assert";
import { Backoff } from "./backoff.ts";

Deno.test("Backoff doubles from a tenth of a second up to half a minute", function () {
  const backoff = new Backoff();
  const waits = Array.from({ length: 12 }, () => backoff.next(10));
  assertEquals(
    waits,
    [100, 200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 30_000, 30_000, 30_000],
  );
});

Deno.test("Backoff begins anew after a minute of life", function () {
  const backoff = new Backoff();
  for (let i = 0; i < 5; i++) backoff.next(59_999);
  assertEquals(backoff.next(59_999), 3200);
  assertEquals(backoff.next(60_000), 100);
  assertEquals(backoff.next(0), 200);
});
