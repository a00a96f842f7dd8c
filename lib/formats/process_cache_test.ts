import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { RecordedProcess } from "../connection.ts";
import { ProcessCache } from "./process_cache.ts";
import { CURL, hostileConnection } from "./test_records.ts";

/** A cache of what processes are as JSON, and which ones were rendered. */
function cacheOf(most: number) {
  const rendered: RecordedProcess[] = [];
  const processes = new ProcessCache(most);
  function get(process: RecordedProcess): unknown {
    const list = processes.get(process);
    if (list[0] === undefined) {
      rendered.push(process);
      const text = JSON.stringify(process);
      list[0] = text;
      processes.grow(text.length);
    }
    return list[0];
  }
  return { cache: { get }, rendered };
}

Deno.test("ProcessCache renders a process once, also where another object is equal", () => {
  const { cache, rendered } = cacheOf(100_000);
  for (const process of [CURL, CURL, structuredClone(CURL)]) cache.get(process);
  assertEquals(rendered, [CURL]);
});

Deno.test("ProcessCache renders a process again when anything of it has changed", () => {
  const { cache } = cacheOf(1_000_000);
  const changes: RecordedProcess[] = [];
  for (const field of Object.keys(CURL)) {
    const { [field as keyof RecordedProcess]: _, ...rest } = CURL;
    changes.push(rest);
  }
  for (const field of Object.keys(CURL.parent ?? {})) {
    changes.push({ ...CURL, parent: { ...CURL.parent, [field]: "changed" } });
  }
  changes.push({ ...CURL, commandLine: ["curl", "-s", "https://example.org/", "it's", "a\nb"] });
  changes.push({ ...CURL, commandLine: ["curl"] });
  for (const changed of changes) {
    cache.get(CURL);
    assertEquals(cache.get(changed), JSON.stringify(changed));
  }
});

Deno.test("ProcessCache gives of hostile processes what belongs to each", () => {
  const { cache } = cacheOf(5000);
  fc.assert(
    fc.property(hostileConnection, ({ process = {} }) => {
      assertEquals(cache.get(process), JSON.stringify(process));
    }),
    { numRuns: 500 },
  );
});

Deno.test("ProcessCache keeps no more than it may", () => {
  const { cache, rendered } = cacheOf(6000);
  const processes = Array.from({ length: 20 }, (_, pid) => ({ pid: 1000 + pid }));
  for (const process of processes) cache.get(process);
  const last = processes.at(-1)!;
  cache.get(last);
  assertEquals(rendered.length, 20);
  cache.get(processes[0]!);
  assertEquals(rendered.length, 21);
});

Deno.test("ProcessCache keeps no more than it may of processes of which nothing is rendered", () => {
  const cache = new ProcessCache(100_000);
  const first = { name: "first", cgroup: "a" };
  const list = cache.get(first);
  for (let i = 0; i < 10; i++) cache.get({ name: `${i}`, cgroup: "x".repeat(10_000) });
  assert(cache.get(first) !== list, "the first process is still there");
  const again = cache.get(first);
  for (let pid = 1; pid < 1000; pid++) cache.get({ pid });
  assert(cache.get(first) !== again, "the first process is still there");
});
