/** Records for the rules in `builtin_notes.ts`. */
import type { Example } from "./test_connections.ts";

/** By the rule's name. */
export const NOTE_EXAMPLES: Readonly<Record<string, Example>> = {
  interpreter: {
    match: { port: 4444, exe: "/usr/bin/python3.11" },
    miss: { port: 4444, exe: "/usr/bin/curl" },
  },
  "temporary-executable": {
    match: { exe: "/dev/shm/.x" },
    miss: { exe: "/home/a/tmp/x" },
  },
  "memory-executable": {
    match: { exe: "/memfd:x (deleted)" },
    miss: { exe: "/usr/bin/memfd:x" },
  },
  "deleted-executable": {
    match: { exe: "/usr/bin/x (deleted)" },
    miss: { exe: "/usr/bin/x" },
  },
  "public-ssh": {
    match: { port: 22, exe: "/usr/bin/ssh" },
    miss: { port: 22, exe: "/usr/bin/ssh", ip: "10.0.0.5" },
  },
  "public-smtp": {
    match: { port: 25, exe: "/usr/bin/x" },
    miss: { port: 25, exe: "/usr/lib/postfix/sbin/smtp" },
  },
  "public-irc": { match: { port: 6667 }, miss: { port: 6670 } },
  "public-tor": { match: { port: 9001 }, miss: { port: 9001, ip: "192.168.0.1" } },
};
