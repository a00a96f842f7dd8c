/** A small command table for tests, with one option of every kind. */
import type { CommandSpec, CommandTable, OptionSpec } from "./spec.ts";

const COMMON: readonly OptionSpec[] = [
  { name: "help", short: "h", type: "flag", summary: "Show help" },
  { name: "config", type: "file", summary: "Read options from a file" },
  { name: "dry-run", type: "flag", summary: "Say what would run" },
  { name: "verbose", short: "v", type: "flag", summary: "Say more" },
  { name: "quiet", short: "q", type: "flag", summary: "Say less" },
];

function load(): Promise<{ run: () => Promise<number> }> {
  return Promise.resolve({ run: () => Promise.resolve(0) });
}

function checkPort(value: string): void {
  if (!/^\d+$/.test(value)) throw new RangeError("it is not a port");
}

/** The command with an option of every kind. */
export const WATCH: CommandSpec = {
  name: "watch",
  summary: "Watch",
  description: ["Watches."],
  operands: [],
  options: [
    {
      name: "interval",
      short: "i",
      type: "duration",
      default: "3s",
      minimum: 200,
      group: "Source",
      summary: "How often",
    },
    { name: "for", type: "duration", group: "Source", summary: "How long" },
    {
      name: "protocol",
      short: "p",
      type: "text",
      placeholder: "NAME",
      repeatable: true,
      negatable: true,
      summary: 'Only this protocol: it\'s a "name" [or] a `number` $HOME \\ %s & <all>',
    },
    {
      name: "direction",
      type: "choice",
      choices: ["egress", "ingress"],
      repeatable: true,
      negatable: true,
      summary: "Only this direction",
    },
    {
      name: "port",
      type: "text",
      repeatable: true,
      negatable: true,
      check: checkPort,
      summary: "Port",
    },
    { name: "pid", type: "text", repeatable: true, summary: "Process" },
    {
      name: "format",
      short: "f",
      type: "choice",
      choices: ["text", "ndjson", "csv"],
      summary: "Format",
    },
    { name: "out", short: "o", type: "file", placeholder: "FILE", summary: "Where to" },
    { name: "procfs", type: "directory", default: "/proc", summary: "Root" },
    { name: "no-listen", type: "flag", summary: "No listeners" },
    ...COMMON,
  ],
  examples: [{ command: "prog watch -v", summary: "Watch more" }],
  load,
};

const COPY: CommandSpec = {
  name: "copy",
  summary: "Copy",
  description: [],
  operands: [
    { name: "from", summary: "From where", required: true },
    { name: "to", summary: "To where", required: false, choices: ["disk", "tape"] },
  ],
  options: [
    { name: "interval", type: "duration", summary: "How often" },
    { name: "force", type: "flag", summary: "Overwrite" },
    { name: "onto", type: "choice", choices: ["disk", "tape", "disk,tape"], summary: "Onto what" },
    ...COMMON,
  ],
  examples: [],
  load,
};

const HELP: CommandSpec = {
  name: "help",
  summary: "Show help",
  description: [],
  operands: [{
    name: "command",
    summary: "Which one",
    required: false,
    choices: ["watch", "copy", "help"],
  }],
  options: COMMON,
  examples: [],
  load,
};

/** The table. */
export const SAMPLE_TABLE: CommandTable = {
  program: "prog",
  summary: "does things",
  options: [
    { name: "help", short: "h", type: "flag", summary: "Show help and exit" },
    { name: "version", type: "flag", summary: "Show the version and exit" },
  ],
  commands: [WATCH, COPY, HELP],
};
