/**
 * What the program uses, as Deno logs it (`DENO_AUDIT_PERMISSIONS`), is what is declared here and no
 * more; and with flags for no more than that it works. Only the source can be run so: the permissions
 * of a binary are compiled in.
 *
 * Deno 2.9.6 logs every access to a path as a read and as a write, and no `run` that is permitted. So
 * the log tells paths, names and kinds; what may be written and run, the flags of the last tests tell.
 * Whoever opens anything in /sys, as the collector `trace` does, must be given all permissions: of that
 * the log alone tells.
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { CHRT_PATHS } from "../../lib/real_time.ts";
import { SS_PATHS, STDBUF_PATHS } from "../../collectors/trace/bytes/programs.ts";
import { TRACEFS } from "../../collectors/trace/tracefs.ts";
import {
  COLLECTORS,
  CONNTRACK_PATHS,
  LITTLESNITCH_PATHS,
  NFT_PATHS,
  NSENTER_PATHS,
} from "../../collectors/registry.ts";
import { LIBC_PATHS } from "../../lib/libc.ts";
import { EXIT } from "../../lib/exit.ts";
import { Program, ROOT, TempDir } from "../program.ts";
import { missing, testUnless } from "../skip.ts";

/** What is used besides paths of the proc file system and the output. */
interface Declared {
  readonly env: readonly string[];
  readonly sys: readonly string[];
  readonly run: readonly string[];
  readonly read: readonly string[];
  /** Addresses; the ports are what the kernel gives. */
  readonly net: readonly string[];
  /** What more may be read and written. */
  readonly paths?: RegExp;
}

/** What main thread and worker use together. */
const DECLARED: Declared = {
  env: ["JOURNAL_STREAM", "NO_COLOR", "TERM"],
  // Of the disk that is written to, how much is free: the worker for files asks.
  sys: ["hostname", "statfs", "uid"],
  run: [...NSENTER_PATHS],
  read: ["/etc/machine-id", "/var/lib/dbus/machine-id", "/etc/passwd", "/proc/self/status"],
  net: [],
};

/** The same with the collector `trace`, and the thread that it starts. */
const DECLARED_TRACE: Declared = {
  ...DECLARED,
  // Where chrt is missing or may not, the priority is set with node:os.
  sys: [...DECLARED.sys, "setPriority"],
  run: [...DECLARED.run, ...SS_PATHS, ...STDBUF_PATHS, ...CHRT_PATHS],
  read: [
    ...DECLARED.read,
    "/proc/self",
    "/proc/thread-self/status",
    "/sys/devices/system/cpu/online",
    "/sys/kernel/security/lockdown",
  ],
  // For a connection of its own, to see whether the trace shows it.
  net: ["127.0.0.1", "[::1]"],
  // Of the kernel's trace whether it is there, and what is in instances of its own.
  paths: new RegExp(
    String.raw`^/sys/kernel/(?:debug/)?tracing(?:` +
      String.raw`/trace_clock|/events/sock/inet_sock_set_state/format|` +
      String.raw`/instances(?:/connscribe-\d+-\d+(?:-exec)?(?:/[\w/]+)?)?)?$`,
  ),
};

interface Access {
  readonly permission: string;
  readonly value: string | null;
}

/** Runs connscribe's source with these flags of Deno; returns what was logged. */
async function audited(
  flags: readonly string[],
  args: readonly string[],
): Promise<{ accesses: Access[]; stdout: string }> {
  await using directory = new TempDir();
  const log = `${directory.path}/audit.jsonl`;
  const words = [Deno.execPath(), "run", "-q", "--no-prompt", ...flags, `${ROOT}main.ts`, ...args];
  await using program = new Program(words, { env: { DENO_AUDIT_PERMISSIONS: log } });
  const { code, stdout, stderr } = await program.ended();
  assertEquals(code, EXIT.ok, stderr);
  const lines = (await Deno.readTextFile(log)).split("\n").filter((line) => line !== "");
  return { accesses: lines.map((line) => JSON.parse(line)), stdout };
}

