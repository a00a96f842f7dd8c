import { assert, assertEquals, assertMatch } from "@std/assert";
import fc from "fast-check";
import type { Level } from "./collector.ts";
import { Diag, type DiagOptions } from "./diag.ts";

const LEVELS: readonly Level[] = ["error", "warning", "notice", "debug"];

/** A Diag, and what it has said so far. */
function capture(
  options: DiagOptions = {},
  { env = {}, isTerminal = false }: { env?: Record<string, string>; isTerminal?: boolean } = {},
): { diag: Diag; said: () => string } {
  const bytes: number[] = [];
  // Three bytes a time, as a slow terminal may take them.
  const write = (chunk: Uint8Array) =>
    bytes.push(...chunk.subarray(0, 3)) && Math.min(3, chunk.length);
  const diag = new Diag({ stderr: { write, isTerminal }, env: (name) => env[name] }, options);
  return { diag, said: () => new TextDecoder().decode(Uint8Array.from(bytes)) };
}

Deno.test("Diag says one line with level and component", () => {
  const { diag, said } = capture();
  diag.say("warning", "it is late", "proc");
  diag.say("error", 'cannot open "a\\b"');
  assertEquals(
    said(),
    'connscribe: warning: proc: it is late\nconnscribe: error: cannot open "a\\b"\n',
  );
});

Deno.test("Diag says what the options let through", () => {
  const levels = (options: DiagOptions) => {
    const { diag, said } = capture(options);
    for (const level of LEVELS) diag.say(level, "x");
    return [...said().matchAll(/connscribe: (\w+)/g)].map(([, level]) => level);
  };
  assertEquals(levels({}), ["error", "warning", "notice"]);
  assertEquals(levels({ quiet: true }), ["error"]);
  assertEquals(levels({ verbose: true }), ["error", "warning", "notice", "debug"]);
  assertEquals(levels({ quiet: true, verbose: true }), ["error"]);
});

Deno.test("Diag begins lines for the journal with the severity", () => {
  const { diag, said } = capture({ verbose: true }, { env: { JOURNAL_STREAM: "8:1" } });
  for (const level of LEVELS) diag.say(level, "x");
  assertEquals(said().match(/^<\d>connscribe/gm), [
    "<3>connscribe",
    "<4>connscribe",
    "<5>connscribe",
    "<7>connscribe",
  ]);
});

Deno.test("Diag colours the level on a terminal alone, and not against NO_COLOR", () => {
  const line = (env: Record<string, string>, isTerminal: boolean) => {
    const { diag, said } = capture({}, { env, isTerminal });
    diag.say("error", "x");
    return said();
  };
  const plain = "connscribe: error: x\n";
  assertEquals(line({ JOURNAL_STREAM: "8:1" }, true), "connscribe: \x1b[31merror\x1b[0m: x\n");
  assertEquals(line({ NO_COLOR: "" }, true), "connscribe: \x1b[31merror\x1b[0m: x\n");
  assertEquals(line({ NO_COLOR: "1" }, true), plain);
  assertEquals(line({ TERM: "dumb" }, true), plain);
  assertEquals(line({}, false), plain);
});

Deno.test("Diag keeps one line one line whatever the message", () => {
  const text = fc.string({ unit: "binary", maxLength: 20 });
  fc.assert(
    fc.property(text, text, (message, component) => {
      const { diag, said } = capture();
      diag.say("notice", message, component);
      assertMatch(said(), /^connscribe: notice: [^\p{Cc}\u2028\u2029]*\n$/u);
    }),
    { numRuns: 300 },
  );
});

Deno.test("Diag does not throw when nobody reads", () => {
  let tried = 0;
  const write = () => {
    tried++;
    throw new Deno.errors.BrokenPipe();
  };
  const env = () => undefined;
  new Diag({ stderr: { write, isTerminal: false }, env }).say("error", "x");
  new Diag({ stderr: { write: () => 0, isTerminal: false }, env }).say("error", "x");
  assert(tried === 1);
});
