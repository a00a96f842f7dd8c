import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { CpuBuffer, parseBufferStats } from "./cpu_buffer.ts";
import { parsePageLayout } from "./format.ts";
import { HEADER_PAGE, statsText } from "./tracefs_test_tools.ts";

const encoder = new TextEncoder();

/** As Linux 6.18 prints it. */
const STATS = `entries: 12
overrun: 3
commit overrun: 20
bytes: 872
oldest event ts:  11655.983188
now ts: 11895.490053
dropped events: 100
read events: 5
`;

Deno.test("parseBufferStats reads what can be read, what is lost, and the clock", () => {
  assertEquals(parseBufferStats(encoder.encode(STATS)), {
    entries: 12,
    now: 11_895_490_053,
    lost: 123,
  });
});

Deno.test("parseBufferStats has no number for what is not there, and never throws", () => {
  assertEquals(parseBufferStats(encoder.encode("entries:\noverrun: 7")), {
    entries: NaN,
    now: NaN,
    lost: 7,
  });
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      assert(parseBufferStats(bytes).lost >= 0);
    }),
    { numRuns: 200 },
  );
});

Deno.test("parseBufferStats reads back any numbers", () => {
  const number = fc.nat(2 ** 31 - 1);
  fc.assert(
    fc.property(number, fc.integer({ min: 0, max: 2 ** 50 }), number, (entries, now, more) => {
      const stats = { entries, now, lost: more + 3 };
      const text = encoder.encode(statsText(stats) + "entries: 5\n".repeat(10));
      assertEquals(parseBufferStats(text, statsText(stats).length), stats);
    }),
    { numRuns: 200 },
  );
});

/** A buffer whose pages these are. */
async function bufferOf(pages: (Uint8Array | "empty")[], closed: string[]): Promise<CpuBuffer> {
  const layout = parsePageLayout(HEADER_PAGE);
  assert(layout);
  const system = {
    openRead: () => ({
      read: () => null,
      readStart: (buffer: Uint8Array) => encoder.encodeInto(STATS, buffer).written,
      close: () => void closed.push("stats"),
    }),
    openNonBlocking: () =>
      Promise.resolve({
        read: (buffer: Uint8Array) => {
          const page = pages.shift() ?? "empty";
          if (page === "empty") return page;
          buffer.set(page);
          return page.length;
        },
        close: () => void closed.push("pages"),
      }),
  };
  return await CpuBuffer.open(system, "/cpu0", { layout, pageSize: 64 });
}

/** A page of 64 bytes whose header says so many bytes of data. */
function pageOf(commit: number, fill: number): Uint8Array {
  const page = new Uint8Array(64).fill(fill);
  new DataView(page.buffer).setBigUint64(8, BigInt(commit), true);
  return page;
}

Deno.test("CpuBuffer gives each page bytes of its own, no more than have something in them", async () => {
  const closed: string[] = [];
  const missed = 0xc0000000 + 20;
  const buffer = await bufferOf([pageOf(8, 1), pageOf(missed, 2), pageOf(48, 3)], closed);
  const pages = [buffer.page(), buffer.page(), buffer.page()];
  assertEquals(pages.map((page) => [page?.length, page?.[17]]), [[32, 1], [44, 2], [64, 3]]);
  assertEquals(buffer.page(), undefined);
  assertEquals(buffer.stats().entries, 12);
  buffer[Symbol.dispose]();
  assertEquals(closed, ["pages", "stats"]);
});

Deno.test("CpuBuffer does not trust what a header says", async () => {
  const buffer = await bufferOf([pageOf(0x3fffffff, 1), new Uint8Array(7)], []);
  assertEquals([buffer.page()?.length, buffer.page()], [64, undefined]);
});