/** Asserts that nothing was used but what is declared; paths must match `paths`. */
function assertDeclared(
  accesses: readonly Access[],
  paths: RegExp,
  declared: Declared = DECLARED,
): void {
  for (const { permission, value } of accesses) {
    // Workers are made and permissions given up without a value.
    if (value === null) continue;
    const what = `${permission} ${value}`;
    switch (permission) {
      case "read":
      case "write": {
        const isSource = value.replace(/^file:\/\//, "").startsWith(ROOT) && value.endsWith(".ts");
        const isNamed = declared.read.includes(value) || declared.paths?.test(value);
        assert(isSource || isNamed || paths.test(value), what);
        break;
      }
      case "net":
        assert(declared.net.includes(value.replace(/:\d+$/, "")), what);
        break;
      case "env":
      case "sys":
      case "run":
        assert(declared[permission].includes(value), what);
        break;
      default:
        throw new Error(`${what} is not declared`);
    }
  }
}

/** Asserts that a run that looks at this host uses these paths, and nothing that is not declared. */
async function assertUses(
  args: readonly string[],
  paths: readonly string[],
  declared: Declared,
): Promise<void> {
  await using directory = new TempDir();
  const out = `${directory.path}/out`;
  const { accesses } = await audited(["-A"], [...args, "--out", out]);
  const used = new Set(accesses.map(({ value }) => value));
  for (const path of [...paths, "/etc/machine-id", out]) assert(used.has(path), path);
  const process =
    /^\/proc\/\d+(?:\/(?:stat|status|cmdline|cgroup|exe|fd(?:\/\d+)?|ns\/net|net\/.*))$/;
  const host = /^\/proc(?:\/(?:stat|sys\/kernel\/random\/boot_id|self\/(?:auxv|mountinfo)))?$/;
  const self = /^\/proc\/self\/(?:ns\/net|net\/[a-z0-9_/]+)$/;
  const patterns = [process, host, self].map(({ source }) => source);
  const files = `^${directory.path}(?:/out)?$`;
  assertDeclared(accesses, new RegExp([...patterns, files].join("|")), declared);
}

for (const args of [["snapshot"], ["watch", "--interval", "200ms", "--for", "2s"]]) {
  Deno.test(`${args[0]} --from proc uses what is declared, and nothing else`, async () => {
    await assertUses([...args, "--from", "proc"], ["/proc/self/net/tcp"], DECLARED);
  });
}

testUnless(
  Deno.uid() === 0 ? missing([`${TRACEFS}/trace_clock`]) : "needs root",
  "watch --from trace uses what is declared, and nothing else",
  async () => {
    const paths = ["/proc/self/net/tcp", "/proc/thread-self/status", `${TRACEFS}/instances`];
    await assertUses(["watch", "--from", "trace", "--for", "3s"], paths, DECLARED_TRACE);
  },
);

/** The flags that a run over another proc file system needs, and no more. */
function flagsFor(procfs: string, out: string): string[] {
  // Before it appends, it looks whether the last line of the file is whole; and how much of the disk is free.
  const read = [procfs, ROOT, out.slice(0, out.lastIndexOf("/")), ...DECLARED.read];
  return [
    `--allow-read=${read.join()}`,
    `--allow-write=${out}`,
    `--allow-env=${DECLARED.env.join()}`,
    `--allow-sys=${DECLARED.sys.join()}`,
  ];
}

for (const command of ["snapshot", "watch"]) {
  Deno.test(`${command} --procfs works with the declared permissions alone`, async () => {
    await using directory = new TempDir();
    const procfs = `${ROOT}fixtures/proc`;
    const out = `${directory.path}/out`;
    const args = [command, "--procfs", procfs, "--format", "csv", "--out", out];
    const more = command === "watch" ? ["--for", "2s"] : [];
    const { accesses } = await audited(flagsFor(procfs, out), [...args, ...more]);
    assertDeclared(accesses, new RegExp(`^${procfs}(?:/|$)|^${directory.path}(?:/out)?$`));
    assertMatch(await Deno.readTextFile(out), /^time,.*\r\n.*python3/s);
  });
}

/** What the worker of each collector may do where the proc file system is mounted at /other. */
const WORKERS: Readonly<Record<string, Deno.PermissionOptions>> = {
  // Deno asks for all permissions for anything in /sys, and its helper thread opens that too.
  trace: "inherit",
  proc: { read: ["/other", "/etc/passwd"] },
  conntrack: {
    read: ["/other", "/etc/passwd"],
    run: [...CONNTRACK_PATHS, ...NFT_PATHS],
    net: ["127.0.0.1", "[::1]"],
    ffi: [...LIBC_PATHS],
  },
  littlesnitch: { run: [...LITTLESNITCH_PATHS], env: ["TZ"] },
  files: { read: [] },
};

Deno.test("the registry names what is declared here, collector by collector", () => {
  const named = COLLECTORS.map((row) => [row.name, row.permissions({ procfs: "/other" })]);
  assertEquals(Object.fromEntries(named), WORKERS);
});

/** Flags that let the main thread do no more once it has given up what it does not need. */
const KEEPS: readonly (readonly [args: string[], isWritten: boolean])[] = [
  [["watch", "--out", "x"], true],
  [["watch", "--out", "s/"], true],
  [["watch"], false],
  [["snapshot", "--out", "x"], false],
];

for (const [args, keeps] of KEEPS) {
  const what = keeps ? "goes on to read and write, and no more" : "keeps no permission";
  Deno.test(`the main thread of "${args.join(" ")}" ${what}`, async () => {
    await using directory = new TempDir();
    const procfs = `${ROOT}fixtures/proc`;
    const { stdout } = await heldAfter(
      [...args, "--procfs", procfs, "--from", "proc"],
      directory.path,
    );
    assertEquals(stdout.trim().split("\n").at(-1), keeps ? "held read write" : "held");
  });
}

/** Runs connscribe, and then says what the main thread still may. */
async function heldAfter(args: readonly string[], cwd: string): Promise<{ stdout: string }> {
  const program = `${ROOT}tests/permissions/held.ts`;
  const words = [Deno.execPath(), "run", "-q", "--no-prompt", "-A", program, ...args];
  if (args[0] === "watch") words.push("--for", "1s");
  await using running = new Program(words, { cwd });
  const { code, stdout, stderr } = await running.ended();
  assertEquals(code, EXIT.ok, stderr);
  return { stdout };
}
