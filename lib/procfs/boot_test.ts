import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { DEFAULT_CLOCK_TICKS, parseBootId, parseBootTime, parseClockTicks } from "./boot.ts";

const encoder = new TextEncoder();

function auxv(...entries: [number, bigint][]): Uint8Array {
  const view = new DataView(new ArrayBuffer(entries.length * 16));
  entries.forEach(([type, value], i) => {
    view.setBigUint64(i * 16, BigInt(type), true);
    view.setBigUint64(i * 16 + 8, value, true);
  });
  return new Uint8Array(view.buffer);
}

Deno.test("parseBootTime finds the line of the boot time", () => {
  const stat = (line: string) => encoder.encode(`cpu  1 2\nintr 5 btime 7\n${line}processes 3\n`);
  assertEquals(parseBootTime(stat("btime 1795226763\n")), 1795226763);
  for (
    const line of [
      "",
      "btime\n",
      "btime x\n",
      "btime -1\n",
      " btime 1\n",
      "btime 99999999999999999\n",
    ]
  ) {
    assertEquals(parseBootTime(stat(line)), undefined, line);
  }
  assertEquals(parseBootTime(encoder.encode("cpu 1\nbtime 17952")), undefined);
});

Deno.test("parseClockTicks finds its entry, else takes the common value", () => {
  assertEquals(parseClockTicks(auxv([33, 140725n], [17, 250n], [0, 0n])), 250);
  assertEquals(parseClockTicks(auxv([33, 17n], [0, 0n])), DEFAULT_CLOCK_TICKS);
  assertEquals(parseClockTicks(new Uint8Array()), DEFAULT_CLOCK_TICKS);
  assertEquals(parseClockTicks(auxv([17, 250n]).subarray(0, 15)), DEFAULT_CLOCK_TICKS);
  assertEquals(parseClockTicks(auxv([17, 0n])), DEFAULT_CLOCK_TICKS);
  assertEquals(parseClockTicks(auxv([17, 2n ** 63n])), DEFAULT_CLOCK_TICKS);
  // The bytes may be a part of a larger buffer.
  assertEquals(parseClockTicks(auxv([6, 4096n], [17, 250n]).subarray(16)), 250);
});

Deno.test("parseBootId takes a UUID and nothing else", () => {
  const id = "0c9b1f5e-3f39-4d6c-9e3e-2f1d7a5b8c44";
  assertEquals(parseBootId(encoder.encode(id + "\n")), id);
  for (const text of ["", "\n", id.slice(1), id + "\n\n", id + "x", `x\n${id}`]) {
    assertEquals(parseBootId(encoder.encode(text)), undefined);
  }
});

Deno.test("parseBootTime, parseClockTicks and parseBootId never throw on arbitrary bytes", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      parseBootTime(bytes);
      parseBootId(bytes);
      const ticks = parseClockTicks(bytes);
      assertEquals(ticks >= 1 && Number.isSafeInteger(ticks), true);
    }),
  );
});
