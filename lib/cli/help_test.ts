import { assertEquals, assertStringIncludes } from "@std/assert";
import { commandHelp, programHelp } from "./help.ts";
import { SAMPLE_TABLE, WATCH } from "./sample_table.ts";

Deno.test("programHelp lists commands and the options that need none", () => {
  assertEquals(
    programHelp(SAMPLE_TABLE),
    `Usage: prog COMMAND [OPTION]...

prog does things.

Commands:
  watch  Watch
  copy   Copy
  help   Show help

Options:
  -h, --help     Show help and exit
      --version  Show the version and exit

See "prog COMMAND --help" for the options of a command.
`,
  );
});

Deno.test("commandHelp shows options by group with what can be known of them", () => {
  const help = commandHelp(SAMPLE_TABLE, WATCH);
  assertStringIncludes(help, "Usage: prog watch [OPTION]...\n\nWatch.\n\nWatches.\n\nSource:\n");
  assertStringIncludes(
    help,
    "  -i, --interval TIME  How often [default 3s]\n      --for TIME       How long\n\nOptions:\n",
  );
  assertStringIncludes(help, "      --procfs DIR");
  assertStringIncludes(help, "Only this direction [one of egress, ingress; repeatable;\n");
  assertStringIncludes(help, "Examples:\n  Watch more:\n    prog watch -v\n");
});

Deno.test("commandHelp shows operands", () => {
  const copy = SAMPLE_TABLE.commands[1] ?? WATCH;
  const help = commandHelp(SAMPLE_TABLE, copy);
  assertStringIncludes(help, "Usage: prog copy [OPTION]... FROM [TO]\n");
  assertStringIncludes(
    help,
    "Arguments:\n  FROM  From where\n  [TO]  To where [one of disk, tape]\n",
  );
});
