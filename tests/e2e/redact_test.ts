/** Secrets in command lines, as a user meets them. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { EXIT } from "../../lib/exit.ts";
import { FakeProcfs, FIRST_NETNS } from "../fake_procfs.ts";
import { run, TempDir } from "../program.ts";

/** A host with a process that has a secret, and a socket. */
function hostWithSecret(root: string): string {
  const procfs = new FakeProcfs(root);
  procfs.addNamespace(FIRST_NETNS, {
    tcp: [{ local: ["192.0.2.1", 1000], state: 10, inode: 1000 }],
  });
  const argv = ["mysql", "-u", "root", "-pS3cr3t", "db"];
  procfs.addProcess({ pid: 1, ppid: 0, comm: "mysql", argv, sockets: [1000] });
  return procfs.root;
}

Deno.test("no format of snapshot and watch has a secret of a command line in it", async () => {
  await using directory = new TempDir();
  const procfs = ["--procfs", hostWithSecret(directory.path)];
  for (const format of ["text", "ndjson", "csv", "lognet", "template", "table"]) {
    for (const command of [["snapshot"], ["watch", "--for", "1s"]]) {
      const template = format === "template" ? ["--template", "{info.cmdline}"] : [];
      const { code, stdout } = await run([...command, ...procfs, "-f", format, ...template]);
      assertEquals(code, EXIT.ok);
      assert(!stdout.includes("S3cr3t"), `${command} ${format}`);
      const tells = !["lognet", "table"].includes(format);
      if (tells) assertStringIncludes(stdout, "-p[redacted]");
    }
  }
});

Deno.test("--no-redact leaves command lines as they are, and --redact overrules a configuration file", async () => {
  await using directory = new TempDir();
  const args = ["snapshot", "--procfs", hostWithSecret(directory.path), "-f", "text"];
  const config = `${directory.path}/config.toml`;
  await Deno.writeTextFile(config, "no-redact = true\n");
  const cases: [more: string[], has: boolean][] = [
    [["--no-redact"], true],
    [["--config", config], true],
    [["--config", config, "--redact"], false],
    [["--redact"], false],
  ];
  for (const [more, has] of cases) {
    const { code, stdout } = await run([...args, ...more]);
    assertEquals([code, stdout.includes("S3cr3t")], [EXIT.ok, has], more.join(" "));
  }
  const { code } = await run([...args, "--redact", "--no-redact"]);
  assertEquals(code, EXIT.usage);
});
