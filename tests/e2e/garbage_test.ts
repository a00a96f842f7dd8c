/** A proc file system that is truncated, garbled or vanishing: no crash, and every row accounted for. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { EXIT } from "../../lib/exit.ts";
import { FakeProcfs, FIRST_NETNS, socketTable } from "../fake_procfs.ts";
import { accountOf } from "../ledger.ts";
import { run, start, TempDir } from "../program.ts";
import {
  pythonTest,
  readBack,
  RECORD_FORMATS,
  type Row,
  snapshot,
  snapshots,
} from "../read_back.ts";

const LISTENER = { local: ["192.0.2.1", 80], state: 10, inode: 11 } as const;
const CLIENT = {
  local: ["192.0.2.1", 40000],
  remote: ["198.51.100.1", 443],
  state: 1,
  inode: 12,
} as const;

/** A small host: one process with one listener and one connection. */
function smallHost(root: string): FakeProcfs {
  const procfs = new FakeProcfs(root);
  procfs.addNamespace(FIRST_NETNS, { tcp: [LISTENER, CLIENT] });
  procfs.addProcess({ pid: 100, ppid: 0, comm: "worker", sockets: [11, 12] });
  return procfs;
}

/** The process names of all records, in every format. */
function namesOf(rows: readonly Row[]): (string | null)[] {
  return rows.map(({ name }) => name);
}

/** Snapshots with `--verbose`; asserts that the account of the records adds up, and returns it. */
async function account(root: string): Promise<{ malformed: number; rows: Row[] }> {
  const args = ["snapshot", "--procfs", root, "--format", "ndjson", "--verbose"];
  const { code, stdout, stderr } = await run(args);
  assertEquals(code, EXIT.ok, stderr);
  const rows = await readBack("ndjson", stdout);
  const { emitted, reason } = accountOf(stderr);
  assertEquals(emitted, rows.length);
  return { malformed: reason("malformed"), rows };
}

pythonTest(
  "rows that are cut or garbled are counted as malformed, the others are emitted",
  async () => {
    await using directory = new TempDir();
    const procfs = smallHost(directory.path);
    const [header = "", listener = "", client = ""] = socketTable([LISTENER, CLIENT]).split("\n");
    const bad = [
      "",
      client.slice(0, 40),
      "   7: zz",
      "\0\0\0\0",
      "é".repeat(100),
      client.slice(0, -40),
    ]
      .filter((row) => row !== "");
    const rows = [header, ...bad, listener, client.replace("01BB", "01Bß")];
    procfs.write(`namespaces/${FIRST_NETNS}/tcp`, rows.join("\n") + "\n");
    const { malformed, rows: found } = await account(procfs.root);
    assertEquals(found.length, 1);
    assertEquals(malformed, bad.length + 1);
  },
);

pythonTest("tables of any bytes crash nothing", async () => {
  await using directory = new TempDir();
  const procfs = smallHost(directory.path);
  const bytes = new Uint8Array(60_000);
  for (const [index] of bytes.entries()) bytes[index] = (index * 7919 + (index >> 5) * 31) & 255;
  for (const name of ["tcp6", "udp", "udp6", "udplite", "raw", "raw6", "icmp", "icmp6"]) {
    procfs.write(`namespaces/${FIRST_NETNS}/${name}`, bytes);
  }
  procfs.write(`namespaces/${FIRST_NETNS}/sctp/eps`, bytes);
  procfs.write(`namespaces/${FIRST_NETNS}/sctp/assocs`, bytes);
  const { malformed, rows } = await account(procfs.root);
  assert(malformed > 0);
  assertEquals(namesOf(rows), ["worker", "worker"]);
});

pythonTest(
  "processes whose files are empty, garbled or gone do not hide the others",
  async () => {
    await using directory = new TempDir();
    const procfs = smallHost(directory.path);
    const garbage = new Uint8Array([0xff, 0xfe, 0, 10, 0x28, 0x29, 0xc3, 0x28, 0x1b, 0x5b]);
    for (const [index, content] of ["", garbage, "1 (x"].entries()) {
      const pid = 200 + index;
      for (const file of ["stat", "status", "cmdline", "cgroup", "comm"]) {
        procfs.write(`${pid}/${file}`, content);
      }
    }
    procfs.addProcess({ pid: 300, comm: "no-stat", sockets: [21] });
    await Deno.remove(`${procfs.root}/300/stat`);
    procfs.addProcess({ pid: 301, comm: "no-status" });
    await Deno.remove(`${procfs.root}/301/status`);
    procfs.addProcess({ pid: 302, comm: "odd-links" });
    for (
      const [fd, target] of ["socket:[", "socket:[x]", "socket:[99999999999999999999]"].entries()
    ) {
      await Deno.symlink(target, `${procfs.root}/302/fd/${fd + 10}`);
    }
    await Deno.mkdir(`${procfs.root}/400`);
    await Deno.mkdir(`${procfs.root}/99999999999999999999`);
    await Deno.writeTextFile(`${procfs.root}/401`, "a file, not a process");
    for (const { rows } of await snapshots(["--procfs", procfs.root])) {
      assertEquals(namesOf(rows), ["worker", "worker"]);
    }
  },
);

pythonTest("a socket whose process cannot be read has none, with a reason", async () => {
  await using directory = new TempDir();
  const procfs = smallHost(directory.path);
  procfs.write("100/stat", "100 (worker");
  for (const { format, rows } of await snapshots(["--procfs", procfs.root])) {
    assertEquals(rows.map(({ pid }) => pid), [null, null]);
    if (format !== "csv") continue;
    for (const { whole } of rows) {
      assertEquals(whole?.["attribution"], "none");
      assert(whole?.["attribution_reason"]);
    }
  }
});

