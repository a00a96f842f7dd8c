import { assertEquals, assertStrictEquals } from "@std/assert";
import type { Connection, RecordedProcess } from "../connection.ts";
import { recordOf } from "../sinks/test_output.ts";
import { Redactor, redactStage } from "./redact.ts";

function processOf(...commandLine: string[]): RecordedProcess {
  return { pid: 1, start: 2, name: "app", entityId: "e", commandLine };
}

async function throughStage(batch: Connection[]): Promise<Connection[]> {
  const batches = async function* () {
    await Promise.resolve();
    yield batch;
  };
  const out: Connection[] = [];
  for await (const records of redactStage(batches())) out.push(...records);
  return out;
}

Deno.test("redactStage replaces secrets in command lines, and gives other records as they are", async () => {
  const plain = { ...recordOf("a"), process: processOf("app", "--port", "80") };
  const secret = { ...recordOf("b"), process: processOf("app", "--password", "x") };
  const nobody = recordOf("c");
  const again = { ...secret, id: "d" };
  const out = await throughStage([plain, secret, nobody, again]);
  assertStrictEquals(out[0], plain);
  assertEquals(out[1], { ...secret, process: processOf("app", "--password", "[redacted]") });
  assertStrictEquals(out[2], nobody);
  // Formats remember what they have made of a process by its object.
  assertStrictEquals(out[3]?.process, out[1]?.process);
});

Deno.test("Redactor gives a process without secrets as it came, in every batch", () => {
  const redactor = new Redactor();
  for (let i = 0; i < 2; i++) {
    const process = processOf("app", "--port", "80");
    assertStrictEquals(redactor.process(process), process);
  }
});

Deno.test("Redactor tells another command line of the same process", () => {
  const redactor = new Redactor();
  const lines = [["app", "--token", "x"], ["app", "--token", "y", "z"], ["app"], [
    "app",
    "--token",
    "x",
  ]];
  const redacted = lines.map((line) => redactor.process(processOf(...line)).commandLine?.join(" "));
  assertEquals(redacted, [
    "app --token [redacted]",
    "app --token [redacted] z",
    "app",
    "app --token [redacted]",
  ]);
});

Deno.test("Redactor replaces a secret in a name that was cut from a title", () => {
  const title = "app --password=x";
  const { name } = new Redactor().process({ ...processOf(title), name: title });
  assertEquals(name, "app --password=[redacted]");
});

Deno.test("Redactor replaces a secret in the name of a parent, and in one without a command line", () => {
  const { commandLine: _, ...process } = processOf();
  const parent = { pid: 9, name: "worker: mysql://app:x@db" };
  const redactor = new Redactor();
  const expected = { pid: 9, name: "worker: mysql://app:[redacted]@db" };
  assertEquals(redactor.process({ ...process, parent }).parent, expected);
  const child = { ...processOf("app", "--port", "80"), parent };
  assertEquals(redactor.process(child), { ...child, parent: expected });
  const plain = {
    ...processOf("app"),
    name: "a-name-of-many-bytes",
    parent: { pid: 9, name: "sh" },
  };
  assertStrictEquals(redactor.process(plain), plain);
});
