/** The network namespaces of the host, and how to read the socket tables of each. */
import { NSENTER_PATHS } from "../registry.ts";
import { parseMountinfo } from "../../lib/procfs/mountinfo.ts";
import type { ProcFs } from "../../lib/procfs/procfs.ts";
import type { System } from "../../lib/system.ts";
import { SOCKET_TABLES } from "./tables.ts";

/** Socket tables by file name; those that do not exist are absent, others may not be readable. */
export type Tables = ReadonlyMap<string, Uint8Array | "denied">;

/** One network namespace. */
export interface Namespace {
  /** Inode number, as in `net:[4026531840]`; 0 where it cannot be told. */
  readonly inode: number;
  /** Reads all of {@linkcode SOCKET_TABLES}; undefined where its processes went away meanwhile. */
  read(): Tables | undefined;
}

/** A namespace without a process that could not be read. */
export interface UnreadableNamespace {
  readonly path: string;
  readonly reason: string;
}

/** What an enumeration found. */
export interface NamespaceList {
  readonly namespaces: readonly Namespace[];
  /** How many processes may not be asked for theirs. */
  readonly denied: number;
  readonly unreadable: readonly UnreadableNamespace[];
}

/** Processes whose tables are tried before a namespace counts as unreadable. */
const TRIES = 4;

/**
 * Splits what `tail -n +1 FILE...` prints: `==> FILE <==` heads, then the file.
 * Rows of a socket table never look like a head.
 */
export function splitTail(text: Uint8Array, prefix: string): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  const head = /^==> (\S+) <==$/;
  const lines = new TextDecoder().decode(text).split("\n");
  let file: string | undefined;
  let rows: string[] = [];
  const finish = () => {
    if (file === undefined) return;
    files.set(file, new TextEncoder().encode(rows.filter((row) => row !== "").join("\n") + "\n"));
  };
  for (const line of lines) {
    const path = head.exec(line)?.[1];
    if (path === undefined) {
      rows.push(line);
    } else {
      finish();
      file = path.startsWith(prefix) ? path.slice(prefix.length) : undefined;
      rows = [];
    }
  }
  finish();
  return files;
}

/**
 * Finds every network namespace that has a process or is mounted somewhere (`ip netns add`, container
 * engines). One that is held by nothing but an open descriptor or socket cannot be enumerated.
 */
export class Namespaces {
  readonly #system: System;
  readonly #procfs: ProcFs;
  /** Why namespaces could not be entered: that does not change while they are there. */
  readonly #refused = new Map<number, string>();

  constructor(system: System, procfs: ProcFs) {
    this.#system = system;
    this.#procfs = procfs;
  }

  /** @param pids All processes. */
  async list(pids: readonly number[]): Promise<NamespaceList> {
    const holders = new Map<number, (number | "self")[]>();
    const own = this.#procfs.netns("self");
    holders.set(typeof own === "number" ? own : 0, ["self"]);
    let denied = 0;
    for (const pid of pids) {
      const inode = this.#procfs.netns(pid);
      if (inode === "denied") denied++;
      if (typeof inode !== "number") continue;
      const known = holders.get(inode);
      if (known === undefined) holders.set(inode, [pid]);
      else if (known.length < TRIES) known.push(pid);
    }
    const namespaces = [...holders].map(([inode, pids]) => this.#ofProcesses(inode, pids));
    const unreadable: UnreadableNamespace[] = [];
    const mounted = new Map(this.#mounted().map(({ inode, path }) => [inode, path]));
    const entered = [...mounted].filter(([inode]) => !holders.has(inode)).map(
      async ([inode, path]) => {
        const read = this.#refused.get(inode) ?? await this.#entered(inode, path);
        return { inode, path, read };
      },
    );
    for (const { inode, path, read } of await Promise.all(entered)) {
      if (typeof read !== "string") {
        namespaces.push(read);
        continue;
      }
      // What is not permitted stays so; anything else is tried again at the next look.
      if (/not permitted|not run/.test(read)) this.#refused.set(inode, read);
      unreadable.push({ path, reason: read });
    }
    for (const inode of this.#refused.keys()) if (!mounted.has(inode)) this.#refused.delete(inode);
    return { namespaces, denied, unreadable };
  }

  #mounted(): readonly { readonly inode: number; readonly path: string }[] {
    const text = this.#procfs.mountinfo();
    return typeof text === "string" ? [] : parseMountinfo(text);
  }

  #ofProcesses(inode: number, pids: readonly (number | "self")[]): Namespace {
    return {
      inode,
      read: () => {
        for (const pid of pids) {
          const tables = this.#tablesOf(pid);
          // A process that went away, or elsewhere, while its tables were read proves nothing.
          const still = this.#procfs.netns(pid);
          if (tables.size > 0 && (still === inode || inode === 0)) return tables;
        }
        return undefined;
      },
    };
  }

  #tablesOf(pid: number | "self"): Tables {
    const tables = new Map<string, Uint8Array | "denied">();
    for (const { file } of SOCKET_TABLES) {
      const bytes = this.#procfs.netTable(pid, file);
      if (bytes !== "gone") tables.set(file, bytes);
    }
    return tables;
  }

  async #entered(inode: number, path: string): Promise<Namespace | string> {
    const files = SOCKET_TABLES.map((table) => `/proc/net/${table.file}`);
    let reason = `${NSENTER_PATHS[0]} is not there`;
    for (const program of NSENTER_PATHS) {
      try {
        const args = [`--net=${path}`, "--", "/usr/bin/tail", "-n", "+1", ...files];
        const { stdout, stderr } = await this.#system.run(program, args);
        const tables = splitTail(stdout, "/proc/net/");
        if (tables.size > 0) return { inode, read: () => tables };
        reason = stderr.split("\n", 1)[0] || "nsenter read nothing";
        break;
      } catch (error) {
        if (error instanceof Deno.errors.NotFound) continue;
        if (error instanceof Deno.errors.NotCapable) return "nsenter is not run with --procfs";
        reason = error instanceof Error ? error.message : String(error);
        break;
      }
    }
    return reason;
  }
}