pythonTest("an argv of 1 MB is cut, its length kept, in every format", async () => {
  await using directory = new TempDir();
  const procfs = smallHost(directory.path);
  const argv = new TextEncoder().encode(`worker\0${"é,\"'\n".repeat(180_000)}\0`);
  assert(argv.length > 1e6);
  procfs.write("100/cmdline", argv);
  for (const { format, rows, stdout } of await snapshots(["--procfs", procfs.root])) {
    assertEquals(namesOf(rows), ["worker", "worker"]);
    // Each character may be escaped, up to six times as long.
    assert(stdout.length < 2 * 6 * 4096 + 4000, `${format}: ${stdout.length}`);
    for (const { whole } of format === "ndjson" ? rows : []) {
      assertStringIncludes(JSON.stringify(whole), String(argv.length));
    }
    if (format === "lognet") continue;
    for (const row of rows) {
      assertEquals(row.argv[0], "worker");
      assert(row.argv[1]?.startsWith("é,\"'\n"), format);
    }
  }
});

pythonTest("names and arguments that are not UTF-8 break no format", async () => {
  await using directory = new TempDir();
  const procfs = smallHost(directory.path);
  const zeros = new Array(40).fill("0");
  zeros[17] = "777";
  const encoder = new TextEncoder();
  const stat = [
    ...encoder.encode("100 ("),
    0xff,
    0x1b,
    0x5b,
    0x0a,
    0x22,
    0x2c,
    0x29,
    0xc3,
    ...encoder.encode(`) S 0 ${zeros.join(" ")}\n`),
  ];
  procfs.write("100/stat", new Uint8Array(stat));
  procfs.write("100/cmdline", new Uint8Array([0xff, 0xfe, 0x0a, 0, 0xe2, 0x80, 0xa8, 0, 0x80]));
  for (const { format, stdout, rows } of await snapshots(["--procfs", procfs.root])) {
    assertEquals(namesOf(rows), Array(2).fill('\ufffd\x1b[\n",)\ufffd'), format);
    // No control character but the line breaks.
    // deno-lint-ignore no-control-regex
    assert(!/[\x00-\x09\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028]/.test(stdout), format);
  }
});

pythonTest("snapshot survives a proc file system that vanishes under it", async () => {
  await using directory = new TempDir();
  const procfs = smallHost(directory.path);
  for (let pid = 1000; pid < 1300; pid++) procfs.addProcess({ pid, comm: "short", sockets: [pid] });
  const running = run(["snapshot", "--procfs", procfs.root, "--format", "ndjson"]);
  for (let pid = 1000; pid < 1300; pid++) {
    await Deno.remove(`${procfs.root}/${pid}`, { recursive: true });
  }
  const { code, stdout, stderr } = await running;
  assertEquals({ code, stderr }, { code: EXIT.ok, stderr: "" });
  assertEquals((await readBack("ndjson", stdout)).length, 2);
});

pythonTest(
  "watch goes on when the whole proc file system is gone, and reports what returns",
  async () => {
    await using directory = new TempDir();
    const procfs = smallHost(directory.path);
    await using program = start(["watch", "--procfs", procfs.root, "-i", "200ms", "-f", "ndjson"]);
    await program.line((line) => line.includes('"worker"'), "the first record");
    await Deno.rename(`${directory.path}/100`, `${directory.path}/hidden`);
    await Deno.rename(`${directory.path}/namespaces`, `${directory.path}/hidden-namespaces`);
    await new Promise((resolve) => setTimeout(resolve, 500));
    const more = { local: ["192.0.2.1", 9000], state: 10, inode: 13 } as const;
    await Deno.rename(`${directory.path}/hidden-namespaces`, `${directory.path}/namespaces`);
    procfs.write(`namespaces/${FIRST_NETNS}/tcp`, socketTable([LISTENER, CLIENT, more]));
    await Deno.rename(`${directory.path}/hidden`, `${directory.path}/100`);
    await program.line((line) => line.includes(":9000"), "a record after the return");
    program.signal("SIGTERM");
    const { code, stdout } = await program.ended();
    assertEquals(code, EXIT.ok);
    await readBack("ndjson", stdout);
  },
);

pythonTest("a name that is an attack on each format stays one value", async () => {
  const names = [
    'a"b,c\rd',
    "x\u202ey",
    "🦊 fox",
    "=1+1",
    "-",
    "$(reboot)",
    "a) S 1 (b",
    "[1]|2|3.0",
  ];
  for (const name of names) {
    await using directory = new TempDir();
    const procfs = smallHost(directory.path);
    procfs.addProcess({
      pid: 500,
      ppid: 0,
      comm: name,
      argv: [name, "", "\n", name],
      sockets: [31],
    });
    const extra = { local: ["192.0.2.1", 31], state: 10, inode: 31 } as const;
    procfs.write(`namespaces/${FIRST_NETNS}/tcp`, socketTable([extra]));
    for (const format of RECORD_FORMATS) {
      const { rows } = await snapshot(format, ["--procfs", procfs.root]);
      assertEquals(rows.length, 1, format);
      assertEquals([rows[0]?.name, rows[0]?.argv], [name, [name, "", "\n", name]], format);
    }
  }
});
