import { assertEquals } from "@std/assert";
import { withDirectory } from "./files_test_tools.ts";
import { expandInputs } from "./inputs.ts";

/** Expands operands in a directory that holds these files. */
async function expanded(files: readonly string[], operands: readonly string[]) {
  let result = { inputs: [""], problems: [""] };
  await withDirectory((directory) => {
    for (const file of files) {
      const at = file.lastIndexOf("/");
      if (at >= 0) Deno.mkdirSync(directory + file.slice(0, at), { recursive: true });
      if (at < file.length - 1) Deno.writeTextFileSync(directory + file, "");
    }
    const paths = operands.map((operand) => operand === "-" ? operand : directory + operand);
    const { inputs, problems } = expandInputs(paths);
    result = {
      inputs: inputs.map(({ path }) => path.replace(directory, "")),
      problems: problems.map((problem) => problem.replaceAll(directory, "")),
    };
  });
  return result;
}

Deno.test("expandInputs keeps the order of operands, and takes standard input once", async function () {
  assertEquals(await expanded(["b", "a"], ["b", "-", "a", "-"]), {
    inputs: ["b", "-", "a"],
    problems: [],
  });
});

Deno.test("expandInputs finds the files of a pattern in the order of their names", async function () {
  const files = ["c.log.2", "c.log", "c.log.1.gz", "d.log", ".c.log"];
  assertEquals((await expanded(files, ["c.log*"])).inputs, ["c.log", "c.log.1.gz", "c.log.2"]);
  assertEquals((await expanded(files, ["?.log"])).inputs, ["c.log", "d.log"]);
  assertEquals((await expanded(files, [".*"])).inputs, [".c.log"]);
});

Deno.test("expandInputs knows sets of characters", async function () {
  const files = ["a1", "a2", "a3", "a-", "a]", "a!"];
  assertEquals((await expanded(files, ["a[1-2]"])).inputs, ["a1", "a2"]);
  assertEquals((await expanded(files, ["a[!1-2]"])).inputs, ["a!", "a-", "a3", "a]"]);
  assertEquals((await expanded(files, ["a[]-]"])).inputs, ["a-", "a]"]);
  assertEquals((await expanded(files, ["[z-a]*"])).inputs, []);
});

Deno.test("expandInputs looks into directories for a pattern", async function () {
  const files = ["2024/x/conn.log", "2024/conn.log", "conn.log", ".hidden/conn.log", "2024/other"];
  assertEquals((await expanded(files, ["*/conn.log"])).inputs, ["2024/conn.log"]);
  assertEquals(await expanded(files, ["**/conn.log"]), {
    inputs: ["2024/conn.log", "2024/x/conn.log", "conn.log"],
    problems: [],
  });
  assertEquals(await expanded(files, ["2024/**"]), {
    inputs: ["2024/conn.log", "2024/other", "2024/x/conn.log"],
    problems: [],
  });
});

Deno.test("expandInputs takes a path that is there as it is", async function () {
  const files = ["a[1].log", "a1.log", "a*"];
  assertEquals((await expanded(files, ["a[1].log", "a*"])).inputs, ["a[1].log", "a*"]);
});

Deno.test("expandInputs takes what regular expressions mean for characters", async function () {
  const files = ["a.b-(c)+{d}|^$\\", "aXb"];
  assertEquals((await expanded(files, ["*.b-(c)+{d}|^$\\"])).inputs, ["a.b-(c)+{d}|^$\\"]);
  assertEquals((await expanded(["[x", "ax"], ["[?"])).inputs, ["[x"]);
});

Deno.test("expandInputs says in a sentence why there is nothing to read", async function () {
  assertEquals(await expanded(["dir/"], ["dir", "no", "*.log", "no", ""]), {
    inputs: [],
    problems: [
      'cannot read "dir": it is a directory: name its files, as in "dir/*"',
      'cannot read "no": there is no such file',
      'cannot read "*.log": no file has such a name',
      'cannot read "": it is a directory: name its files, as in "*"',
    ],
  });
});

Deno.test("expandInputs takes a file once, by whatever name", async function () {
  await withDirectory((directory) => {
    Deno.writeTextFileSync(`${directory}a`, "");
    Deno.linkSync(`${directory}a`, `${directory}b`);
    Deno.symlinkSync(`${directory}a`, `${directory}c`);
    assertEquals(expandInputs([`${directory}c`, `${directory}*`]), {
      inputs: [{ path: `${directory}c` }],
      problems: [],
    });
  });
});

Deno.test("expandInputs does not wait for who writes to a pipe", async function () {
  await withDirectory(async (directory) => {
    const made = await new Deno.Command("mkfifo", { args: [`${directory}p`] }).output();
    assertEquals(made.code, 0);
    assertEquals(expandInputs([`${directory}p`]).inputs, [{ path: `${directory}p` }]);
  });
});

Deno.test("expandInputs refuses a socket", async function () {
  await withDirectory((directory) => {
    const path = `${directory}s`;
    using _listener = Deno.listen({ transport: "unix", path });
    assertEquals(expandInputs([path]).problems, [
      `cannot read ${JSON.stringify(path)}: it is a socket`,
    ]);
  });
});

Deno.test("expandInputs takes files alone for a pattern", async () => {
  await withDirectory(async (directory) => {
    await Deno.writeTextFile(`${directory}a`, "");
    using _socket = Deno.listen({ transport: "unix", path: `${directory}b` });
    await new Deno.Command("mkfifo", { args: [`${directory}c`] }).output();
    const { inputs, problems } = expandInputs([`${directory}*`]);
    assertEquals([inputs.map(({ path }) => path), problems], [[`${directory}a`], []]);
    const named = expandInputs([`${directory}c`, `${directory}b`]);
    assertEquals(named.inputs.map(({ path }) => path), [`${directory}c`]);
    assertEquals(named.problems, [`cannot read "${directory}b": it is a socket`]);
  });
});
