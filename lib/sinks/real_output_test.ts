import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { Diag } from "../diag.ts";
import { ExitError } from "../exit.ts";
import { Ledger } from "../pipeline/stage.ts";
import { realSystem } from "../system.ts";
import { LineSink } from "./line_sink.ts";
import { openForAppending } from "./open_file.ts";
import { FixedTarget } from "./target.ts";
import { ID_FORMAT, recordOf, TestPipe } from "./test_output.ts";

const SYSTEM = realSystem();
const IS_LINUX = Deno.build.os === "linux";
/** Not root, or no mount(8): the tests with a disk of their own are left out. */
const MAY_MOUNT = IS_LINUX && Deno.uid() === 0 && await mayMount();

async function succeeds(program: string, ...args: string[]): Promise<boolean> {
  const command = new Deno.Command(program, { args, stdout: "null", stderr: "null" });
  try {
    return (await command.output()).success;
  } catch {
    return false;
  }
}

async function mayMount(): Promise<boolean> {
  await using disk = await smallDisk(64).catch(() => undefined);
  return disk !== undefined;
}

/** A file system in memory of so many KiB, until it is disposed of. */
async function smallDisk(kib: number): Promise<{ path: string } & AsyncDisposable> {
  const path = await Deno.makeTempDir({ prefix: "connscribe-test-" });
  const mounted = await succeeds("mount", "-t", "tmpfs", "-o", `size=${kib}k`, "tmpfs", path);
  if (!mounted) await Deno.remove(path);
  assert(mounted, "cannot mount");
  return {
    path,
    async [Symbol.asyncDispose]() {
      await succeeds("umount", path);
      await Deno.remove(path);
    },
  };
}

/** A sink that appends to a real file, and what it says. */
function fileSink(path: string) {
  const ledger = new Ledger();
  const stderr = new TestPipe();
  const diag = new Diag({ stderr, env: () => undefined });
  const file = openForAppending(SYSTEM, path);
  const sink = new LineSink(new FixedTarget(file, path), ID_FORMAT, ledger, diag);
  return { sink, ledger, said: () => stderr.text };
}

