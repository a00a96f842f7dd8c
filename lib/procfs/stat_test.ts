import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { parseStat } from "./stat.ts";

const encoder = new TextEncoder();
const REST =
  "32656 497 497 0 -1 4194560 1834 0 0 0 12 9 0 0 20 0 1 0 31000 17125376 2416 18446744073709551615 1 0\n";

function stat(pid: number | string, comm: string | Uint8Array, rest = `S ${REST}`): Uint8Array {
  const name = typeof comm === "string" ? encoder.encode(comm) : comm;
  return Uint8Array.of(...encoder.encode(`${pid} (`), ...name, ...encoder.encode(`) ${rest}`));
}

Deno.test("parseStat reads a process", () => {
  assertEquals(parseStat(stat(497, "sshd")), {
    pid: 497,
    comm: "sshd",
    commBytes: 4,
    state: "S",
    ppid: 32656,
    startTicks: 31000,
    argStart: 0,
  });
});

Deno.test("parseStat tells where the arguments are, as the 48th field", () => {
  const fields = Array.from({ length: 52 - 3 }, (_, i) => `${i + 4}`).join(" ");
  const parsed = parseStat(stat(497, "a) S 1 (b", `S ${fields}\n`));
  assertEquals([parsed?.ppid, parsed?.startTicks, parsed?.argStart], [4, 22, 48]);
});

Deno.test("parseStat is not deceived by a name that looks like fields", () => {
  const comm = "a) S 1 (b\n\tc";
  const parsed = parseStat(stat(497, comm));
  assertEquals([parsed?.comm, parsed?.ppid, parsed?.startTicks], [comm, 32656, 31000]);
  assertEquals(parseStat(stat(497, ""))?.comm, "");
  assertEquals(parseStat(stat(497, ")) (("))?.comm, ")) ((");
});

Deno.test("parseStat keeps a name that is not UTF-8, and its length in bytes", () => {
  const parsed = parseStat(stat(1, Uint8Array.of(97, 0xff, 0xc3)));
  assertEquals([parsed?.comm, parsed?.commBytes], ["a\ufffd\ufffd", 3]);
});

Deno.test("parseStat refuses what is malformed or cut", () => {
  const whole = `497 (sshd) S ${REST}`;
  const end = whole.indexOf("31000") + "31000".length;
  for (let length = 0; length <= end; length++) {
    assertEquals(parseStat(encoder.encode(whole.slice(0, length))), undefined);
  }
  const bad = [stat("x", "a"), stat("", "a"), stat("1 2", "a"), stat(-1, "a"), stat(0, "a")];
  bad.push(
    stat(1, "a", `SS ${REST}`),
    stat(1, "a", `1 ${REST}`),
    stat(1, "a", "S " + "x ".repeat(30)),
  );
  bad.push(stat(1, "a", `S -${REST}`), stat(4294967296, "a"), encoder.encode(") (".repeat(20)));
  bad.push(stat(1, "a", `S ${REST.replace("31000", "99999999999999999999")}`));
  for (const bytes of bad) assertEquals(parseStat(bytes), undefined);
});

Deno.test("parseStat reads back every name and number", () => {
  const name = fc.uint8Array({ maxLength: 15 });
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 4194304 }),
      name,
      fc.nat(),
      fc.nat(),
      (pid, comm, ppid, ticks) => {
        const numbers = [ppid, ...Array(17).fill(-1), ticks, 0].join(" ");
        assertEquals(parseStat(stat(pid, comm, `Z ${numbers}\n`)), {
          pid,
          comm: new TextDecoder("utf-8", { ignoreBOM: true }).decode(comm),
          commBytes: comm.length,
          state: "Z",
          ppid,
          startTicks: ticks,
          argStart: 0,
        });
      },
    ),
    { numRuns: 200 },
  );
});

Deno.test("parseStat never throws on arbitrary bytes", () => {
  const near = fc.string({ unit: fc.constantFrom(..."() 1S-x\n"), maxLength: 120 })
    .map((text) => encoder.encode(text));
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 300 }), near), (bytes) => {
      parseStat(bytes);
    }),
    { numRuns: 500 },
  );
});
