import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { countOctets, FACILITIES, headerOf, messageStart, SEVERITY } from "./frame.ts";
import { readCounted, readSyslog } from "./test_rfc5424.ts";

const ORIGIN = { facility: 3, tag: "connscribe", pid: 4711 };
const encoder = new TextEncoder();

Deno.test("headerOf renders a header of RFC 5424", () => {
  const header = headerOf(ORIGIN);
  const time = 1_795_226_500_144_181;
  const heading = { severity: SEVERITY.notice, time, hostname: "web-1", kind: "open" };
  assertEquals(
    header(heading),
    "<29>1 2026-11-21T02:01:40.144181Z web-1 connscribe 4711 open - ",
  );
  const { hostname: _, ...nameless } = heading;
  assertEquals(header(nameless), "<29>1 2026-11-21T02:01:40.144181Z - connscribe 4711 open - ");
});

Deno.test("headerOf says nothing of a time that RFC 5424 cannot write", () => {
  const header = headerOf(ORIGIN);
  const times: [number, string][] = [
    [-62_167_219_200e6, "0000-01-01T00:00:00.000000Z"],
    [-62_167_219_201e6, "-"],
    [253_402_300_799e6, "9999-12-31T23:59:59.000000Z"],
    [253_402_300_800e6, "-"],
    [NaN, "-"],
    [Infinity, "-"],
  ];
  for (const [time, text] of times) {
    assertEquals(header({ severity: 6, time, kind: "open" }).split(" ")[1], text);
  }
});

const hostile = fc.oneof(
  fc.string({ unit: "binary", maxLength: 400 }),
  fc.constantFrom(
    "",
    " ",
    "-",
    "a b",
    "é",
    "<13>1 - - - - - - x",
    "\n",
    "\0",
    "\u202e",
    "x".repeat(300),
  ),
);

Deno.test("messages are read by the ABNF of RFC 5424, whatever stands in them", () => {
  fc.assert(
    fc.property(
      fc.record({
        facility: fc.constantFrom(...Object.values(FACILITIES)),
        tag: hostile,
        pid: fc.nat(),
      }),
      fc.record({
        severity: fc.constantFrom(...Object.values(SEVERITY)),
        time: fc.oneof(fc.double(), fc.integer({ min: 0, max: 2 ** 51 })),
        hostname: hostile,
        kind: hostile,
      }),
      hostile,
      (origin, heading, text) => {
        const header = headerOf(origin)(heading);
        const frame = encoder.encode(header + text);
        const message = readSyslog(frame);
        assertEquals(message.pri, origin.facility * 8 + heading.severity);
        assertEquals(message.procId, String(origin.pid));
        assertEquals(message.message, text.toWellFormed());
        assertEquals(messageStart(frame), header.length);
      },
    ),
    { numRuns: 1000 },
  );
});

Deno.test("countOctets makes a stream of which every message is read back", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ minLength: 1, maxLength: 1200 })), (frames) => {
      assertEquals(readCounted(countOctets(frames)), frames.map((frame) => frame.slice()));
    }),
    { numRuns: 300 },
  );
});
