import { assert, assertEquals, assertRejects } from "@std/assert";
import { ExitError } from "../../lib/exit.ts";
import { realSystem } from "../../lib/system.ts";
import { OPTIONS } from "../../lib/worker/test_options.ts";
import { FakeProcfs, FIRST_NETNS } from "../../tests/fake_procfs.ts";
import type { Happening } from "./happening.ts";
import { readSeeds, type Seeds } from "./seeds.ts";

const NOW = 1_800_000_000_000_000;
const ESTABLISHED = 1;
const TIME_WAIT = 6;
const CLOSE = 7;
const CLOSE_WAIT = 8;
const LISTEN = 10;

interface Found extends Seeds {
  readonly said: readonly string[];
}

/** Looks at a fake host. */
async function look(make: (host: FakeProcfs) => void): Promise<Found> {
  const procfs = await Deno.makeTempDir();
  try {
    make(new FakeProcfs(procfs));
    const said: string[] = [];
    const system = { ...realSystem(), now: () => NOW };
    const seeds = await readSeeds(system, { ...OPTIONS, procfs }, (level, message) => {
      said.push(`${level}: ${message}`);
    });
    return { ...seeds, said };
  } finally {
    await Deno.remove(procfs, { recursive: true });
  }
}

/** A host with one process, and sockets of two. */
function typical(host: FakeProcfs): void {
  host.addNamespace(FIRST_NETNS, {
    tcp: [
      { local: ["10.0.0.1", 22], state: LISTEN, inode: 100 },
      { local: ["10.0.0.1", 22], remote: ["10.0.0.9", 4000], state: ESTABLISHED, inode: 101 },
      { local: ["10.0.0.1", 5000], remote: ["10.0.0.9", 80], state: CLOSE_WAIT, inode: 102 },
      { local: ["10.0.0.1", 5001], remote: ["10.0.0.9", 80], state: TIME_WAIT, inode: 0 },
      { local: ["10.0.0.1", 5002], remote: ["10.0.0.9", 80], state: CLOSE_WAIT, inode: 0 },
      // The kernel does not do this.
      { local: ["10.0.0.1", 5005], remote: ["10.0.0.9", 80], state: TIME_WAIT, inode: 108 },
    ],
    tcp6: [
      { local: ["::ffff:10.0.0.1", 22], remote: ["::ffff:10.0.0.8", 1], state: 1, inode: 103 },
      { local: ["fd00::1", 5003], remote: ["fd00::2", 443], state: 1, inode: 999 },
    ],
    udp: [
      { local: ["0.0.0.0", 53], state: CLOSE, inode: 104 },
      { local: ["10.0.0.1", 5004], remote: ["10.0.0.9", 53], state: ESTABLISHED, inode: 105 },
    ],
    udp6: [{ local: ["::", 5353], state: CLOSE, inode: 106 }],
    raw: [{ local: ["0.0.0.0", 1], state: CLOSE, inode: 107 }],
  });
  const sockets = [100, 101, 102, 103, 104, 105, 106, 107];
  host.addProcess({ pid: 7, comm: "sshd", sockets });
  // Without it, others seem to be hidden.
  host.addProcess({ pid: 1, comm: "init", ppid: 0 });
}

function line(happening: Happening): string {
  const { event, key, local, remote, initiator, state, owner, ipVersion } = happening;
  return [
    event,
    key,
    `${local.ip}/${local.port}`,
    remote === undefined ? "-" : `${remote.ip}/${remote.port}`,
    initiator ?? "-",
    state,
    `IPv${ipVersion}`,
    owner.process?.name ?? "-",
    owner.attribution,
  ].join(" ");
}

Deno.test("readSeeds finds the connections and listeners whose ends are traced, by their inodes", async () => {
  const { connections, dropped, said } = await look(typical);
  assertEquals(connections.map(line).sort(), [
    "listen inode-100 10.0.0.1/22 - - listen IPv4 sshd exact",
    "open inode-101 10.0.0.1/22 10.0.0.9/4000 remote established IPv4 sshd exact",
    "open inode-102 10.0.0.1/5000 10.0.0.9/80 local close_wait IPv4 sshd exact",
    "open inode-103 10.0.0.1/22 10.0.0.8/1 remote established IPv4 sshd exact",
    "open inode-999 fd00::1/5003 fd00::2/443 local established IPv6 - none",
  ]);
  for (const { protocolNumber, time, preexisting, netns, start } of connections) {
    assertEquals([protocolNumber, time, preexisting, netns, start], [
      6,
      NOW,
      true,
      FIRST_NETNS,
      undefined,
    ]);
  }
  const ownerless = connections.find(({ key }) => key === "inode-999");
  assert(ownerless?.owner.attributionReason !== undefined);
  assertEquals([dropped, said], [{}, []]);
});

Deno.test("readSeeds finds the datagram sockets without a peer", async () => {
  const { bound } = await look(typical);
  const texts = bound.map(({ protocolNumber, local }) => `${protocolNumber} ${local.port}`);
  assertEquals(texts.sort(), ["1 0", "17 53", "17 5353"]);
});

Deno.test("readSeeds tells all ends that are open, whether a process holds them or not", async () => {
  const { open } = await look(typical);
  assertEquals([...open].sort(), [
    "17 10.0.0.1 5004 10.0.0.9 53",
    "6 10.0.0.1 22 10.0.0.8 1",
    "6 10.0.0.1 22 10.0.0.9 4000",
    "6 10.0.0.1 5000 10.0.0.9 80",
    "6 10.0.0.1 5002 10.0.0.9 80",
    "6 fd00::1 5003 fd00::2 443",
  ]);
});

Deno.test("readSeeds looks once, whatever the options say", async () => {
  let looks = 0;
  const procfs = await Deno.makeTempDir();
  try {
    typical(new FakeProcfs(procfs));
    const real = realSystem();
    const system = { ...real, sleep: () => Promise.resolve(void looks++) };
    const options = { ...OPTIONS, procfs, once: false };
    assertEquals((await readSeeds(system, options, () => {})).connections.length, 5);
    assertEquals(looks, 0);
  } finally {
    await Deno.remove(procfs, { recursive: true });
  }
});

Deno.test("readSeeds counts the rows that make no sense, and goes on", async () => {
  const { connections, dropped } = await look((host) => {
    typical(host);
    const path = `namespaces/${FIRST_NETNS}/tcp`;
    const text = Deno.readTextFileSync(`${host.root}/${path}`);
    host.write(path, `${text}   9: nonsense\n`);
  });
  assertEquals([connections.length, dropped], [5, { malformed: 1 }]);
});

Deno.test("readSeeds finds nothing on a host without sockets", async () => {
  const found = await look((host) => {
    host.addNamespace(FIRST_NETNS, { tcp: [] });
    host.addProcess({ pid: 1, comm: "init", ppid: 0 });
  });
  const none = { open: new Set<string>(), namespaces: new Set<number>() };
  assertEquals(found, { connections: [], ...none, bound: [], dropped: {}, said: [] });
});

Deno.test("readSeeds says what may not be seen", async () => {
  const { said } = await look((host) => {
    host.addNamespace(FIRST_NETNS, {
      tcp: [{ local: ["10.0.0.1", 22], state: LISTEN, inode: 100 }],
    });
    host.addProcess({ pid: 7, comm: "sh" });
  });
  assertEquals(said, ["notice: not permitted to see the processes of other users (hidepid)"]);
});

Deno.test("readSeeds fails where there are no tables to read", async () => {
  await assertRejects(() => look(() => {}), ExitError, "no socket table can be read");
});
