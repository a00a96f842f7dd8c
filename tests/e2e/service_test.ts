/** `service --print`: what it prints is taken by those who read it: systemd, cron, logrotate, a parser of XML. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { EXIT } from "../../lib/exit.ts";
import { USUAL_PROGRAM } from "../../lib/service/place.ts";
import { binary, Program, PYTHON, ROOT, run, runOther, TempDir } from "../program.ts";
import { missing, testUnless } from "../skip.ts";

const SYSTEMD_ANALYZE = "/usr/bin/systemd-analyze";
const LOGROTATE = "/usr/sbin/logrotate";
const APPARMOR_PARSER = "/usr/sbin/apparmor_parser";

/** A program that is there: systemd-analyze verify looks. */
const SOME_PROGRAM = "/usr/bin/env";

/** For the program in its usual place, unless another is named. */
async function printed(...named: string[]): Promise<string> {
  const usual = named.includes("--program") ? [] : ["--program", USUAL_PROGRAM];
  const args = [...named, ...usual];
  const { code, stdout, stderr } = await run(["service", "--print", ...args]);
  assertEquals([code, stderr], [EXIT.ok, ""], args.join(" "));
  return stdout;
}

/** Runs another program to its end and returns all that it says. */
async function said(words: readonly string[]): Promise<{ code: number; text: string }> {
  await using program = new Program(words);
  const { code, stdout, stderr } = await program.ended();
  return { code, text: stdout + stderr };
}

Deno.test("service prints what packaging/ holds", async () => {
  const unit = await Deno.readTextFile(`${ROOT}packaging/connscribe.service`);
  assertEquals(await printed("systemd"), unit);
  const daemon = await Deno.readTextFile(`${ROOT}packaging/connscribe.plist`);
  assertEquals(await printed("launchd"), daemon);
});

Deno.test("service names the program as it runs, or the usual one where it is run from source", async () => {
  const { code, stdout, stderr } = await run(["service", "--print", "cron", "--from", "files"]);
  assertEquals([code, stderr], [EXIT.ok, ""]);
  assertStringIncludes(stdout, `\n*/5 * * * * ${binary() ?? USUAL_PROGRAM} export `);
});

Deno.test("service refuses what it cannot print, with 64 and one line that says what to do", async () => {
  const cases: [string[], RegExp][] = [
    [[], /needs --print/],
    [["--print", "upstart"], /upstart/],
    [
      ["--print", "systemd", "--from", "files"],
      /does not go with "--from files": it is for auto or/,
    ],
    [["--print", "launchd", "--from", "trace"], /does not go with "--from trace"/],
    [["--print", "cron", "--program", "relative/path"], /absolute path/],
    [["--print", "cron", "--log-directory", "/var/log/a b"], /absolute path/],
    [
      ["--print", "systemd", "--program", "/root/connscribe"],
      /a unit does not see "\/root\/connscribe"/,
    ],
  ];
  for (const [args, message] of cases) {
    const { code, stdout, stderr } = await run(["service", ...args]);
    assertEquals([code, stdout], [EXIT.usage, ""], args.join(" "));
    assertMatch(stderr, message);
    assertEquals(stderr.split("\n").length, 2, stderr);
  }
});

testUnless(
  missing([SYSTEMD_ANALYZE]),
  "systemd-analyze finds nothing wrong with the units, and they expose little",
  async () => {
    await using directory = new TempDir();
    // Exposure in tenths, as measured with systemd 252, and a little more for other versions.
    const units: [string, string, string, number][] = [
      ["connscribe.service", "systemd", "auto", 31],
      ["connscribe-trace.service", "systemd", "trace", 29],
      ["connscribe-conntrack.service", "systemd", "conntrack", 24],
      ["connscribe-proc.service", "systemd", "proc", 22],
      ["connscribe-procfs.service", "systemd-procfs", "proc", 16],
      ["connscribe-export.service", "systemd-export", "files", 5],
    ];
    const timer = `${directory.path}/connscribe-export.timer`;
    await Deno.writeTextFile(timer, await printed("systemd-timer"));
    for (const [file, name, from, threshold] of units) {
      const path = `${directory.path}/${file}`;
      await Deno.writeTextFile(
        path,
        await printed(name, "--from", from, "--program", SOME_PROGRAM),
      );
      const exposure = await said([
        ...[SYSTEMD_ANALYZE, "security", "--offline=true", "--no-pager"],
        ...[`--threshold=${threshold}`, path],
      ]);
      assertEquals(exposure.code, 0, `${file}: ${exposure.text.trimEnd().split("\n").at(-1)}`);
    }
    const paths = [...units.map(([file]) => `${directory.path}/${file}`), timer];
    assertEquals(await said([SYSTEMD_ANALYZE, "verify", ...paths]), { code: 0, text: "" });
    const unknown = `${directory.path}/unknown.service`;
    await Deno.writeTextFile(unknown, "[Service]\nExecStart=/usr/bin/env\nNoSuchSetting=1\n");
    assertMatch((await said([SYSTEMD_ANALYZE, "verify", unknown])).text, /NoSuchSetting/);
  },
);

