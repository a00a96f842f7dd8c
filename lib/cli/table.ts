/**
 * The table of commands and options. Everything a user can type stands in it, and nowhere else: the commands in
 * `*_commands.ts`, the options in `*_options.ts`.
 */
import { GLOBAL_OPTIONS } from "./global_options.ts";
import { LIVE_COMMANDS } from "./live_commands.ts";
import { LOG_COMMANDS } from "./log_commands.ts";
import { SETUP_COMMANDS } from "./setup_commands.ts";
import type { CommandSpec, CommandTable } from "./spec.ts";

/** Name of the program. */
export const PROGRAM = "connscribe";

/** What the program is, in one sentence. */
export const SUMMARY =
  "writes down every network connection of this host, and the process behind it";

const COMMANDS_BUT_HELP: readonly CommandSpec[] = [
  ...LIVE_COMMANDS,
  ...LOG_COMMANDS,
  ...SETUP_COMMANDS,
];

const HELP: CommandSpec = {
  name: "help",
  summary: "Show help on the program or on one command",
  description: [],
  operands: [
    {
      name: "command",
      summary: "Which command",
      required: false,
      choices: [...COMMANDS_BUT_HELP.map((command) => command.name), "help"],
    },
  ],
  options: [...GLOBAL_OPTIONS],
  examples: [{ command: "connscribe help watch", summary: "Show all options of watch" }],
  load: () => import("../commands/help.ts"),
};

/** All commands, in the order of the help text. */
export const COMMANDS: readonly CommandSpec[] = [...COMMANDS_BUT_HELP, HELP];

/** The whole table. */
export const TABLE: CommandTable = {
  program: PROGRAM,
  summary: SUMMARY,
  options: [
    {
      name: "help",
      short: "h",
      type: "flag",
      group: "General",
      summary: "Show help and exit",
    },
    { name: "version", type: "flag", group: "General", summary: "Show the version and exit" },
  ],
  commands: COMMANDS,
};
