import { assertEquals } from "@std/assert";
import { ioErrorText, isReaderGone, isTemporary } from "./io_error.ts";

Deno.test("ioErrorText says what the system says, and no more", () => {
  const texts: [unknown, string][] = [
    [new Error("No space left on device (os error 28)"), "no space left on device"],
    [
      new Deno.errors.NotFound("No such file or directory (os error 2): open '/tmp/a\n (b'"),
      "no such file or directory",
    ],
    [new Deno.errors.WouldBlock("Resource temporarily unavailable"), "its reader takes nothing"],
    [new Error("nothing was taken"), "nothing was taken"],
    [new Deno.errors.BadResource(""), "BadResource"],
    ["odd", "odd"],
    [undefined, "undefined"],
  ];
  for (const [error, text] of texts) assertEquals(ioErrorText(error), text);
});

Deno.test("isReaderGone and isTemporary tell kinds of errors apart", () => {
  const kinds = [
    new Deno.errors.BrokenPipe(),
    new Deno.errors.ConnectionReset(),
    new Deno.errors.WouldBlock(),
    new Deno.errors.Interrupted(),
    new Error("No space left on device (os error 28)"),
  ].map((error) => `${isReaderGone(error)} ${isTemporary(error)}`);
  assertEquals(kinds, ["true false", "true false", "false true", "false true", "false false"]);
});
