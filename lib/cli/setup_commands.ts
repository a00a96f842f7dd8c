/** The commands that help to set connscribe up: a part of the command table. */
import { GLOBAL_OPTIONS } from "./global_options.ts";
import { SERVICE_OPTIONS } from "./service_options.ts";
import { CONNTRACK_OPTIONS, MOUNT_TRACEFS, PROCFS } from "./source_options.ts";
import type { CommandSpec } from "./spec.ts";

/** In the order of the help text. */
export const SETUP_COMMANDS: readonly CommandSpec[] = [
  {
    name: "doctor",
    summary: "Say which collectors work here, what they miss, and how to mend it",
    description: [
      "Exit status 0 if at least one collector is usable, 69 if none is.",
    ],
    operands: [],
    options: [PROCFS, MOUNT_TRACEFS, ...CONNTRACK_OPTIONS, ...GLOBAL_OPTIONS],
    examples: [{ command: "connscribe doctor", summary: "Check this host" }],
    load: () => import("../commands/doctor.ts"),
  },
  {
    name: "rulebook",
    summary: "Print the built-in rules of --noteworthy, as TOML",
    description: [],
    operands: [
      {
        name: "system",
        summary: "Whose rules",
        required: true,
        choices: ["linux", "macos"],
      },
    ],
    options: [...GLOBAL_OPTIONS],
    examples: [
      { command: "connscribe rulebook linux | less", summary: "Read what is expected on Linux" },
    ],
    load: () => import("../commands/rulebook.ts"),
  },
  {
    name: "service",
    summary: "Print the files that run connscribe as a service: systemd, launchd, cron, Splunk",
    description: [
      "One file to stdout; its first lines say where it goes. The unit of systemd runs as a user of its own, with the capabilities that the collector needs and nothing that connscribe can do without.",
    ],
    operands: [],
    options: [...SERVICE_OPTIONS, ...GLOBAL_OPTIONS],
    examples: [
      {
        command:
          "connscribe service --print systemd --from trace > /etc/systemd/system/connscribe.service",
        summary: "Watch from the start of the system on",
      },
      {
        command: "connscribe service --print cron | crontab -u connscribe -",
        summary: "Sum up the logs every five minutes",
      },
    ],
    load: () => import("../commands/service.ts"),
  },
  {
    name: "completions",
    summary: "Print a completion script for a shell",
    description: [],
    operands: [
      {
        name: "shell",
        summary: "Which shell",
        required: true,
        choices: ["bash", "zsh", "fish"],
      },
    ],
    options: [...GLOBAL_OPTIONS],
    examples: [
      {
        command: "connscribe completions bash > /etc/bash_completion.d/connscribe",
        summary: "Install completions for bash",
      },
    ],
    load: () => import("../commands/completions.ts"),
  },
  {
    name: "man",
    summary: "Print the manual page (roff)",
    description: [],
    operands: [],
    options: [...GLOBAL_OPTIONS],
    examples: [{ command: "connscribe man | man -l -", summary: "Read the manual" }],
    load: () => import("../commands/man.ts"),
  },
];
