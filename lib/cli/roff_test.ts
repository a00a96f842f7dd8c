import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { bold, italic, roff } from "./roff.ts";

Deno.test("roff escapes all that roff would read as something else", () => {
  assertEquals(roff("--a-b"), "\\-\\-a\\-b");
  assertEquals(roff("C:\\n"), "C:\\en");
  assertEquals(roff(".SH x"), "\\&.SH x");
  assertEquals(roff("'python*'"), "\\(aqpython*\\(aq");
  assertEquals(roff('say "hi" `x` ^ ~'), "say \\(dqhi\\(dq \\(gax\\(ga \\(ha \\(ti");
  assertEquals(roff("naïve 😀"), "na\\[u00EF]ve \\[u1F600]");
  assertEquals(roff("a\n.b\t\u001bc"), "a .b c");
  assertEquals(bold("-x"), "\\fB\\-x\\fR");
  assertEquals(italic("FILE"), "\\fIFILE\\fR");
});

Deno.test("roff never gives a request, a line break or a bare quotation mark", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      const escaped = roff(text);
      assert(/^[\x20-\x7e]*$/.test(escaped), escaped);
      assert(!/^[.']/.test(escaped) && !escaped.includes('"'), escaped);
      assert(
        escaped.replace(/\\(?:e|-|&|\((?:aq|ga|ha|ti|dq)|\[u[0-9A-F]{4,6}\])/g, "").indexOf("\\") <
          0,
      );
    }),
    { numRuns: 500 },
  );
});
