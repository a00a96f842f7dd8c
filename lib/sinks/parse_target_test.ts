import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { FORMAT_NAMES } from "../formats/names.ts";
import { parseTarget } from "./parse_target.ts";

const isDirectory = (path: string) => path === "/var/log/connscribe";
const parse = (text: string) => parseTarget(text, isDirectory);

Deno.test("parseTarget tells standard output, files, segments and syslog apart", () => {
  assertEquals(parse("-"), { target: { kind: "stdout" } });
  assertEquals(parse("/var/log/x"), { target: { kind: "file", path: "/var/log/x" } });
  assertEquals(parse("a/b//"), { target: { kind: "segments", path: "a/b" } });
  assertEquals(parse("/"), { target: { kind: "segments", path: "/" } });
  assertEquals(parse("/var/log/connscribe").target.kind, "segments");
  assertEquals(parse("syslog:").target.kind, "syslog");
  assertEquals(parse("syslog+tcp://h:1").target.kind, "syslog");
});

Deno.test("parseTarget reads the format before the target", () => {
  assertEquals(parse("ndjson:-"), { format: "ndjson", target: { kind: "stdout" } });
  assertEquals(parse("csv:x"), { format: "csv", target: { kind: "file", path: "x" } });
  assertEquals(parse("text:syslog:").format, "text");
  assertEquals(parse("text:./ndjson:-"), {
    format: "text",
    target: { kind: "file", path: "./ndjson:-" },
  });
});

Deno.test("parseTarget takes for a file what has ./ before it, or no word and colon", () => {
  for (const path of ["./-", "./ndjson:x", "./syslog:", "./json:x", "C:x", "a.b:x", "syslogs"]) {
    assertEquals(parse(path), { target: { kind: "file", path } });
  }
});

Deno.test("parseTarget refuses a format that there is not, and a second one", () => {
  for (const text of ["json:-", "https://siem.example.com/", "csv:xml:x"]) {
    assertThrows(() => parse(text), RangeError, "is none of the formats text, ");
  }
  assertThrows(() => parse("text:ndjson:-"), RangeError, '"./ndjson:-" is a file');
});

Deno.test("parseTarget refuses a format without a target, and a server that is none", () => {
  for (const text of ["ndjson:", "syslog+tcp://", "syslog+udp://h:0", "ndjson:syslog+tls:x"]) {
    assertThrows(() => parse(text), RangeError);
  }
});

Deno.test("parseTarget takes any text for a target or refuses it in words", () => {
  const part = fc.oneof(
    fc.string({ maxLength: 8 }),
    fc.constantFrom(...FORMAT_NAMES, ":", "/", "-", "./", "syslog", "+tcp://", "h:9", "[::1]"),
  );
  fc.assert(
    fc.property(fc.array(part, { minLength: 1, maxLength: 5 }), (parts) => {
      const text = parts.join("");
      try {
        const { format, target } = parse(text);
        const prefix = format === undefined ? "" : `${format}:`;
        assert(text.startsWith(prefix));
        if (target.kind === "file") assertEquals(prefix + target.path, text);
      } catch (error) {
        assert(error instanceof RangeError && error.message !== "");
      }
    }),
    { numRuns: 500 },
  );
});

Deno.test("parseTarget gives back any path behind ./ and any format", () => {
  fc.assert(
    fc.property(
      fc.constantFrom(undefined, ...FORMAT_NAMES),
      fc.string({ minLength: 1 }).filter((path) => !path.endsWith("/")),
      (format, path) => {
        const text = `${format === undefined ? "" : `${format}:`}./${path}`;
        const target = { kind: "file", path: `./${path}` } as const;
        assertEquals(parse(text), format === undefined ? { target } : { format, target });
      },
    ),
    { numRuns: 500 },
  );
});
