// What is in fixtures/proc stands in procfs_test.ts.
import { assert, assertEquals, assertNotEquals } from "@std/assert";
import type { ProcessIdentity } from "../connection.ts";
import { entityId } from "../id.ts";
import { realSystem, type System } from "../system.ts";
import {
  type ProcessContext,
  ProcessReader,
  readProcess,
  startTicks,
  startTime,
} from "./process.ts";
import { ProcFs } from "./procfs.ts";

const ROOT = new URL("../../fixtures/proc", import.meta.url).pathname;
const BOOT_ID = "0c9b1f5e-3f39-4d6c-9e3e-2f1d7a5b8c44";
const BOOT_TIME = 1795226763;
const WEB = "/user.slice/user-1000.slice/user@1000.service/app.slice/web.service";
const system = realSystem();
const encoder = new TextEncoder();

function context(): ProcessContext {
  return {
    hostId: "host",
    bootId: BOOT_ID,
    bootTime: BOOT_TIME,
    clockTicks: 100,
    users: new Map([[0, "root"], [1000, "u"]]),
    parents: new Map(),
  };
}

function start(ticks: number): number {
  return BOOT_TIME * 1e6 + ticks * 1e4;
}

/** Reads from the fixtures through a system of which some calls are replaced. */
function read(pid: number, replaced: Partial<System> = {}) {
  return readProcess(new ProcFs({ ...system, ...replaced }, ROOT), pid, context());
}

/** Reads from the fixtures, where the stat of process 612 is a different text at each reading. */
function readWithStats(...stats: string[]) {
  let reading = 0;
  const result = read(612, {
    readFile: (path) =>
      path === `${ROOT}/612/stat`
        ? encoder.encode(stats[Math.min(reading++, stats.length - 1)] ?? "")
        : system.readFile(path),
  });
  return { result, reading };
}

function stat(comm: string, ticks: number): string {
  return `612 (${comm}) S 1 ${"0 ".repeat(17)}${ticks} 0\n`;
}

function identity(result: ReturnType<typeof read>): ProcessIdentity {
  assert(typeof result !== "string", String(result));
  return result;
}

Deno.test("readProcess puts together all that is known of a process", () => {
  assertEquals(read(641), {
    pid: 641,
    start: start(24900),
    name: "python3",
    executable: "/usr/bin/python3.11 (deleted)",
    commandLine: ["/usr/bin/python3", "/srv/web/app.py", "--title", ""],
    uid: 1000,
    gid: 1000,
    user: "u",
    parent: {
      pid: 640,
      start: start(24801),
      name: "python3",
      executable: "/usr/bin/python3.11 (deleted)",
      entityId: entityId("host", BOOT_ID, 640, 24801),
    },
    cgroup: WEB,
    unit: "user@1000.service",
    userUnit: "web.service",
    netns: 4026531840,
    entityId: entityId("host", BOOT_ID, 641, 24900),
  });
});

Deno.test("readProcess leaves out what is not there", () => {
  assertEquals(read(2), {
    pid: 2,
    start: start(9),
    name: "kthreadd",
    uid: 0,
    gid: 0,
    user: "root",
    cgroup: "/",
    netns: 4026531840,
    entityId: entityId("host", BOOT_ID, 2, 9),
  });
  const zombie = identity(read(661));
  assertEquals([zombie.executable, zombie.commandLine, zombie.netns], [
    undefined,
    undefined,
    undefined,
  ]);
  assertEquals([zombie.name, zombie.unit, zombie.parent?.pid], ["sh", "zz.scope", 640]);
  assertEquals(read(670), "gone");
  assertEquals(read(999), "gone");
});

Deno.test("readProcess keeps names and arguments as they are, whatever they hold", () => {
  const deceiver = identity(read(655));
  assertEquals(deceiver.name, "a) S 1 (b\n\tc");
  assertEquals(deceiver.executable, "/home/u/a) S 1 (b\n\tc");
  assertEquals(deceiver.commandLine, ["./a) S 1 (b\n\tc", "first line\nsecond line"]);
  assertEquals([deceiver.unit, deceiver.parent?.name], ["session-2.scope", "sshd"]);
  const long = identity(read(680));
  assertEquals(long.name, "a-very-long-process-name");
  assertEquals(long.commandLine?.[1], "--name=\ufffd\ufffd");
  assertEquals(long.unit, "probe@a\\x2db.service");
  const contained = identity(read(660));
  assertEquals(contained.commandLine, ["nginx: worker process                    "]);
  assertEquals(contained.containerId?.length, 64);
  assertEquals([contained.netns, contained.uid, contained.user], [4026532246, 33, undefined]);
});

Deno.test("readProcess cuts a long command line and says how long it was", () => {
  const argv = encoder.encode("x\0".repeat(500_000));
  const { commandLine, commandLineBytes } = identity(read(640, {
    readFile: (path) => path.endsWith("/cmdline") ? argv : system.readFile(path),
  }));
  assertEquals([commandLine?.join("\0").length, commandLineBytes], [4096, 1_000_000]);
  assertEquals(identity(read(640)).commandLineBytes, undefined);
});

