/** From inside: what the registry and `dropPermissions` do not name is refused. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { COLLECTORS } from "../../collectors/registry.ts";
import { PERMISSION_NAMES } from "../../lib/permissions.ts";
import { FakeProcfs } from "../fake_procfs.ts";
import { ROOT, runOther, TempDir, within } from "../program.ts";
import { missing } from "../skip.ts";
import { ATTEMPTS } from "./attempts.ts";

/** What is tried over loopback, which a row may name. */
const LOOPBACK = ["connect to the network", "listen on the network"];

/** Asserts that every attempt was refused by Deno, not by something else; but for those named. */
function assertAllRefused(
  results: Record<string, string>,
  permitted: readonly string[] = [],
): void {
  const tried = Object.entries(results).filter(([name]) => !permitted.includes(name));
  const refused = Object.keys(ATTEMPTS).filter((name) => !permitted.includes(name));
  assertEquals(
    Object.fromEntries(tried),
    Object.fromEntries(refused.map((name) => [name, "refused"])),
  );
}

/** Paths of all files below a directory that are entries of workers, but for those of tests. */
async function workerFiles(directory: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(ROOT + directory)) {
    const path = `${directory}/${name}`;
    if (isDirectory) found.push(...await workerFiles(path));
    else if (/_worker\.ts$/.test(name) && !name.includes("_test_")) found.push(path);
  }
  return found;
}

Deno.test("deno.json compiles in every worker of the registry, and no file that is not there", async () => {
  const config: { compile?: { include?: string[] } } = JSON.parse(
    await Deno.readTextFile(`${ROOT}deno.json`),
  );
  const included = config.compile?.include ?? [];
  for (const { worker, helpers = [] } of COLLECTORS) {
    for (const file of [worker, ...helpers]) assert(included.includes(`collectors/${file}`), file);
  }
  // `compile` does not follow `new Worker`: without this a binary would look for them in /tmp.
  const files = [...await workerFiles("collectors"), ...await workerFiles("lib/sinks")];
  assertEquals(included.toSorted(), files.toSorted());
});

/**
 * Rows that are given everything wherever the proc file system is, so that there is nothing to refuse:
 * Deno asks for all permissions for anything in /sys. Of proc and conntrack that is true of /proc itself
 * alone.
 */
const OPENS_SYS: readonly string[] = ["trace"];

Deno.test("no row but those that open /sys is given everything over another proc file system", () => {
  const unlimited = COLLECTORS.filter((row) => row.permissions({ procfs: "/other" }) === "inherit");
  assertEquals(unlimited.map(({ name }) => name), OPENS_SYS);
  for (const { needs } of unlimited) assertMatch(needs, /^all permissions, .*\/sys/);
});

Deno.test("a worker may not open /sys with less than all permissions", async () => {
  const source = `postMessage(await Deno.readFile("/sys/devices/system/cpu/online")
    .then(() => "done", (error) => error.name + ": " + error.message))`;
  const asked = async (permissions: Deno.PermissionOptions): Promise<string> => {
    const worker = new Worker(`data:text/javascript,${encodeURIComponent(source)}`, {
      type: "module",
      deno: { permissions },
    });
    try {
      const answer = new Promise<string>((resolve) =>
        worker.onmessage = ({ data }) => resolve(data)
      );
      return await within(10_000, answer, () => "the worker does not answer");
    } finally {
      worker.terminate();
    }
  };
  assertMatch(
    await asked({ read: true, write: true, run: true, net: true }),
    /^NotCapable: .*--allow-all/,
  );
  assertEquals(await asked("inherit"), "done");
});

for (const row of COLLECTORS.filter(({ name }) => !OPENS_SYS.includes(name))) {
  Deno.test(`a worker with the permissions of ${row.name} is refused what its row does not name`, async () => {
    await using directory = new TempDir();
    const { root } = new FakeProcfs(directory.path);
    const input = `${root}/stat`;
    const permissions = row.permissions({
      procfs: root,
      littlesnitch: { input },
      files: { inputs: [input] },
    });
    const programs = typeof permissions === "object" && Array.isArray(permissions.run)
      ? permissions.run
      : [];
    const program = programs.find((path) => missing([String(path)]) === undefined);
    const worker = new Worker(new URL("./intruder_worker.ts", import.meta.url), {
      type: "module",
      deno: { permissions },
    });
    try {
      const answer = new Promise<{ data: Record<string, Record<string, string>> }>(
        (resolve, reject) => {
          worker.onmessage = resolve;
          worker.onerror = (event) => {
            event.preventDefault();
            reject(new Error(event.message));
          };
        },
      );
      const paths = row.readsInput ? [input] : [input, "/etc/passwd"];
      worker.postMessage({ paths, program: program && String(program) });
      const { data } = await within(10_000, answer, () => "the worker does not answer");
      const named = (program === undefined ? paths : [...paths, String(program)]).map((
        name,
      ) => [name, "done"]);
      assertEquals(data["allowed"], Object.fromEntries(named));
      const loopback = typeof permissions === "object" && Array.isArray(permissions.net);
      assertAllRefused(data["refused"] ?? {}, loopback ? LOOPBACK : []);
    } finally {
      worker.terminate();
    }
  });
}

Deno.test("a main thread that has dropped its permissions is refused everything, for good", async () => {
  await using directory = new TempDir();
  const out = `${directory.path}/out`;
  const script = new URL("./dropped.ts", import.meta.url).pathname;
  await runOther([Deno.execPath(), "run", "-q", "--no-prompt", "-A", script, out]);
  const results = JSON.parse(await Deno.readTextFile(out));
  assertEquals(results.before, [...PERMISSION_NAMES]);
  assertEquals(results.after, []);
  assertEquals(results.regained, "denied");
  assertAllRefused(results.refused);
});

Deno.test("the attempts succeed, or fail for another reason, where everything is permitted", async () => {
  const { attemptAll } = await import("./attempts.ts");
  for (const [name, result] of Object.entries(await attemptAll())) {
    assert(result !== "refused", name);
  }
  Deno.env.delete("CONNSCRIBE_TEST");
});
