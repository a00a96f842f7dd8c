import { assertEquals, assertStrictEquals } from "@std/assert";
import { Identities } from "./identities.ts";
import { TestHost } from "./test_host.ts";

/** Paths below /proc/71 that were read since the last time. */
function reads(host: TestHost): string[] {
  const paths = [...host.reads.keys()].filter((path) => path.startsWith("71/"));
  host.reads.clear();
  return paths.map((path) => path.slice(3));
}

function identitiesOf(host: TestHost): Identities {
  return new Identities(host.system, host.procfs, "host");
}

/** The process 71, which must be there. */
function read(identities: Identities) {
  const process = identities.look()(71);
  if (typeof process === "string") throw new Error(`the process is ${process}`);
  return process;
}

/** Ends the process. */
function end(host: TestHost): void {
  Deno.removeSync(`${host.tree.root}/71`, { recursive: true });
}

Deno.test("Identities reads little of a process that it has read a moment ago", () => {
  using host = new TestHost();
  host.tree.addProcess({ pid: 71, comm: "a", argv: ["a", "-x"], argStart: 4096 });
  const identities = identitiesOf(host);
  const first = read(identities);
  assertEquals(reads(host).includes("cmdline"), true);
  host.now += 200_000;
  assertStrictEquals(read(identities), first);
  assertEquals(reads(host), ["stat", "status"]);
  host.now += 100_000;
  assertStrictEquals(read(identities), first);
  assertEquals(reads(host).includes("cmdline"), true);
});

Deno.test("Identities reads a process again that has executed another program of the same name", () => {
  using host = new TestHost();
  host.tree.addProcess({ pid: 71, comm: "a", argv: ["a", "-x"], argStart: 4096 });
  const identities = identitiesOf(host);
  read(identities);
  end(host);
  host.tree.addProcess({ pid: 71, comm: "a", argv: ["a", "-y"], argStart: 8192 });
  assertEquals(read(identities).commandLine, ["a", "-y"]);
});

Deno.test("Identities sees at once that a process has given up its user", () => {
  using host = new TestHost();
  host.tree.addProcess({ pid: 71, comm: "a", argv: ["a"], argStart: 4096, uid: 0 });
  const identities = identitiesOf(host);
  assertEquals(read(identities).uid, 0);
  end(host);
  host.tree.addProcess({ pid: 71, comm: "a", argv: ["a"], argStart: 4096, uid: 33 });
  assertEquals(read(identities).uid, 33);
});

Deno.test("Identities takes a process of the same number for another one", () => {
  using host = new TestHost();
  host.tree.addProcess({ pid: 71, comm: "a", argv: ["a"], argStart: 4096, startTicks: 10 });
  const identities = identitiesOf(host);
  const first = read(identities);
  end(host);
  host.tree.addProcess({ pid: 71, comm: "a", argv: ["a"], argStart: 4096, startTicks: 20 });
  assertEquals(read(identities).entityId === first.entityId, false);
});

Deno.test("Identities believes nothing old where it cannot tell programs apart", () => {
  using host = new TestHost();
  host.tree.addProcess({ pid: 71, comm: "a", argv: ["a", "-x"], argStart: 0 });
  const identities = identitiesOf(host);
  read(identities);
  end(host);
  host.tree.addProcess({ pid: 71, comm: "a", argv: ["a", "-y"], argStart: 0 });
  assertEquals(read(identities).commandLine, ["a", "-y"]);
});

Deno.test("Identities says that a process is gone although it has read it a moment ago", () => {
  using host = new TestHost();
  host.tree.addProcess({ pid: 71, comm: "a", argStart: 4096 });
  const identities = identitiesOf(host);
  read(identities);
  end(host);
  assertEquals(identities.look()(71), "gone");
});
