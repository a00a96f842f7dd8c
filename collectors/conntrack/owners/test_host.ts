/** A host for tests: a fake proc file system that can be changed, and a clock that stands still. */
import { ProcFs } from "../../../lib/procfs/procfs.ts";
import { realSystem, type System } from "../../../lib/system.ts";
import {
  FakeProcfs,
  type FakeSocket,
  type FakeTables,
  FIRST_NETNS,
  socketTable,
} from "../../../tests/fake_procfs.ts";
import type { FlowEvent } from "../flow.ts";
import { parseFlowLine } from "../parse.ts";

/** Inode number of a container's network namespace. */
export const CONTAINER = FIRST_NETNS + 400;

/** When the clock stands still, microseconds since the epoch. */
export const NOW = 1_795_226_380_000_000;

/** A fib_trie with these local addresses. */
export function fibTrie(...addresses: readonly string[]): string {
  const leaves = addresses.map((ip) => `     |-- ${ip}\n        /32 host LOCAL\n`);
  return `Local:\n  +-- 0.0.0.0/0 3 0 5\n${leaves.join("")}`;
}

/** The event of a line of conntrack. */
export function flow(line: string): FlowEvent {
  const event = parseFlowLine(line, "utc");
  if (event === undefined) throw new RangeError(`"${line}" is not a line of conntrack`);
  return event;
}

/** The host 10.0.0.1, fd00::1: its processes, its sockets, and what happens while it is looked at. */
export class TestHost implements Disposable {
  readonly procfs: ProcFs;
  readonly tree: FakeProcfs;
  /** Microseconds since the epoch. */
  now = NOW;
  /** By how much the clock was set, microseconds: no time has passed by that. */
  jumped = 0;
  /** Milliseconds of every sleep. */
  readonly sleeps: number[] = [];
  /** What happens in the next sleep. */
  meanwhile: () => void = () => {};
  /** Called before a path is read or listed; may change the tree or throw. */
  onRead: (path: string) => void = () => {};
  /** How often each path was read or listed. */
  readonly reads = new Map<string, number>();
  readonly system: System;

  constructor() {
    const root = Deno.makeTempDirSync();
    this.tree = new FakeProcfs(root);
    const real = realSystem();
    const read = <T>(path: string, action: (path: string) => T): T => {
      const name = path.slice(root.length + 1);
      this.reads.set(name, (this.reads.get(name) ?? 0) + 1);
      this.onRead(name);
      return action(path);
    };
    this.system = {
      ...real,
      now: () => this.now + this.jumped,
      elapsed: () => this.now,
      sleep: (ms) => {
        this.sleeps.push(ms);
        this.now += ms * 1000;
        this.meanwhile();
        return Promise.resolve();
      },
      readFile: (path) => read(path, real.readFile),
      readDir: (path) => read(path, real.readDir),
      readLink: (path) => read(path, real.readLink),
    };
    this.procfs = new ProcFs(this.system, root);
    this.namespace(FIRST_NETNS, ["127.0.0.1", "10.0.0.1"], {
      if_inet6: "fd000000000000000000000000000001 02 40 00 80     eth0\n",
    });
    this.tree.addProcess({ pid: 50, comm: "connscribe" });
  }

  /** Makes a network namespace, or writes its tables anew. */
  namespace(inode: number, addresses: readonly string[], tables: FakeTables = {}): void {
    this.tree.addNamespace(inode, { fib_trie: fibTrie(...addresses), ...tables });
  }

  /** Writes a socket table. */
  sockets(file: string, sockets: readonly FakeSocket[], netns = FIRST_NETNS): void {
    this.tree.write(`namespaces/${netns}/${file}`, socketTable(sockets));
  }

  /** Closes all sockets of a process. */
  close(pid: number): void {
    Deno.removeSync(`${this.tree.root}/${pid}/fd`, { recursive: true });
  }

  /** Ends a process. */
  end(pid: number): void {
    Deno.removeSync(`${this.tree.root}/${pid}`, { recursive: true });
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.tree.root, { recursive: true });
  }
}

/** A NEW event of a flow without NAT, that began at the given time. */
export function begun(
  protocol: "tcp" | "udp" | "sctp",
  from: readonly [ip: string, port: number],
  to: readonly [ip: string, port: number],
  timestampUs = NOW,
): FlowEvent {
  const protocolNumber = { tcp: 6, udp: 17, sctp: 132 }[protocol];
  return {
    event: "new",
    timestampUs,
    ipVersion: from[0].includes(":") ? 6 : 4,
    protocol,
    protocolNumber,
    ...(protocol === "tcp" && { state: "SYN_SENT" }),
    original: { src: from[0], dst: to[0], sport: from[1], dport: to[1] },
    reply: { src: to[0], dst: from[0], sport: to[1], dport: from[1] },
    unreplied: true,
    assured: false,
  };
}
