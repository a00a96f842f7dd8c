/**
 * The units of `service --print systemd` as systemd would run them: each capability is needed, and they are
 * enough. packaging/README.md tells the same in a table.
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { EXIT } from "../../lib/exit.ts";
import { capabilitiesOf } from "../../lib/service/capabilities.ts";
import { serviceFile } from "../../lib/service/files.ts";
import { BOUND_PROCFS } from "../../lib/service/systemd_watch.ts";
import { Actor } from "../actor.ts";
import { NetworkNamespace } from "../netns.ts";
import { eventually, PYTHON, runOther, sleep, TempDir } from "../program.ts";
import { SANDBOX_PROGRAMS, type UnitOptions, UnitRunner } from "../sandbox/unit_run.ts";
import { missing, testUnless } from "../skip.ts";
import { liveTest } from "./live.ts";
import { instancesOf } from "./trace_records.ts";

const LOG = "/var/log/connscribe";
const USER = 60002;

/** How long a unit may take until it is there, on a busy machine too, milliseconds. */
const STARTING = 60_000;

/** How many connections are made while a unit runs, and at most, where not all is seen yet that should be. */
const CONNECTIONS = 3;
const MOST_CONNECTIONS = 30;

/** Writes a byte into its own memory by process_vm_writev(2), as one would into that of another. */
const WRITE_MEMORY = "import ctypes, os; a = ctypes.create_string_buffer(1); " +
  "v = (ctypes.c_size_t * 2)(ctypes.addressof(a), 1); " +
  "f = ctypes.CDLL(None).process_vm_writev; " +
  "assert f(os.getpid(), v, 1, v, 1, 0) == 1";

function sandboxTest(name: string, test: () => Promise<void>): void {
  const reason = missing(SANDBOX_PROGRAMS);
  if (reason === undefined) liveTest(name, test);
  else testUnless(reason, name, test);
}

function unitOf(name: string, from: string): string {
  const file = serviceFile(name);
  assert(file);
  const program = "/usr/local/bin/connscribe";
  return file.render({ program, from, logDirectory: LOG }, file.installed);
}

/** What a collector has told of connections that another user made in another network namespace. */
interface Sight {
  /** Some record of them. */
  readonly connection: boolean;
  /** Their process. */
  readonly process: boolean;
  readonly executable: boolean;
  readonly bytes: boolean;
  /** The process of a listener that was there before. */
  readonly listener: boolean;
}

const ALL: Sight = {
  connection: true,
  process: true,
  executable: true,
  bytes: true,
  listener: true,
};
const NOTHING: Sight = {
  connection: false,
  process: false,
  executable: false,
  bytes: false,
  listener: false,
};

interface EcsRecord {
  readonly event?: { readonly action?: string };
  readonly source?: { readonly port?: number; readonly bytes?: number };
  readonly destination?: { readonly port?: number };
  readonly process?: { readonly pid?: number; readonly executable?: string };
}

/**
 * Has connections made while the unit runs, and sees what it writes of them.
 *
 * @param wanted What it should see: while some of that is lacking, more connections are made.
 */
async function sightOf(
  runner: UnitRunner,
  from: string,
  unit: Pick<UnitOptions, "unit" | "without">,
  wanted: Sight = NOTHING,
): Promise<{ code: number; stderr: string; sight: Sight }> {
  await using namespace = await NetworkNamespace.create();
  const conntrack = from === "conntrack";
  if (conntrack) {
    const rule = "add table inet t { chain c { ct state new; }; }";
    await runOther([...namespace.prefix, "/usr/sbin/nft", rule]);
  }
  await using actor = await Actor.start({ prefix: namespace.prefix });
  await actor.ask({ do: "set_uid", uid: USER });
  const { local: [address, port] } = await actor.socket({ do: "listen", name: "listener" });
  const options = ["--format", "ndjson", "--interval", "200ms"];
  await using program = runner.start({
    ...unit,
    args: ["watch", "--from", from, ...options, ...(conntrack ? ["--strict"] : [])],
    ...(conntrack && { prefix: namespace.prefix }),
  });
  let ended = false;
  const end = program.ended(2 * STARTING).then((result) => {
    ended = true;
    return result;
  });
  await eventually(
    () => ended || program.stdout.text.includes('"coverage"') || undefined,
    "neither the coverage nor the end of the unit",
    STARTING,
  );
  const seen = () => sightIn(program.stdout.lines(), port, actor.pid);
  for (let i = 0; i < MOST_CONNECTIONS && !ended; i++) {
    if (i >= CONNECTIONS && hasAll(seen(), wanted)) break;
    await actor.socket({ do: "connect", name: "client", address, port });
    await actor.socket({ do: "accept", name: "server", listener: "listener" });
    await sleep(500);
    for (const name of ["client", "server"]) await actor.ask({ do: "close", name });
    await sleep(100);
  }
  program.signal("SIGTERM");
  const { code, stderr } = await end;
  if (from === "trace") assertEquals(instancesOf(program.pid), []);
  return { code, stderr, sight: seen() };
}

