import { assertEquals, assertThrows } from "@std/assert";
import { FOLD_FIELDS } from "../pipeline/fold/fields.ts";
import { connectionsIn, NAME_FIELDS, namesOf } from "./names.ts";
import { connection, question, TIME } from "./query_test_tools.ts";

const RECORD = connection(
  { name: "Mia", ip: "10.0.0.5", port: 40000 },
  { name: "Zyla.Example.com", ip: "192.0.2.7", port: 443 },
  { process: { name: "Curl" } },
);

Deno.test("namesOf gives what --unique lists: those who connected, or with --from alone, to whom", () => {
  const unique = (asked: Parameters<typeof question>[0]) =>
    namesOf("unique", question(asked))(RECORD);
  assertEquals(unique({}), ["mia"]);
  assertEquals(unique({ to: ["zyla.example.com"] }), ["mia"]);
  assertEquals(unique({ from: ["mia"] }), ["zyla.example.com"]);
  assertEquals(unique({ from: ["mia"], to: ["zyla.example.com"] }), ["mia"]);
});

Deno.test("namesOf gives the other side of --host", () => {
  const others = (...host: string[]) => namesOf("unique", question({ host }))(RECORD);
  assertEquals(others("mia"), ["zyla.example.com"]);
  assertEquals(others("example.com"), ["mia"]);
  assertEquals(others("192.0.2.0/24"), ["mia"]);
  assertEquals(others("mia", "example.com"), []);
});

Deno.test("namesOf gives hosts for --by, both ends of a connection once each", () => {
  const by = (name: string, record = RECORD) => namesOf(name, question())(record);
  assertEquals(by("from"), ["mia"]);
  assertEquals(by("to"), ["zyla.example.com"]);
  assertEquals(by("host"), ["mia", "zyla.example.com"]);
  assertEquals(by("host", connection({ name: "A" }, { name: "a." })), ["a"]);
  assertEquals(by("name", connection({ name: "a" }, { name: "Zyla." })), ["zyla"]);
  const { remote: _remote, ...alone } = RECORD;
  assertEquals(by("host", alone), ["mia"]);
  assertEquals(by("to", alone), []);
  assertEquals(by("from", { ...alone, local: {} }), []);
});

Deno.test("namesOf gives the fields that connections are summed up by", () => {
  const by = (name: string) => namesOf(name, question())(RECORD);
  assertEquals(by("process"), ["Curl"]);
  assertEquals(by("name"), ["zyla.example.com"]);
  assertEquals(by("ip"), ["192.0.2.7"]);
  assertEquals(by("port"), ["443"]);
  assertEquals(by("user"), []);
  for (const name of [...NAME_FIELDS, ...Object.keys(FOLD_FIELDS)]) by(name);
  assertThrows(() => by("toString"), RangeError, 'no field "toString"');
});

Deno.test("connectionsIn counts a connection once, and a summary as often as it says", () => {
  const count = (rest: Partial<typeof RECORD>) => connectionsIn({ ...RECORD, ...rest });
  assertEquals(count({}), 1);
  assertEquals(count({ event: "close", start: TIME }), 0);
  // Nobody has seen it begin.
  assertEquals(count({ event: "close" }), 1);
  assertEquals(count({ event: "close", preexisting: true }), 0);
  assertEquals(count({ event: "close", collector: "conntrack" }), 0);
  for (const collector of ["zeek", "zeek-json"]) {
    assertEquals(count({ event: "close", start: TIME, collector }), 1);
  }
  assertEquals(count({ event: "summary", count: 17 }), 17);
  assertEquals(count({ event: "summary" }), 1);
  assertEquals(count({ event: "listen" }), 0);
  assertEquals(count({ event: "update", collector: "zeek" }), 0);
});
