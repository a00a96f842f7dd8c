import { assertEquals, assertRejects } from "@std/assert";
import { ExitError } from "../../lib/exit.ts";
import type { Input } from "../../lib/open_input.ts";
import { inputChunks, openSource } from "./input.ts";
import { inputName } from "../input_name.ts";

const NEVER = new AbortController().signal;

async function failure(path: string, open: () => Promise<Input> = () => openSource(path)) {
  const chunks = inputChunks(path, open, NEVER);
  const { code, message } = await assertRejects(() => chunks.next(), ExitError);
  return [code, message] as const;
}

Deno.test("inputChunks reads a file to its end", async function () {
  const path = await Deno.makeTempFile({ prefix: "connscribe-test-" });
  try {
    await Deno.writeFile(path, new Uint8Array(600_000).fill(7));
    let length = 0;
    for await (const chunk of inputChunks(path, openSource, NEVER)) {
      length += chunk.length;
      assertEquals(chunk.every((byte) => byte === 7), true);
    }
    assertEquals(length, 600_000);
  } finally {
    await Deno.remove(path);
  }
});

Deno.test("inputChunks says what cannot be read", async function () {
  const [code, message] = await failure("/nowhere/x.csv");
  assertEquals([code, message.startsWith('cannot read "/nowhere/x.csv": ')], [69, true]);
  assertEquals((await failure("/"))[0], 69);
  const refused = await failure("-", () => Promise.reject(new Deno.errors.PermissionDenied("no")));
  assertEquals(refused, [77, "may not read standard input: no"]);
  assertEquals(inputName("-"), "standard input");
});

Deno.test("inputChunks ends when the signal aborts, also while it waits", async function () {
  for (const silent of ["open", "read", "aborted before"]) {
    const stop = new AbortController();
    let closed = 0;
    const source: Input = {
      read: () => new Promise(() => {}),
      close: () => closed++,
    };
    const opening = Promise.withResolvers<Input>();
    if (silent !== "open") opening.resolve(source);
    if (silent === "aborted before") stop.abort();
    const next = inputChunks("x", () => opening.promise, stop.signal).next();
    await new Promise((resolve) => setTimeout(resolve, 1));
    stop.abort();
    assertEquals(await next, { done: true, value: undefined });
    opening.resolve(source);
    await opening.promise;
    await Promise.resolve();
    assertEquals(closed, 1, silent);
  }
});