/** Whether nothing is lacking of what is wanted. */
function hasAll(sight: Sight, wanted: Sight): boolean {
  const has = new Map(Object.entries(sight));
  return Object.entries(wanted).every(([what, isWanted]) => !isWanted || has.get(what) === true);
}

/** What is told of connections to a port, and of their process. */
function sightIn(lines: readonly string[], port: number, pid: number): Sight {
  const records: EcsRecord[] = lines.map((line) => JSON.parse(line));
  const told = records.filter(({ source, destination }) =>
    source?.port === port || destination?.port === port
  );
  const listeners = told.filter(({ event }) => event?.action === "port_listening");
  const connections = told.filter(({ event }) => !event?.action?.startsWith("port_"));
  const own = connections.filter(({ process }) => process?.pid === pid);
  return {
    connection: connections.length > 0,
    process: own.length > 0,
    executable: own.some(({ process }) => process?.executable !== undefined),
    bytes: connections.some(({ source }) => source?.bytes !== undefined),
    listener: listeners.some(({ process }) => process?.pid === pid),
  };
}

/** By collector: what its unit shows with all of its capabilities, and without one of them. */
const EXPECTED: Readonly<Record<string, Readonly<Record<string, Sight | "not permitted">>>> = {
  trace: {
    none: ALL,
    CAP_DAC_OVERRIDE: "not permitted",
    CAP_SYS_PTRACE: { ...ALL, executable: false, bytes: false, listener: false },
    CAP_SYS_ADMIN: { ...ALL, bytes: false },
    // It is for busy hosts alone.
    CAP_SYS_NICE: ALL,
  },
  conntrack: {
    none: { ...ALL, bytes: false, listener: false },
    CAP_NET_ADMIN: "not permitted",
    CAP_SYS_PTRACE: { ...NOTHING, connection: true },
    CAP_DAC_READ_SEARCH: { ...NOTHING, connection: true },
  },
  proc: {
    none: { ...ALL, bytes: false },
    CAP_SYS_PTRACE: NOTHING,
    CAP_DAC_READ_SEARCH: { ...NOTHING, connection: true },
  },
};

for (const [from, expected] of Object.entries(EXPECTED)) {
  sandboxTest(
    `the unit of ${from} has the capabilities that it needs, and each is needed`,
    async () => {
      await using runner = await UnitRunner.create();
      const unit = unitOf("systemd", from);
      const names = capabilitiesOf(from).map(({ name }) => name);
      assertEquals(Object.keys(expected).sort(), ["none", ...names].sort());
      for (const [without, seen] of Object.entries(expected)) {
        const wanted = seen === "not permitted" ? NOTHING : seen;
        const rights = { unit, without: [without] };
        const { code, stderr, sight } = await sightOf(runner, from, rights, wanted);
        const what = `${from} without ${without}: ${stderr}`;
        if (seen === "not permitted") {
          assert([EXIT.permission, EXIT.unavailable].some((one) => one === code), what);
          assertMatch(stderr, /run as root/, what);
        } else {
          assertEquals([code, sight], [EXIT.ok, seen], what);
        }
      }
    },
  );
}

sandboxTest(
  "the unit of auto, with what all collectors need, takes the trace and sees all",
  async () => {
    await using runner = await UnitRunner.create();
    const unit = unitOf("systemd", "auto");
    const { code, stderr, sight } = await sightOf(runner, "auto", { unit }, ALL);
    assertEquals([code, sight], [EXIT.ok, ALL], stderr);
  },
);