Deno.test("readProcess reads again when the pid was given away meanwhile", () => {
  const [before, after] = [stat("sshd", 1201), stat("sshd", 9999)];
  const reused = readWithStats(before, after, after, after);
  assertEquals(reused.reading, 4);
  assertEquals(identity(reused.result).start, start(9999));
  assertEquals(readWithStats(before, after, before, after).result, "gone");
});

Deno.test("readProcess reads again when the process has executed another program meanwhile", () => {
  const [before, after] = [stat("sh", 1201), stat("curl", 1201)];
  const executed = readWithStats(before, after, after, after);
  assertEquals([executed.reading, identity(executed.result).name], [4, "curl"]);
  const restless = readWithStats(before, after, before, after);
  assertEquals([restless.reading, identity(restless.result).name], [4, "sh"]);
});

Deno.test("readProcess takes a process that is gone or malformed at the end as gone", () => {
  assertEquals(readWithStats(stat("sshd", 1201), "").result, "gone");
  assertEquals(readWithStats("612 (sshd) S").result, "gone");
});

Deno.test("readProcess leaves out what may not be read, and is denied without stat", () => {
  const deny = (path: string): never => {
    throw new Deno.errors.PermissionDenied(path);
  };
  const partial = identity(read(640, {
    readFile: (path) => path.endsWith("/stat") ? system.readFile(path) : deny(path),
    readLink: deny,
  }));
  assertEquals(Object.keys(partial).sort(), ["entityId", "name", "parent", "pid", "start"]);
  assertEquals(partial.parent?.name, "systemd");
  assertEquals(read(640, { readFile: deny }), "denied");
});

Deno.test("readProcess does not take a later process for the parent", () => {
  // Process 640 started at tick 24801: it cannot be the parent of one that started before.
  const older = `612 (sshd) S 640 ${"0 ".repeat(17)}1201 0\n`;
  assertEquals(identity(readWithStats(older).result).parent, { pid: 640 });
  const orphan = `612 (sshd) S 999 ${"0 ".repeat(17)}1201 0\n`;
  assertEquals(identity(readWithStats(orphan).result).parent, { pid: 999 });
  const parentless = `612 (sshd) S 0 ${"0 ".repeat(17)}1201 0\n`;
  assertEquals(identity(readWithStats(parentless).result).parent, undefined);
});

Deno.test("ProcessReader reads a process once in a session, and anew in the next one", () => {
  let readings = 0;
  const counted: System = {
    ...system,
    readFile: (path) => {
      if (path === `${ROOT}/640/cmdline`) readings++;
      if (path === "/etc/passwd") return encoder.encode("web:x:1000:1000::/:/bin/sh\n");
      return system.readFile(path);
    },
  };
  const reader = new ProcessReader(new ProcFs(counted, ROOT), counted, "host");
  const session = reader.session();
  const first = identity(session.read(640));
  assertEquals(session.read(640), first);
  assertEquals([readings, first.user, first.start], [1, "web", start(24801)]);
  assertEquals(first.entityId, entityId("host", BOOT_ID, 640, 24801));
  assertEquals(session.read(999), "gone");
  assertEquals(reader.session().read(640), first);
  assertEquals(readings, 2);
});

Deno.test("ProcessReader does without user names, but not without the boot time", () => {
  const without = (missing: string): System => ({
    ...system,
    readFile: (path) => {
      if (path === missing) throw new Deno.errors.NotFound(path);
      return system.readFile(path);
    },
  });
  const nameless = without("/etc/passwd");
  const reader = new ProcessReader(new ProcFs(nameless, ROOT), nameless, "host");
  assertEquals(identity(reader.session().read(640)).user, undefined);
  const timeless = without(`${ROOT}/stat`);
  const session = new ProcessReader(new ProcFs(timeless, ROOT), timeless, "host").session();
  assertEquals(session.read(640), "denied");
});

Deno.test("startTicks gives back what startTime was given, whatever the tick", () => {
  for (const clockTicks of [100, 250, 1024]) {
    const clock = { bootTime: BOOT_TIME, clockTicks };
    for (const ticks of [0, 1, 24801, 123_456_789]) {
      assertEquals(startTicks(startTime(ticks, clock), clock), ticks);
    }
  }
  assertEquals(startTime(24801, { bootTime: BOOT_TIME, clockTicks: 100 }), start(24801));
});

Deno.test({
  name: "readProcess identifies a live process with a deceiving name",
  ignore: Deno.build.os !== "linux",
  async fn() {
    const directory = await Deno.makeTempDir();
    const program = `${directory}/a) S 1 (b\n\tc`;
    await Deno.copyFile("/bin/sleep", program);
    const child = new Deno.Command(program, { args: ["100"] }).spawn();
    try {
      const procfs = new ProcFs(system, "/proc");
      const reader = new ProcessReader(procfs, system, "host");
      const found = identity(reader.session().read(child.pid));
      assertEquals(found.name, "a) S 1 (b\n\tc");
      assertEquals(found.executable, program);
      assertEquals(found.commandLine, [program, "100"]);
      assertEquals([found.uid, found.parent?.pid], [Deno.uid() ?? undefined, Deno.pid]);
      assert(Math.abs(found.start - system.now()) < 60e6, "started within the last minute");
      assertNotEquals(found.entityId, found.parent?.entityId);
    } finally {
      child.kill("SIGKILL");
      await child.status;
      await Deno.remove(directory, { recursive: true });
    }
  },
});