testUnless(
  missing([PYTHON]),
  "launchd is given a property list that a parser of XML takes",
  async () => {
    await using directory = new TempDir();
    const path = `${directory.path}/connscribe.plist`;
    await Deno.writeTextFile(
      path,
      await printed("launchd", "--program", "/opt/cs", "--log-directory", "/l"),
    );
    const script =
      "import json,plistlib,sys; print(json.dumps(plistlib.load(open(sys.argv[1],'rb'))))";
    const list = JSON.parse(await runOther([PYTHON, "-I", "-c", script, path]));
    assertEquals(list.Label, "connscribe");
    assertEquals([list.ProgramArguments[0], list.ProgramArguments[1]], ["/opt/cs", "export"]);
    assertEquals(list.ProgramArguments.at(-2), "/l/summary.ndjson");
    assertEquals([list.RunAtLoad, list.StartInterval, list.Umask], [true, 300, 0o027]);
  },
);

/** The lines of a crontab (crontab(5)): five fields, and a command in which % would be a line feed. */
function cronCommands(text: string): string[] {
  const commands: string[] = [];
  for (const line of text.split("\n").slice(0, -1)) {
    if (line.startsWith("#")) continue;
    const found = /^((?:[0-9*,/-]+ ){5})(\S.*)$/.exec(line);
    assert(found, `not of five fields: ${line}`);
    const limits = [[0, 59], [0, 23], [1, 31], [1, 12], [0, 7]] as const;
    for (const [i, field] of (found[1] ?? "").trim().split(" ").entries()) {
      const [first, last] = limits[i] ?? [0, 0];
      assertMatch(field, /^(\*|\d+(-\d+)?)(\/\d+)?(,(\*|\d+(-\d+)?)(\/\d+)?)*$/);
      for (const number of field.replace(/\/\d+/g, "").match(/\d+/g) ?? []) {
        assert(Number(number) >= first && Number(number) <= last, line);
      }
    }
    assert(!/%/.test(found[2] ?? ""), `% in ${line}`);
    commands.push(found[2] ?? "");
  }
  return commands;
}

Deno.test("cron is given one line of five fields, and sh the words that are meant", async () => {
  await using directory = new TempDir();
  const program = `${directory.path}/program`;
  await Deno.writeTextFile(program, '#!/bin/sh\nprintf "%s\\n" "$@"\n', { mode: 0o755 });
  const text = await printed("cron", "--program", program, "--from", "files");
  const commands = cronCommands(text);
  assertEquals(commands.length, 1);
  const words = (await runOther(["/bin/sh", "-c", commands[0] ?? ""])).split("\n");
  assertEquals(words.slice(0, 3), [
    "export",
    "--input",
    "/var/log/connscribe/connscribe-*.ndjson*",
  ]);
});