sandboxTest(
  "the unit lets its user write to the log and make trace instances, and little else",
  async () => {
    await using runner = await UnitRunner.create();
    await using directory = new TempDir();
    const instance = `/sys/kernel/tracing/instances/connscribe-test-${Deno.pid}`;
    const attempts: [string, boolean][] = [
      [`touch ${LOG}/file`, true],
      [`mkdir ${instance} && rmdir ${instance}`, true],
      ["nsenter --net=/proc/self/ns/net true", true],
      ["touch /etc/connscribe-test", false],
      ["touch /usr/local/bin/connscribe-test", false],
      ["touch /var/log/connscribe-test", false],
      ["echo 1 > /sys/kernel/tracing/tracing_on", false],
      ["echo 0 > /proc/self/oom_score_adj", false],
      ["mount -t tmpfs none /tmp", false],
      ["unshare --mount true", false],
      ["unshare --user true", false],
      ["setpriv --reuid=0 true", false],
      ["chown 0 /var/log/connscribe/file", false],
      [`${PYTHON} -I -c "${WRITE_MEMORY}"`, false],
      [`${PYTHON} -I -c "import socket; socket.socket(socket.AF_UNIX)"`, false],
    ];
    const script = attempts.map(([command]) => `(${command}) 2>/dev/null; echo $?`).join("\n");
    await using program = runner.start({
      unit: unitOf("systemd", "trace"),
      writable: { [LOG]: directory.path },
      command: ["/bin/sh", "-c", script],
    });
    const { stdout, stderr } = await program.ended();
    const codes = stdout.trim().split("\n").map(Number);
    assertEquals(codes.length, attempts.length, stderr);
    for (const [i, [command, permitted]] of attempts.entries()) {
      assertEquals(codes[i] === 0, permitted, `${command}: ${codes[i]}`);
    }
  },
);

sandboxTest(
  "the least-privilege unit sees processes in all namespaces, and starts no program",
  async () => {
    await using runner = await UnitRunner.create();
    const unit = unitOf("systemd-procfs", "proc");
    await using namespace = await NetworkNamespace.create();
    await using actor = await Actor.start({ prefix: namespace.prefix });
    await actor.ask({ do: "set_uid", uid: USER });
    const { local: [, port] } = await actor.socket({ do: "listen", name: "listener" });
    await using program = runner.start({
      unit,
      args: [
        "watch",
        "--from",
        "proc",
        "--procfs",
        BOUND_PROCFS,
        "--format",
        "ndjson",
        "--for",
        "1s",
      ],
    });
    const { code, stdout, stderr } = await program.ended();
    assertEquals(code, EXIT.ok, stderr);
    const records: EcsRecord[] = stdout.split("\n").slice(0, -1).map((line) => JSON.parse(line));
    const listeners = records.filter(({ destination }) => destination?.port === port);
    assertEquals(listeners.map(({ process }) => process?.pid), [actor.pid]);
    await using shell = runner.start({
      unit,
      command: ["/usr/bin/env", "/bin/sh", "-c", "echo run"],
    });
    const refused = await shell.ended();
    assertEquals(refused.stdout, "");
    assertMatch(refused.stderr, /Permission denied/);
  },
);

sandboxTest("the units write segments that only their user and group can read", async () => {
  await using runner = await UnitRunner.create();
  for (const [name, from] of [["systemd", "proc"], ["systemd-procfs", "proc"]] as const) {
    await using directory = new TempDir();
    await using program = runner.start({
      unit: unitOf(name, from),
      writable: { [LOG]: directory.path },
    });
    const segment = await eventually(() => {
      const names = [...Deno.readDirSync(directory.path)].map(({ name }) => name);
      return names.find((name) => /^connscribe-.*\.ndjson$/.test(name));
    }, `${name} has made no segment`);
    const path = `${directory.path}/${segment}`;
    await eventually(
      async () => (await Deno.readTextFile(path)).split("\n").length > 2 || undefined,
      `${name} has written no records`,
    );
    program.signal("SIGTERM");
    const { code, stderr } = await program.ended();
    assertEquals(code, EXIT.ok, stderr);
    assertEquals(((await Deno.stat(path)).mode ?? 0) & 0o777, 0o640);
  }
});

sandboxTest(
  "V8 does not start with MemoryDenyWriteExecute=, which is why the units lack it",
  async () => {
    await using runner = await UnitRunner.create();
    const unit = unitOf("systemd", "proc").replace(
      "\nUMask",
      "\nMemoryDenyWriteExecute=yes\nUMask",
    );
    await using program = runner.start({ unit, args: ["--version"] });
    const { code, signal, stdout } = await program.ended();
    assert(code !== 0 || signal !== null);
    assertEquals(stdout, "");
  },
);
