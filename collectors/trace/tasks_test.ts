import { assertEquals } from "@std/assert";
import { stranger } from "./process_entry.ts";
import { Tasks } from "./tasks.ts";

Deno.test("Tasks counts those that it forgets while they live, and not those that have ended", () => {
  const tasks = new Tasks(2, 5e6);
  for (const tid of [1, 2]) tasks.set(tid, stranger(tid, 0), 0);
  tasks.end(2, 10);
  tasks.set(3, stranger(3, 0), 0);
  assertEquals([tasks.size, tasks.forgotten, tasks.get(2)], [2, 0, undefined]);
  tasks.set(4, stranger(4, 0), 0);
  assertEquals([tasks.size, tasks.forgotten, tasks.get(1)], [2, 1, undefined]);
});
