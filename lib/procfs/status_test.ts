import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { parseStatus } from "./status.ts";

const encoder = new TextEncoder();
const STATUS = [
  "Name:\tsshd",
  "Umask:\t0022",
  "State:\tS (sleeping)",
  "Tgid:\t660",
  "Pid:\t661",
  "PPid:\t1",
  "Uid:\t1000\t33\t1000\t1000",
  "Gid:\t1000\t34\t1000\t1000",
  "Groups:\t ",
  "NSpid:\t660\t7",
  "",
].join("\n");

function parse(text: string) {
  return parseStatus(encoder.encode(text));
}

Deno.test("parseStatus reads the effective ids and the pids in all namespaces", () => {
  assertEquals(parse(STATUS), { tgid: 660, uid: 33, gid: 34, nsPids: [660, 7] });
  const old = STATUS.replace("NSpid:\t660\t7\n", "");
  assertEquals(parse(old), { tgid: 660, uid: 33, gid: 34, nsPids: [] });
});

Deno.test("parseStatus is not deceived by a name that looks like a field", () => {
  // The kernel writes a newline in a name as two characters.
  const named = STATUS.replace("Name:\tsshd", "Name:\tTgid:\\nUid:\t0\t0\t0\t0");
  assertEquals(parse(named)?.uid, 33);
});

Deno.test("parseStatus refuses what is malformed or cut", () => {
  const edits = [["\t33", "\tx"], ["\t33\t1000\t1000", ""], ["Tgid:", "tgid:"], ["\t34", "\t-34"]];
  for (const [from = "", to = ""] of edits) {
    assertEquals(parse(STATUS.replace(from, to)), undefined, from);
  }
  for (let length = 0; length < STATUS.indexOf("\nGroups") + 1; length++) {
    assertEquals(parse(STATUS.slice(0, length)), undefined);
  }
});

Deno.test("parseStatus never throws, and agrees with reading line by line", () => {
  const line = fc.tuple(
    fc.constantFrom("Name", "Tgid", "Uid", "Gid", "NSpid", "x"),
    fc.array(fc.oneof(fc.nat(), fc.constantFrom("", "-1", "x")), { maxLength: 5 }),
  ).map(([name, words]) => [`${name}:`, ...words].join("\t"));
  fc.assert(
    fc.property(fc.array(line, { maxLength: 8 }), (lines) => {
      const fields = new Map<string, string[]>();
      for (const text of lines) {
        const [name = "", ...words] = text.split("\t");
        if (!fields.has(name) && words.length > 0) fields.set(name, words);
      }
      const number = (name: string, at: number) => {
        const word = fields.get(name)?.[at] ?? "";
        return /^\d+$/.test(word) ? Number(word) : undefined;
      };
      const [tgid, uid, gid] = [number("Tgid:", 0), number("Uid:", 1), number("Gid:", 1)];
      const parsed = parse(["Umask:\t0022", ...lines, ""].join("\n"));
      const valid = tgid !== undefined && uid !== undefined && gid !== undefined;
      assertEquals(
        parsed && [parsed.tgid, parsed.uid, parsed.gid],
        valid ? [tgid, uid, gid] : undefined,
      );
    }),
    { numRuns: 500 },
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      parseStatus(bytes);
    }),
  );
});
