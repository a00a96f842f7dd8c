/** The sample table with a command whose options mean something else to others. */
import { SAMPLE_TABLE } from "./sample_table.ts";
import type { CommandSpec, CommandTable } from "./spec.ts";

const FIND: CommandSpec = {
  name: "find",
  summary: "Find",
  description: [],
  operands: [{ name: "file", summary: "Logs", required: false, repeatable: true, isFile: true }],
  options: [
    { name: "config", type: "file", summary: "Read options from a file" },
    {
      name: "since",
      aliases: ["time_init", "begin"],
      type: "text",
      signed: true,
      summary: "From when on",
    },
    { name: "for", type: "flag", isOwn: true, summary: "A flag, which others give a value" },
    { name: "force", type: "text", isOwn: true, summary: "A text, which is a flag to others" },
    { name: "interval", type: "duration", summary: "How often" },
  ],
  examples: [],
  load: () => Promise.resolve({ run: () => Promise.resolve(0) }),
};

/** The table. */
export const FIND_TABLE: CommandTable = {
  ...SAMPLE_TABLE,
  commands: [...SAMPLE_TABLE.commands, FIND],
};
