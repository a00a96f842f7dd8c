import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { ProcFs } from "../../lib/procfs/procfs.ts";
import { realSystem, type System } from "../../lib/system.ts";
import { Namespaces, splitTail } from "./namespaces.ts";

const encoder = new TextEncoder();

function texts(files: ReadonlyMap<string, Uint8Array | "denied">): Record<string, string> {
  const entries = [...files].map(([name, bytes]) => [
    name,
    bytes === "denied" ? bytes : new TextDecoder().decode(bytes),
  ]);
  return Object.fromEntries(entries);
}

/** What `tail -n +1 FILE...` prints: heads, and a blank line before each but the first. */
function tail(files: Record<string, string>): string {
  return Object.entries(files).map(([name, text]) => `==> /proc/net/${name} <==\n${text}`).join(
    "\n",
  );
}

Deno.test("splitTail gives back the files that tail has joined", () => {
  const printed = tail({ tcp: "  sl\n   0: x\n", tcp6: "  sl\n", "sctp/eps": " ENDPT\n" });
  assertEquals(texts(splitTail(encoder.encode(printed), "/proc/net/")), {
    tcp: "  sl\n   0: x\n",
    tcp6: "  sl\n",
    "sctp/eps": " ENDPT\n",
  });
});

Deno.test("splitTail gives back any files of rows, and never throws", () => {
  const row = fc.stringMatching(/^ [0-9A-F: ]{1,40}$/).map((text) => text.trimEnd() || "0");
  const file = fc.array(row, { minLength: 1, maxLength: 5 }).map((rows) => rows.join("\n") + "\n");
  const files = fc.dictionary(fc.stringMatching(/^[a-z][a-z0-9/]{0,8}$/), file, { minKeys: 1 });
  fc.assert(fc.property(files, (files) => {
    assertEquals(texts(splitTail(encoder.encode(tail(files)), "/proc/net/")), { ...files });
  }));
  fc.assert(fc.property(fc.uint8Array(), (bytes) => {
    splitTail(bytes, "/proc/net/");
  }));
});

interface FakeHost {
  readonly root: string;
  readonly entered: string[];
}

/** A host with two processes in one namespace, and one namespace that is mounted only. */
async function withHost(
  run: System["run"],
  test: (namespaces: Namespaces, host: FakeHost) => Promise<void>,
): Promise<void> {
  const root = await Deno.makeTempDir();
  try {
    for (const pid of ["self", "10", "20"]) {
      await Deno.mkdir(`${root}/${pid}/net`, { recursive: true });
      await Deno.mkdir(`${root}/${pid}/ns`);
      await Deno.symlink("net:[1]", `${root}/${pid}/ns/net`);
      await Deno.writeTextFile(`${root}/${pid}/net/tcp`, `  sl ${pid}\n`);
    }
    await Deno.writeTextFile(
      `${root}/self/mountinfo`,
      "50 30 0:4 net:[2] /run/netns/x rw shared:1 - nsfs nsfs rw\n",
    );
    const entered: string[] = [];
    const system: System = {
      ...realSystem(),
      run: (program, args) => {
        entered.push(args[0] ?? "");
        return run(program, args);
      },
    };
    await test(new Namespaces(system, new ProcFs(system, root)), { root, entered });
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

Deno.test("Namespaces reads each once: from a process, or by entering a mounted one", async () => {
  const stdout = encoder.encode(tail({ tcp: "  sl mounted\n" }));
  await withHost(
    () => Promise.resolve({ code: 1, stdout, stderr: "" }),
    async (namespaces, host) => {
      const { namespaces: found, unreadable, denied } = await namespaces.list([10, 20]);
      assertEquals([unreadable.length, denied], [0, 0]);
      const read = found.map(({ inode, read }) => [inode, texts(read() ?? new Map())]);
      assertEquals(read, [[1, { tcp: "  sl self\n" }], [2, { tcp: "  sl mounted\n" }]]);
      assertEquals(host.entered, ["--net=/run/netns/x"]);
    },
  );
});

Deno.test("Namespaces tells why a mounted one cannot be entered, and does not try again", async () => {
  const stderr = "nsenter: reassociate to namespace failed: Operation not permitted\nmore\n";
  const refused = { code: 1, stdout: new Uint8Array(), stderr };
  await withHost(() => Promise.resolve(refused), async (namespaces, host) => {
    for (let look = 0; look < 3; look++) {
      const { namespaces: found, unreadable } = await namespaces.list([10]);
      assertEquals(found.map(({ inode }) => inode), [1]);
      assertEquals(unreadable, [{ path: "/run/netns/x", reason: stderr.split("\n")[0] ?? "" }]);
    }
    assertEquals(host.entered.length, 1);
  });
});

Deno.test("Namespaces does not take tables of processes that have left the namespace", async () => {
  const nothing = { code: 1, stdout: new Uint8Array(), stderr: "x" };
  await withHost(() => Promise.resolve(nothing), async (namespaces, { root }) => {
    const { namespaces: [namespace] } = await namespaces.list([10, 20]);
    for (const pid of ["self", "10"]) {
      await Deno.remove(`${root}/${pid}/ns/net`);
      await Deno.symlink("net:[3]", `${root}/${pid}/ns/net`);
    }
    assertEquals(texts(namespace?.read() ?? new Map()), { tcp: "  sl 20\n" });
    await Deno.remove(`${root}/20`, { recursive: true });
    assertEquals(namespace?.read(), undefined);
  });
});