/** Runs the test program with stdout as the shell makes it; `between` runs between the two batches. */
async function runProgram(shell: string, between: () => Promise<void> = async () => {}) {
  const program = new URL("./test_program.ts", import.meta.url).pathname;
  const deno = [Deno.execPath(), "run", "--no-prompt", "--allow-all", program];
  await using child = new Deno.Command("sh", {
    args: ["-c", shell, "sh", ...deno],
    stdin: "piped",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const reader = child.stderr.pipeThrough(new TextDecoderStream()).getReader();
  const input = child.stdin.getWriter();
  let said = "";
  let isBetween = false;
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    said += part.value;
    if (isBetween || !said.includes("between\n")) continue;
    isBetween = true;
    await between();
    await input.write(Uint8Array.of(10));
    await input.close();
  }
  const account: { emitted: number; balance: number; dropped: Record<string, number> } = JSON.parse(
    said.slice(said.lastIndexOf("\n") + 1),
  );
  return { said, account };
}

function wholeLines(text: string): number {
  return text.split("\n").filter((line) => /^<\d+\.\d+:x+>$/.test(line)).length;
}

Deno.test({
  name: "LineSink loses records to /dev/full and says so once",
  ignore: !IS_LINUX,
  fn() {
    const { sink, ledger, said } = fileSink("/dev/full");
    for (let i = 0; i < 3; i++) sink.write([recordOf("a"), recordOf("b")]);
    sink.close();
    assertEquals(ledger.toString(), "read 0, emitted 0, filtered 0, dropped 6 (io 6)");
    assertEquals(
      said().match(/cannot write to "\/dev\/full": no space left on device/g)?.length,
      1,
    );
  },
});

Deno.test("openForAppending creates a file for owner and group", async () => {
  const directory = await Deno.makeTempDir();
  const path = `${directory}/out`;
  try {
    const { sink } = fileSink(path);
    sink.write([recordOf("a")]);
    sink.close();
    const again = fileSink(path);
    again.sink.write([recordOf("b")]);
    again.sink.close();
    assertEquals(again.said(), "");
    await Deno.writeTextFile(path, "to", { append: true });
    const torn = fileSink(path);
    torn.sink.write([recordOf("c")]);
    torn.sink.close();
    assertStringIncludes(torn.said(), "ends in the middle of a line");
    assertEquals(await Deno.readTextFile(path), "a\nb\nto\nc\n");
    assertEquals(((await Deno.stat(path)).mode ?? 0) & 0o137, 0);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("openForAppending says what is wrong and what to do", async () => {
  const directory = await Deno.makeTempDir();
  const cases = [
    [directory, "is a directory: name a file in it"],
    [`${directory}/none/out`, "no such file or directory: create its directory first"],
  ];
  try {
    for (const [path = "", problem] of cases) {
      const error = assertThrows(() => openForAppending(SYSTEM, path), ExitError);
      assertEquals(error.code, 73);
      assertEquals(error.message, `cannot open "${path}" for appending: ${problem}`);
    }
  } finally {
    await Deno.remove(directory);
  }
  const openAppend = () => {
    throw new Deno.errors.PermissionDenied("Permission denied (os error 13): open '/x'");
  };
  const error = assertThrows(() => openForAppending({ openAppend }, "/x"), ExitError);
  assertEquals(
    error.message,
    'cannot open "/x" for appending: permission denied: run as a user who may write it, or choose another file',
  );
});

Deno.test({
  name: "LineSink keeps whole lines on a full disk and goes on when there is room (root only)",
  ignore: !MAY_MOUNT,
  async fn() {
    await using disk = await smallDisk(128);
    const { sink, ledger, said } = fileSink(`${disk.path}/out`);
    await Deno.writeFile(`${disk.path}/filler`, new Uint8Array(60_000));
    for (let i = 0; i < 400; i++) sink.write([recordOf(`<1.${i}:${"x".repeat(1 + i)}>`)]);
    const text = await Deno.readTextFile(`${disk.path}/out`);
    assert(text.endsWith("\n"));
    assertEquals(wholeLines(text), ledger.emitted);
    assertEquals(ledger.emitted + ledger.droppedTotal, 400);
    assert(ledger.droppedTotal > 0);
    await Deno.remove(`${disk.path}/filler`);
    sink.write([recordOf("<2.0:x>")]);
    sink.close();
    assertStringIncludes(said(), "can be written again");
    assert((await Deno.readTextFile(`${disk.path}/out`)).endsWith(">\n<2.0:x>\n"));
  },
});

Deno.test({
  name: "LineSink counts exactly what standard output took before the disk was full (root only)",
  ignore: !MAY_MOUNT,
  async fn() {
    await using disk = await smallDisk(256);
    await Deno.writeFile(`${disk.path}/filler`, new Uint8Array(190_000));
    const { said, account } = await runProgram(
      `exec "$@" > ${disk.path}/out`,
      () => Deno.remove(`${disk.path}/filler`),
    );
    const text = await Deno.readTextFile(`${disk.path}/out`);
    const { emitted, dropped, balance } = account;
    assertEquals([balance, emitted + (dropped.io ?? 0)], [0, 800]);
    assert((dropped.io ?? 0) > 0);
    assertEquals(wholeLines(text), emitted);
    assertEquals(new Set(text.split("\n")).size, text.split("\n").length, "no line twice");
    assertStringIncludes(said, "cannot write to standard output: no space left on device");
    assertStringIncludes(said, "standard output can be written again");
  },
});

Deno.test({
  name: "LineSink ends in silence when the reader of standard output has gone away",
  ignore: Deno.build.os === "windows",
  async fn() {
    const { said, account } = await runProgram('"$@" | head -n 1 >/dev/null');
    const { emitted, dropped, balance } = account;
    assertEquals([balance, emitted + (dropped.closed ?? 0)], [0, 800]);
    assert((dropped.closed ?? 0) >= 400);
    assertEquals(said.split("\n").length, 3, said);
  },
});
