import { assertEquals, assertMatch } from "@std/assert";
import { storeColumns, storeName } from "./store_columns.ts";

Deno.test("storeName makes one word of a path", () => {
  assertEquals(storeName("@timestamp"), "timestamp");
  assertEquals(storeName("process.parent.entity_id"), "process_parent_entity_id");
});

Deno.test("storeColumns gives each field a name of its own that needs no quotes in SQL", () => {
  const columns = storeColumns();
  const names = columns.map(({ name }) => name);
  assertEquals(new Set(names).size, names.length);
  for (const name of names) assertMatch(name, /^[a-z][a-z0-9_]*$/);
  assertEquals(names.slice(0, 2), ["timestamp", "event_id"]);
});

Deno.test("storeColumns knows what every record has", () => {
  const required = storeColumns().filter(({ isRequired }) => isRequired).map(({ path }) => path);
  for (const path of ["@timestamp", "event.id", "connscribe.event", "connscribe.outcome"]) {
    assertEquals(required.includes(path), true, path);
  }
  for (const path of ["source.ip", "process.name", "host.name"]) {
    assertEquals(required.includes(path), false, path);
  }
});
