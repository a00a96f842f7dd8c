import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { ExitError } from "../exit.ts";
import { readKey } from "./key.ts";

function systemOf(text: string, mode: number) {
  const status = { isDirectory: false, file: "f", size: text.length, modified: 0, mode };
  return { readFile: () => new TextEncoder().encode(text), stat: () => status };
}

const GOOD = new Uint8Array(32).fill(3).toBase64();

Deno.test("readKey reads base64 with white space, and keys of systemd that a group may read", () => {
  for (const mode of [0o600, 0o400, 0o440]) {
    assertEquals(
      readKey(systemOf(`${GOOD.slice(0, 8)}\n${GOOD.slice(8)}\n`, mode), "/k").length,
      32,
    );
  }
});

Deno.test("readKey refuses keys that others may read, that are short, and that are none", () => {
  const cases: [string, number, string][] = [
    [GOOD, 0o644, "others may read"],
    [GOOD, 0o620, "others may read"],
    [GOOD.slice(0, 20), 0o600, "is not 32 random bytes"],
    ["é", 0o600, "is not 32 random bytes"],
    ["", 0o600, "is not 32 random bytes"],
  ];
  for (const [text, mode, problem] of cases) {
    const { code, message } = assertThrows(() => readKey(systemOf(text, mode), "/k"), ExitError);
    assertEquals(code, 78);
    assertStringIncludes(message, problem);
  }
});

Deno.test("readKey says how to make a key that is not there", () => {
  const missing = {
    stat: () => undefined,
    readFile: () => {
      throw new Deno.errors.NotFound("No such file or directory (os error 2)");
    },
  };
  const { code, message } = assertThrows(() => readKey(missing, "/k"), ExitError);
  assertEquals(code, 78);
  assertStringIncludes(message, "head -c 32 /dev/urandom | base64");
});
