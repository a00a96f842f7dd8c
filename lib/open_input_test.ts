import { assertEquals } from "@std/assert";
import { openInput } from "./open_input.ts";

async function withPipe(test: (path: string) => Promise<void>): Promise<void> {
  const directory = await Deno.makeTempDir({ prefix: "connscribe-test-" });
  try {
    const path = `${directory}/pipe`;
    await new Deno.Command("mkfifo", { args: [path] }).output();
    await test(path);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

/** All that the input gives. */
async function readAll(path: string): Promise<number> {
  const input = await openInput(path);
  const buffer = new Uint8Array(100_000);
  let size = 0;
  for (let length = await input.read(buffer); length !== null; length = await input.read(buffer)) {
    size += length;
  }
  input.close();
  return size;
}

Deno.test("openInput waits for the writer of a named pipe, and reads to its end", async () => {
  await withPipe(async (path) => {
    const reading = readAll(path);
    const script = `sleep 0.2; { head -c 300000 /dev/zero; sleep 0.2; echo end; } > "$0"`;
    const writing = new Deno.Command("sh", { args: ["-c", script, path] }).output();
    assertEquals(await reading, 300_004);
    await writing;
  });
});

Deno.test("openInput ends a reading that waits when it is closed", async () => {
  await withPipe(async (path) => {
    const input = await openInput(path);
    const reading = input.read(new Uint8Array(10));
    input.close();
    assertEquals(await reading, null);
  });
});

Deno.test("openInput reads files and devices", async () => {
  assertEquals(await readAll(new URL(import.meta.url).pathname) > 0, true);
  assertEquals(await readAll("/dev/null"), 0);
});
