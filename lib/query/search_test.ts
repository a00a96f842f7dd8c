import { assert, assertEquals } from "@std/assert";
import { withDirectory } from "../../collectors/files/files_test_tools.ts";
import { ask, type AskOptions } from "./ask_test_tools.ts";
import { question } from "./query_test_tools.ts";

const OPTIONS: AskOptions = { lateUs: 0, seeks: true, threads: 1, partBytes: 1e9 };

/** Asks a log of this text for the connections to a host. */
async function count(
  text: string | Uint8Array<ArrayBuffer>,
  to: string,
  options: Partial<AskOptions> = {},
) {
  let found: Awaited<ReturnType<typeof ask>> | undefined;
  await withDirectory(async (directory) => {
    const path = `${directory}a.log`;
    await Deno.writeFile(path, typeof text === "string" ? new TextEncoder().encode(text) : text);
    found = await ask([path], question(to === "" ? {} : { to: [to] }), { kind: "count" }, {
      ...OPTIONS,
      ...options,
    });
  });
  assert(found !== undefined);
  const [result, ...none] = found.results;
  assertEquals(none, []);
  return { matched: found.matched, ...result };
}

const LOG =
  "1565647204351 mia zyla\nrubbish zyla\n1565647204352 bob ZYLA\nrubbish\n1565647204353 a b\n";

Deno.test("Searcher passes over what cannot be an answer, but for --errors", async () => {
  const quick = await count(LOG, "zyla");
  assertEquals([quick.matched, quick.malformed, quick.errors], [2, 1, []]);
  const thorough = await count(LOG, "zyla", { errors: true });
  assertEquals([thorough.matched, thorough.malformed], [2, 2]);
  assertEquals(thorough.errors, [{ at: 23, text: "rubbish zyla" }, { at: 59, text: "rubbish" }]);
});

Deno.test("Searcher shows a thousand malformed lines of a part, and 200 characters of each", async () => {
  const lines = "x".repeat(300) + "\n";
  const { malformed = 0, errors = [] } = await count(LOG.repeat(1000) + lines.repeat(1200), "", {
    errors: true,
  });
  assertEquals([malformed, errors.length], [3200, 1000]);
  assert(errors.every(({ text }) => text.length <= 200));
});

Deno.test("Searcher counts lines that are too long, and reads those after them", async () => {
  const long = `1565647204351 mia ${"x".repeat(2000)}zyla\n`;
  const { matched, tooLong } = await count(LOG + long + LOG, "zyla", { blockBytes: 1000 });
  assertEquals([matched, tooLong], [4, 1]);
});

Deno.test("Searcher reads lines with bytes that are no text", async () => {
  const bytes = new TextEncoder().encode(LOG + "1565647204354 caf? zyla\n1565647204355 x zyla\n");
  bytes[bytes.indexOf(0x3f)] = 0xe9;
  assertEquals((await count(bytes, "zyla")).matched, 4);
});
