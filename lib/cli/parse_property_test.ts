import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { EXIT, ExitError } from "../exit.ts";
import { type CommandLine, parseCommandLine } from "./parse.ts";
import { SAMPLE_TABLE } from "./sample_table.ts";

function parse(...args: string[]): Promise<CommandLine> {
  return parseCommandLine(SAMPLE_TABLE, args, () => {
    throw new Deno.errors.NotFound("no file");
  });
}

async function invoke(...args: string[]): Promise<Exclude<CommandLine, string>> {
  const line = await parse(...args);
  assert(typeof line === "object", "not a command");
  return line;
}

/** Words that come near to what the table knows. */
const words = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.constantFrom(
    ...[
      "watch",
      "copy",
      "help",
      "--",
      "-",
      "",
      "-v",
      "-vq",
      "-p",
      "-ptcp",
      "--out",
      "--out=",
      "--port=!",
      "-i",
    ],
    ...[
      "--help",
      "-h",
      "--version",
      "--config",
      "--interval",
      "1h",
      "--for=2",
      "--verbose=false",
      "true",
      "80",
    ],
    ...[
      "--__proto__",
      "--constructor.prototype=1",
      "__proto__",
      "--direction=!egress",
      "--no-",
      "--_",
      "-\ud800",
    ],
  ),
  fc.string({ unit: "binary" }).map((text) => "--" + text),
  fc.string().map((text) => "-" + text),
);

Deno.test("parseCommandLine throws nothing but an ExitError of one line, whatever is typed", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(words, { maxLength: 8 }), async (args) => {
      try {
        await parse(...args);
      } catch (error) {
        assert(error instanceof ExitError, String(error));
        assert(error.code === EXIT.usage || error.code === EXIT.config);
        // deno-lint-ignore no-control-regex
        assert(!/[\x00-\x1f\x7f-\x9f]/.test(error.message), error.message);
      }
    }),
    { numRuns: 1500 },
  );
});

Deno.test("parseCommandLine gives back any value and operand as it was typed", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.string({ unit: "binary", minLength: 1 })),
      fc.string({ unit: "binary" }),
      async (pids, operand) => {
        fc.pre(!pids.some((pid) => pid.includes("\0")));
        const watch = await invoke("watch", ...pids.map((pid) => `--pid=${pid}`));
        assertEquals(watch.values.texts("pid"), pids);
        assertEquals((await invoke("copy", "--", operand)).operands, [operand]);
      },
    ),
    { numRuns: 300 },
  );
});