Deno.test("the export of the timer and of cron sums up segments, each window once", async () => {
  await using directory = new TempDir();
  const { path } = directory;
  const unit = await printed("systemd-export", "--program", SOME_PROGRAM, "--log-directory", "/l");
  const [, ...words] = (/^ExecStart=(.*)$/m.exec(unit)?.[1] ?? "").split(" ");
  // A first run begins with the window that has ended last. The log goes on: another may end meanwhile.
  const begin = Date.now() - 1_200_000;
  const lines = Array.from({ length: 2400 }, (_, i) => `${begin + i * 1000} here there\n`);
  await Deno.writeTextFile(`${path}/connscribe-host-20261121T000000Z-1.ndjson`, lines.join(""));
  const args = words.map((word) => word.replace(/^\/(l|var\/lib\/connscribe)\//, `${path}/`));
  const first = await run(args);
  assertEquals(first.code, EXIT.ok, first.stderr);
  const summary = await Deno.readTextFile(`${path}/summary.ndjson`);
  const [record = "{}", ...rest] = summary.split("\n");
  assertEquals([JSON.parse(record).connscribe?.count, rest], [300, [""]], summary);
  const again = await run(args);
  assertEquals(again.code, EXIT.ok, again.stderr);
  const both = await Deno.readTextFile(`${path}/summary.ndjson`);
  assert(both.startsWith(summary), both);
  const records = both.split("\n").slice(0, -1).map((line) => JSON.parse(line));
  assert(records.length <= 2 && records.every(({ connscribe }) => connscribe?.count === 300), both);
  assertEquals(new Set(records.map(({ event }) => event.start)).size, records.length, both);
});

testUnless(missing([LOGROTATE]), "logrotate takes the file, and rotates with create", async () => {
  await using directory = new TempDir();
  const { path } = directory;
  await Deno.chmod(path, 0o750);
  const me = (await runOther(["/usr/bin/id", "-un"])).trim();
  const group = (await runOther(["/usr/bin/id", "-gn"])).trim();
  const text = (await printed("logrotate", "--log-directory", path))
    .replaceAll("connscribe connscribe", `${me} ${group}`)
    .replace("-u connscribe", `-u ${me}`);
  assert(!/^\s*copytruncate/m.test(text));
  const config = `${path}/config`;
  await Deno.writeTextFile(config, text, { mode: 0o644 });
  const log = `${path}/connscribe.ndjson`;
  await Deno.writeTextFile(log, "{}\n");
  const state = ["--state", `${path}/state`];
  const debug = await said([LOGROTATE, "-d", ...state, config]);
  assertEquals(debug.code, 0, debug.text);
  assert(!/error|unknown|ignor/i.test(debug.text), debug.text);
  assertEquals(await said([LOGROTATE, "-f", ...state, config]), { code: 0, text: "" });
  assertEquals(await Deno.readTextFile(`${log}.1`), "{}\n");
  const { size, mode } = await Deno.stat(log);
  assertEquals([size, (mode ?? 0) & 0o777], [0, 0o640]);
});

testUnless(missing([APPARMOR_PARSER]), "apparmor_parser takes the profile", async () => {
  await using directory = new TempDir();
  for (const from of ["auto", "trace", "conntrack", "proc"]) {
    const path = `${directory.path}/${from}`;
    await Deno.writeTextFile(path, await printed("apparmor", "--from", from));
    const { code, text } = await said([APPARMOR_PARSER, "-Q", "-K", path]);
    assertEquals(code, 0, text);
  }
});

testUnless(
  missing(["/usr/bin/systemd-sysusers", "/usr/bin/systemd-tmpfiles"]),
  "sysusers and tmpfiles make the user and its directories below another root",
  async () => {
    await using directory = new TempDir();
    const { path } = directory;
    for (const name of ["sysusers", "tmpfiles"]) {
      await Deno.writeTextFile(`${path}/${name}.conf`, await printed(name));
    }
    const root = `${path}/root`;
    await Deno.mkdir(`${root}/etc`, { recursive: true });
    await runOther(["/usr/bin/systemd-sysusers", `--root=${root}`, `${path}/sysusers.conf`]);
    assertMatch(await Deno.readTextFile(`${root}/etc/passwd`), /^connscribe:.*nologin$/m);
    const asked = [
      "/usr/bin/systemd-tmpfiles",
      "--create",
      `--root=${root}`,
      `${path}/tmpfiles.conf`,
    ];
    const { code, text } = await said(asked);
    if (Deno.uid() === 0) assertEquals([code, text], [0, ""]);
    for (const made of ["var/log/connscribe", "var/lib/connscribe"]) {
      assert((await Deno.stat(`${root}/${made}`)).isDirectory, made);
    }
  },
);

Deno.test("splunk is given stanzas of known settings, and a path file without a shell's quotes", async () => {
  const text = await printed("splunk", "--program", "/opt/cs", "--from", "files");
  for (const line of text.split("\n")) {
    assertMatch(
      line,
      /^(#.*|\[(script|monitor):\/\/[^\]]+\]|(interval|sourcetype|source|disabled) = \S+|)$/,
    );
  }
  const [, command = ""] = /^# {3}(\/usr\/bin\/env .*)$/m.exec(text) ?? [];
  assertStringIncludes(command, " -u LD_LIBRARY_PATH /opt/cs export ");
  assert(!/['"\\$`]/.test(command), command);
});
