import { assert, assertEquals, assertNotMatch } from "@std/assert";
import fc from "fast-check";
import { escapeControl, quoteJson, quoteWord, unescapeControl } from "./escape.ts";
import { hostileText } from "./test_records.ts";

/** Written apart from the code under test: code units that must never reach an output. */
function isForbidden(code: number): boolean {
  return code < 0x20 || (code >= 0x7f && code <= 0x9f) || code === 0x61c || code === 0xfeff ||
    code === 0x200b || code === 0x200e || code === 0x200f || (code >= 0x2028 && code <= 0x202e) ||
    (code >= 0x2066 && code <= 0x2069);
}

function assertVisible(text: string): void {
  assert(text.isWellFormed());
  for (let i = 0; i < text.length; i++) {
    assert(!isForbidden(text.charCodeAt(i)), `U+${text.charCodeAt(i).toString(16)} at ${i}`);
  }
}

const anyText = fc.oneof(hostileText, fc.string({ unit: "binary" }));

Deno.test("escapeControl escapes what would not show and keeps the rest", () => {
  const cases: [string, string][] = [
    ["", ""],
    ["plain text ~", "plain text ~"],
    ["a\\b", "a\\\\b"],
    ["\n\r\t", "\\n\\r\\t"],
    ["\0\x1b\x7f\x9b", "\\x00\\x1b\\x7f\\x9b"],
    ["\u2028\u202e\u061c\ufeff", "\\u2028\\u202e\\u061c\\ufeff"],
    ["\u{e0041}", "\\U000e0041"],
    ["\ud800a\udc00", "\\ud800a\\udc00"],
    ["Grüße 天地 🦕 👩‍💻", "Grüße 天地 🦕 👩‍💻"],
  ];
  for (const [text, escaped] of cases) assertEquals(escapeControl(text), escaped);
});

Deno.test("escapeControl leaves nothing that acts on a terminal, and unescapeControl undoes it", () => {
  fc.assert(
    fc.property(anyText, (text) => {
      const escaped = escapeControl(text);
      assertVisible(escaped);
      assertEquals(unescapeControl(escaped), text);
    }),
    { numRuns: 3000 },
  );
  for (let code = 0; code <= 0xffff; code++) {
    const escaped = escapeControl(String.fromCharCode(code));
    assertVisible(escaped);
    assertEquals(unescapeControl(escaped), String.fromCharCode(code));
  }
});

Deno.test("unescapeControl never throws, and leaves alone what is no escape", () => {
  assertEquals(unescapeControl("\\q \\x4 \\Uffffffff \\"), "\\q \\x4 \\Uffffffff \\");
  assertEquals(unescapeControl("\\x3d1+1"), "=1+1");
});

Deno.test("quoteJson is JSON without control characters", () => {
  assertEquals(quoteJson("plain"), '"plain"');
  assertEquals(quoteJson('a"b\\c\n'), '"a\\"b\\\\c\\n"');
  assertEquals(quoteJson("\x7f\x9b\u202e\u{e0041}"), '"\\u007f\\u009b\\u202e\\udb40\\udc41"');
  fc.assert(
    fc.property(anyText, (text) => {
      const json = quoteJson(text);
      assertVisible(json);
      assertEquals(JSON.parse(json), text.toWellFormed());
    }),
    { numRuns: 3000 },
  );
});

/** Reads a word as bash would. */
function readWord(word: string): string {
  if (word.startsWith("$'")) return unescapeControl(word.slice(2, -1).replaceAll("\\'", "'"));
  return word.startsWith("'") ? word.slice(1, -1) : word;
}

Deno.test("quoteWord makes words that stay apart", () => {
  assertEquals(quoteWord("--color=always"), "--color=always");
  assertEquals(quoteWord(""), "''");
  assertEquals(quoteWord("a b"), "'a b'");
  assertEquals(quoteWord("a\\.b"), "'a\\.b'");
  assertEquals(quoteWord("it's\n"), "$'it\\'s\\n'");
  const WORD = /\$'(?:[^'\\]|\\.)*'|'[^']*'|[^\s'$"`]+/g;
  fc.assert(
    fc.property(fc.array(hostileText, { maxLength: 5 }), (texts) => {
      const line = texts.map(quoteWord).join(" ");
      assertVisible(line);
      assertEquals((line.match(WORD) ?? []).map(readWord), texts);
    }),
    { numRuns: 1000 },
  );
});

Deno.test("quoteWord leaves no shell syntax outside quotes", () => {
  for (const special of "\"'`$&|;<>()[]{}*?!#\\~ \u00a0\u3000") {
    assertNotMatch(quoteWord(`a${special}`), /^a/);
  }
});
