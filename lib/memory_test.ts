import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { COLLECTORS } from "../collectors/registry.ts";
import { EXIT, ExitError } from "./exit.ts";
import { planMemory, tableSize } from "./memory.ts";

const MIB = 2 ** 20;

Deno.test("planMemory says what the least is where it is more than there is", () => {
  const needs = [{ least: 20, tables: 50 }, { least: 30, tables: 50 }];
  const error = assertThrows(() => planMemory(150 * MIB - 1, needs), ExitError);
  assertEquals(error.code, EXIT.usage);
  assertEquals(error.message, 'value of "--memory" is too small: this run needs 150M at least');
  assertEquals(planMemory(150 * MIB, needs).limitBytes, 150 * MIB);
});

Deno.test("planMemory gives tables what is left: never nothing, and never more than usual", () => {
  const needs = COLLECTORS.map(({ memory }) => memory);
  const least = planMemory(2 ** 40, needs);
  assertEquals(least.tables, 1);
  fc.assert(fc.property(fc.integer({ min: 600, max: 6000 }), fc.nat(100), (mib, more) => {
    const { tables } = planMemory(mib * MIB, needs);
    assert(tables > 0 && tables <= 1);
    assert(planMemory((mib + more) * MIB, needs).tables >= tables);
  }));
});

Deno.test("tableSize gives room for one at least, and the usual where nothing is said of memory", () => {
  assertEquals(tableSize(1000), 1000);
  assertEquals(tableSize(1000, 0.25), 250);
  assertEquals(tableSize(10, 1 / 64), 1);
});
