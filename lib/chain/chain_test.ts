import { assertEquals, assertMatch } from "@std/assert";
import { hmac } from "@noble/hashes/hmac";
import { sha256 } from "@noble/hashes/sha2";
import fc from "fast-check";
import { LineWriter } from "../sinks/line_writer.ts";
import { NO_SPACE, TestFile } from "../sinks/test_output.ts";
import { Chain } from "./chain.ts";
import { ChainedWriter } from "./chained_writer.ts";
import { NEW_CHAIN, parseLink } from "./link.ts";
import { Mac } from "./mac.ts";

const encoder = new TextEncoder();
const KEY = new Uint8Array(32).fill(7);

Deno.test("Mac.of is HMAC-SHA-256 of what was before and the bytes, cut to 128 bits", async () => {
  const ascii = fc.stringMatching(/^[0-9a-f]{0,32}$/);
  const keys = [new Uint8Array(1), KEY, new Uint8Array(64).fill(9), new Uint8Array(65).fill(1)];
  for (const key of keys) {
    const mac = await Mac.load(key);
    fc.assert(
      fc.property(ascii, fc.uint8Array({ maxLength: 300 }), (previous, bytes) => {
        const message = new Uint8Array([...encoder.encode(previous), ...bytes]);
        assertEquals(mac.of(previous, bytes), hmac(sha256, key, message).toHex().slice(0, 32));
      }),
      { numRuns: 50 },
    );
  }
});

Deno.test("Chain.link adds a last member to each line, and where a file begins the mac before", async () => {
  const chain = new Chain(await Mac.load(KEY), { n: 41, mac: "0".repeat(32) });
  const lines = () =>
    new TextDecoder().decode(chain.link(encoder.encode('{"a":1}\n{"b":"é"}\n'))).split("\n");
  const [first = "", second = "", rest] = lines();
  assertMatch(first, /^\{"a":1,"chain":\{"n":42,"prev":"0{32}","mac":"[0-9a-f]{32}"\}\}$/);
  assertMatch(second, /^\{"b":"é","chain":\{"n":43,"mac":"[0-9a-f]{32}"\}\}$/);
  assertEquals(rest, "");
  // Nothing of it was written.
  chain.written(0);
  assertEquals(lines(), [first, second, rest]);
  chain.written(1);
  assertEquals(chain.state, { n: 42, mac: parseLink(encoder.encode(first))?.mac ?? "" });
  assertMatch(lines()[0] ?? "", /"n":43,"mac"/);
  chain.begin();
  assertMatch(lines()[0] ?? "", /"n":43,"prev":"[0-9a-f]{32}","mac"/);
});

Deno.test("ChainedWriter counts the lines that were written whole, and no others", async () => {
  const file = new TestFile();
  const chain = new Chain(await Mac.load(KEY), NEW_CHAIN);
  const writer = new ChainedWriter(new LineWriter(file), chain);
  const line = '{"a":1}\n';
  writer.write(encoder.encode(line));
  file.steps.push(150, NO_SPACE);
  const failure = writer.write(encoder.encode(line.repeat(3)));
  assertEquals([failure?.lines, chain.state.n], [2, 3]);
  writer.write(encoder.encode(line));
  const numbers = file.text.trimEnd().split("\n").map((text) => parseLink(encoder.encode(text))?.n);
  assertEquals(numbers, [1, 2, 3, 4]);
});

Deno.test("parseLink takes nothing but a link at the end of a line", () => {
  const mac = "a".repeat(32);
  const cases: [string, number | undefined][] = [
    [`{"a":1,"chain":{"n":1,"mac":"${mac}"}}`, 1],
    [`{"a":1,"chain":{"n":9007199254740991,"prev":"${mac}","mac":"${mac}"}}`, 9007199254740991],
    [`{"a":1,"chain":{"n":9007199254740993,"mac":"${mac}"}}`, undefined],
    [`{"a":1,"chain":{"n":0,"mac":"${mac}"}}`, undefined],
    [`{"a":1,"chain":{"n":1,"mac":"${mac}"}} `, undefined],
    [`{"a":1,"chain":{"n":1,"mac":"${mac}"},"b":{}}`, undefined],
    ["", undefined],
  ];
  for (const [line, n] of cases) assertEquals(parseLink(encoder.encode(line))?.n, n, line);
});
