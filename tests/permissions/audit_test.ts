/**
 * What the program uses, as Deno logs it (`DENO_AUDIT_PERMISSIONS`), is what is declared here and no
 * more; and with flags for no more than that it works. Only the source can be run so: the permissions
 * of a binary are compiled in.
 *
 * Deno 2.9.6 logs every access to a path as a read and as a write, and no `run` that is permitted. So
 * the log tells paths, names and kinds; what may be written and run, the flags of the last tests tell.
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import {
  COLLECTORS,
  CONNTRACK_PATHS,
  LIBC_PATHS,
  NFT_PATHS,
  NSENTER_PATHS,
} from "../../collectors/registry.ts";
import { EXIT } from "../../lib/exit.ts";
import { Program, ROOT, TempDir } from "../program.ts";

/** What main thread and worker use together, but for paths of the proc file system and the output. */
const DECLARED = {
  env: ["JOURNAL_STREAM", "NO_COLOR", "TERM"],
  sys: ["hostname", "uid"],
  run: [...NSENTER_PATHS],
  read: ["/etc/machine-id", "/var/lib/dbus/machine-id", "/etc/passwd"],
} as const;

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
function assertDeclared(accesses: readonly Access[], paths: RegExp): void {
  for (const { permission, value } of accesses) {
    // Workers are made and permissions given up without a value.
    if (value === null) continue;
    const what = `${permission} ${value}`;
    switch (permission) {
      case "read":
      case "write": {
        const isSource = value.replace(/^file:\/\//, "").startsWith(ROOT) && value.endsWith(".ts");
        const isNamed = DECLARED.read.some((path) => path === value);
        assert(isSource || isNamed || paths.test(value), what);
        break;
      }
      case "env":
      case "sys":
      case "run":
        assert(DECLARED[permission].some((name) => name === value), what);
        break;
      default:
        throw new Error(`${what} is not declared`);
    }
  }
}

for (const args of [["snapshot"], ["watch", "--interval", "200ms", "--for", "500ms"]]) {
  Deno.test(`${args[0]} uses what is declared, and nothing else`, async () => {
    await using directory = new TempDir();
    const out = `${directory.path}/out`;
    const { accesses } = await audited(["-A"], [...args, "--out", out]);
    const used = new Set(accesses.map(({ value }) => value));
    for (const path of ["/proc/self/net/tcp", "/etc/machine-id", out]) assert(used.has(path), path);
    const process =
      /^\/proc\/\d+(?:\/(?:stat|status|cmdline|cgroup|exe|fd(?:\/\d+)?|ns\/net|net\/.*))$/;
    const host = /^\/proc(?:\/(?:stat|sys\/kernel\/random\/boot_id|self\/(?:auxv|mountinfo)))?$/;
    const self = /^\/proc\/self\/(?:ns\/net|net\/[a-z0-9/]+)$/;
    const patterns = [process, host, self].map(({ source }) => source);
    assertDeclared(accesses, new RegExp([...patterns, `^${out}$`].join("|")));
  });
}

/** The flags that a run over another proc file system needs, and no more. */
function flagsFor(procfs: string, out: string): string[] {
  // Before it appends, it looks whether the last line of the file is whole.
  const read = [procfs, ROOT, out, ...DECLARED.read];
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
    const more = command === "watch" ? ["--for", "500ms"] : [];
    const { accesses } = await audited(flagsFor(procfs, out), [...args, ...more]);
    assertDeclared(accesses, new RegExp(`^${procfs}(?:/|$)|^${out}$`));
    assertMatch(await Deno.readTextFile(out), /^time,.*\r\n.*python3/s);
  });
}

/** What the worker of each collector may do where the proc file system is mounted at /other. */
const WORKERS: Readonly<Record<string, Deno.PermissionOptions>> = {
  proc: { read: ["/other", "/etc/passwd"] },
  conntrack: {
    read: ["/other", "/etc/passwd"],
    run: [...CONNTRACK_PATHS, ...NFT_PATHS],
    net: ["127.0.0.1", "[::1]"],
    ffi: [...LIBC_PATHS],
  },
};

Deno.test("the registry names what is declared here, collector by collector", () => {
  const named = COLLECTORS.map((row) => [row.name, row.permissions({ procfs: "/other" })]);
  assertEquals(Object.fromEntries(named), WORKERS);
});
