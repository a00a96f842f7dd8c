import { assert, assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { EXIT, ExitError } from "../exit.ts";
import { describeInvocation } from "./describe.ts";
import { parseCommandLine } from "./parse.ts";
import { SAMPLE_TABLE } from "./sample_table.ts";
import type { Invocation } from "./spec.ts";

/** Runs `prog watch --config NAME ...` with a file of that content. */
async function watchWith(
  content: string,
  name = "c.toml",
  ...args: string[]
): Promise<Invocation> {
  const line = await parseCommandLine(
    SAMPLE_TABLE,
    ["watch", "--config", name, ...args],
    (path) => {
      assertEquals(path, name);
      return new TextEncoder().encode(content);
    },
  );
  assert(typeof line === "object");
  return line;
}

/** Asserts that the content is refused with exactly this problem. */
async function refused(content: string, problem: string, name = "c.toml"): Promise<void> {
  const error = await assertRejects(() => watchWith(content, name), ExitError);
  assertEquals(error.message, `configuration file "${name}": ${problem}`);
  assertEquals(error.code, EXIT.config);
}

Deno.test("readConfig takes TOML, and the table named like the command wins over the top level", async () => {
  const { values } = await watchWith(`
    interval = "5s"
    protocol = ["tcp", "!udp"]
    no-listen = true
    out = "top"
    quiet = true
    force = true        # an option of another command
    [watch]
    out = "own"
    quiet = false
    [copy]
    interval = "1h"
  `);
  assertEquals(values.duration("interval"), 5000);
  assertEquals(values.texts("protocol"), ["tcp", "!udp"]);
  assertEquals(values.flag("no-listen"), true);
  assertEquals(values.text("out"), "own");
  assertEquals(values.flag("quiet"), false);
  assertEquals(values.given("quiet"), false);
  assertEquals(values.source("interval"), "config");
});

Deno.test("readConfig takes JSON by the file's name or its first character", async () => {
  const json = '{"interval": 0.5, "watch": {"pid": [12, "0123"], "port": 443}}';
  for (const [content, name] of [[json, "c.json"], [" \n" + json, "c"], ["\ufeff" + json, "c"]]) {
    const { values } = await watchWith(content ?? "", name);
    assertEquals(values.duration("interval"), 500);
    assertEquals(values.texts("pid"), ["12", "0123"]);
    assertEquals(values.texts("port"), ["443"]);
  }
  await refused(
    "interval = 3",
    "it is not JSON: Unexpected token 'i', \"interval = 3\" is not valid JSON",
    "c.json",
  );
});

Deno.test("readConfig gives way to the command line, value by value", async () => {
  const { values } = await watchWith(
    'pid = [1, 2]\nout = "file"\nport = [80]',
    "c.toml",
    "--pid",
    "3",
    "--out=x",
  );
  assertEquals(values.texts("pid"), ["3"]);
  assertEquals(values.text("out"), "x");
  assertEquals(values.texts("port"), ["80"]);
});

Deno.test("readConfig names the key that is unknown, and the nearest one", async () => {
  await refused("intervall = 3", 'unknown key "intervall": did you mean "interval"?');
  await refused("[watch]\nforce = true", 'unknown key "watch.force": did you mean "for"?');
  await refused("[wacth]\nout = 'x'", 'unknown table "wacth": did you mean "watch"?');
  await refused("watch = 1", 'unknown key "watch"');
  await refused("constructor = 1", 'unknown key "constructor"');
  await refused('{"__proto__": {"out": "x"}}', 'unknown table "__proto__"', "c.json");
  await refused("[__proto__]\nout = 'x'", 'unknown table "__proto__"');
  await refused('"a\\u001b[2Jb" = 1', 'unknown key "a\\u001b[2Jb"');
});

Deno.test("readConfig keeps options of the command line out of the file", async () => {
  for (const name of ["config", "help", "dry-run"]) {
    await refused(`${name} = true`, `"${name}" can only be given on the command line`);
    await refused(`[copy]\n${name} = true`, `"copy.${name}" can only be given on the command line`);
  }
});

Deno.test("readConfig refuses values of the wrong type", async () => {
  await refused("no-listen = 1", '"no-listen" must be true or false, not a number');
  await refused("no-listen = 'yes'", '"no-listen" must be true or false, not a string');
  await refused("interval = true", '"interval" must be a string, not a boolean');
  await refused("interval = [3]", '"interval" must be a string, not a list');
  await refused("out = 3", '"out" must be a string, not a number');
  await refused("pid = [[1]]", '"pid" must be a string or a list of strings, not a list');
  await refused("pid = {a = 1}", 'unknown table "pid"');
  await refused(
    "[watch.pid]\na = 1",
    '"watch.pid" must be a string or a list of strings, not a table',
  );
  await refused("for = 1979-05-27", '"for" must be a string, not a date');
  await refused('{"out": null}', '"out" must be a string, not null');
});

Deno.test("readConfig checks values as the command line does, also those of other commands", async () => {
  await refused("interval = '50ms'", 'value "50ms" of "interval" is wrong: the minimum is 200ms');
  await refused("port = ['80', 'http']", 'value "http" of "port" is wrong: it is not a port');
  await refused(
    "direction = '!up'",
    'value "!up" of "direction" is wrong: it is not one of egress, ingress',
  );
  await refused("out = ''", 'value "" of "out" is wrong: it is empty');
  await refused(
    'out = "a\\u0000b"',
    'value "a\\u0000b" of "out" is wrong: it contains a NUL character',
  );
  await refused(
    "pid = nan\nfor = inf",
    'value "Infinity" of "for" is wrong: it is not a duration: write 500ms, 3s, 2m, 1h or 1d; a bare number counts seconds',
  );
  await refused(
    "[copy]\ninterval = 'x'",
    'value "x" of "copy.interval" is wrong: it is not a duration: write 500ms, 3s, 2m, 1h or 1d; a bare number counts seconds',
  );
});

Deno.test("readConfig says in one line why a file cannot be used", async () => {
  await refused(
    "a = ",
    "it is not TOML: Parse error on line 1, column 4: Cannot parse value on line 'a = '",
  );
  await refused("[1]", "it holds no table of options", "c.json");
  const error = await assertRejects(
    () => parseCommandLine(SAMPLE_TABLE, ["watch", "--config", "c"], () => Uint8Array.of(0xff)),
    ExitError,
  );
  assertEquals([error.code, error.message], [78, 'configuration file "c": it is not UTF-8 text']);
  const missing = await assertRejects(
    () =>
      parseCommandLine(SAMPLE_TABLE, ["watch", "--config=c\n"], () => {
        throw new Deno.errors.NotFound("No such file\nor directory");
      }),
    ExitError,
  );
  assertEquals(
    missing.message,
    'configuration file "c\\n": it cannot be read: no such file\\nor directory',
  );
});

Deno.test("readConfig throws nothing but an ExitError, whatever the file holds", async () => {
  const toml = fc.array(
    fc.tuple(
      fc.constantFrom("interval", "pid", "out", "no-listen", "[watch]\nport", "__proto__", "x"),
      fc.oneof(fc.json(), fc.string(), fc.integer().map(String)),
    ).map(([key, value]) => `${key} = ${value}`),
  ).map((lines) => lines.join("\n"));
  await fc.assert(
    fc.asyncProperty(fc.oneof(toml, fc.json(), fc.string({ unit: "binary" })), async (content) => {
      try {
        await watchWith(content);
      } catch (error) {
        assert(error instanceof ExitError && error.code === EXIT.config, String(error));
        // deno-lint-ignore no-control-regex
        assert(!/[\x00-\x1f\x7f-\x9f]/.test(error.message), error.message);
      }
    }),
    { numRuns: 1000 },
  );
});

Deno.test("describeInvocation lists every value with its source", async () => {
  const invocation = await watchWith(
    "pid = [1, 2]\nquiet = true",
    "c.toml",
    "-v",
    "--out=a\nb",
    "--dry-run",
  );
  assertEquals(describeInvocation(invocation), [
    'interval = "3s" (from default)',
    'pid = "1" (from config)',
    'pid = "2" (from config)',
    'out = "a\\nb" (from command line)',
    'procfs = "/proc" (from default)',
    'config = "c.toml" (from command line)',
    "verbose = true (from command line)",
    "quiet = true (from config)",
  ]);
  const copy = await parseCommandLine(SAMPLE_TABLE, ["copy", "a b"], () => new Uint8Array());
  assert(typeof copy === "object");
  assertEquals(describeInvocation(copy), ['from = "a b" (from command line)']);
});
