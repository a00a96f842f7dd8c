import { assertEquals } from "@std/assert";
import { MetricsFile } from "./metrics_file.ts";
import { NO_SPACE, TestFile } from "./test_output.ts";

/** A system with one directory of files; those that are opened fail as `steps` says. */
class TestSystem {
  readonly files = new Map<string, TestFile>();
  steps: (Error | number)[] = [];

  openAppend(path: string, _mode: number, isNew = false): TestFile {
    const there = this.files.get(path);
    if (isNew && there !== undefined) throw new Deno.errors.AlreadyExists(path);
    const file = there ?? new TestFile();
    file.steps.push(...this.steps.splice(0));
    this.files.set(path, file);
    return file;
  }

  removeFile(path: string): void {
    this.files.delete(path);
  }

  rename(from: string, to: string): void {
    const file = this.files.get(from);
    if (file === undefined) throw new Deno.errors.NotFound("No such file (os error 2)");
    this.files.delete(from);
    this.files.set(to, file);
  }
}

function create() {
  const system = new TestSystem();
  const said: string[] = [];
  const diag = { say: (_level: string, message: string) => said.push(message) };
  return { system, said, file: new MetricsFile(system, "/m/c.prom", diag) };
}

Deno.test("MetricsFile replaces the whole file, also with short writes", () => {
  const { system, said, file } = create();
  file.write("one\n");
  system.steps = [1, 2];
  file.write("other\n");
  assertEquals([...system.files].map(([path, { text }]) => [path, text]), [[
    "/m/c.prom",
    "other\n",
  ]]);
  assertEquals(said, []);
});

Deno.test("MetricsFile leaves what was there when it cannot write, and says so once", () => {
  const { system, said, file } = create();
  file.write("one\n");
  for (const text of ["two\n", "three\n"]) {
    system.steps = [1, NO_SPACE];
    file.write(text);
  }
  assertEquals(system.files.get("/m/c.prom")?.text, "one\n");
  assertEquals(said, ['cannot write metrics to "/m/c.prom": no space left on device']);
  file.write("four\n");
  assertEquals(system.files.get("/m/c.prom")?.text, "four\n");
});

Deno.test("MetricsFile writes into no file that somebody else has put under its other name", () => {
  const { system, said, file } = create();
  const other = new TestFile("theirs");
  system.files.set("/m/c.prom.tmp", other);
  file.write("one\n");
  assertEquals([system.files.get("/m/c.prom")?.text, other.text, said], ["one\n", "theirs", []]);
});
