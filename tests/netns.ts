/** Network namespaces of the test's own. They go, with all that is in them, when they are disposed of. */
import { runOther } from "./program.ts";

let made = 0;

/** A network namespace that has a name below /run/netns. Its loopback device is up. */
export class NetworkNamespace implements AsyncDisposable {
  private constructor(readonly name: string, readonly inode: number) {}

  /** Makes a namespace with a name that no other test has. */
  static async create(): Promise<NetworkNamespace> {
    const name = `cst-${Deno.pid}-${made++}`;
    await runOther(["ip", "netns", "add", name]);
    const { ino } = await Deno.stat(`/run/netns/${name}`);
    const namespace = new NetworkNamespace(name, ino ?? 0);
    try {
      await namespace.ip("link", "set", "lo", "up");
    } catch (error) {
      await namespace[Symbol.asyncDispose]();
      throw error;
    }
    return namespace;
  }

  get path(): string {
    return `/run/netns/${this.name}`;
  }

  /** What to put before a program so that it runs in here. */
  get prefix(): readonly string[] {
    return ["nsenter", `--net=${this.path}`];
  }

  /** Runs `ip` in here. */
  async ip(...args: readonly string[]): Promise<void> {
    await runOther(["ip", "-n", this.name, ...args]);
  }

  /** Removes the name; the kernel removes the rest once nothing is in it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await runOther(["ip", "netns", "del", this.name]);
  }
}

/** One end of a cable between two namespaces. */
export interface CableEnd {
  readonly namespace: NetworkNamespace;
  /** Addresses with the length of their prefix: `10.7.0.1/24`. */
  readonly addresses: readonly string[];
}

/** Connects two namespaces with a pair of devices; the pair goes with either namespace. */
export async function connect(a: CableEnd, b: CableEnd): Promise<void> {
  await a.namespace.ip(
    ..."link add veth0 type veth peer name veth0 netns".split(" "),
    b.namespace.name,
  );
  for (const { namespace, addresses } of [a, b]) {
    for (const address of addresses) {
      const nodad = address.includes(":") ? ["nodad"] : [];
      await namespace.ip("addr", "add", address, "dev", "veth0", ...nodad);
    }
    await namespace.ip("link", "set", "veth0", "up");
  }
}
