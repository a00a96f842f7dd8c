import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { capabilitiesOf } from "./capabilities.ts";
import { packagedText, SERVICE_FILES } from "./files.ts";
import { SERVICE_FILE_NAMES } from "./names.ts";

const PLACE = { program: "/opt/cs/bin/cs", logDirectory: "/var/log/net/cs" };

/** Every file, for every collector that it can be made for, on another host than the usual one. */
function* rendered(): Generator<{ name: string; from: string; text: string }> {
  for (const { name, from: collectors, installed, render } of SERVICE_FILES) {
    for (const from of collectors) {
      yield { name, from, text: render({ ...PLACE, from }, installed) };
    }
  }
}

Deno.test("packaging/ holds what service prints for the usual paths", () => {
  const directory = new URL("../../packaging/", import.meta.url);
  for (const file of SERVICE_FILES) {
    const text = Deno.readTextFileSync(new URL(file.packaged, directory));
    const advice = `run "deno run -A lib/service/write.ts"`;
    assertEquals(text, packagedText(file), `${file.packaged} is not as printed: ${advice}`);
  }
  const names = [...Deno.readDirSync(directory)].filter(({ isFile }) => isFile)
    .map(({ name }) => name);
  const expected = SERVICE_FILES.map(({ packaged }) => packaged);
  assertEquals(names.sort(), [...expected, "README.md"].sort());
});

Deno.test("SERVICE_FILES has the names that the command table offers", () => {
  assertEquals(SERVICE_FILES.map(({ name }) => name), [...SERVICE_FILE_NAMES]);
});

Deno.test("every file says on top where it goes", () => {
  for (const { name, installed } of SERVICE_FILES) {
    const { text } = [...rendered()].find((one) => one.name === name) ?? { text: "" };
    assertStringIncludes(text.split("\n").slice(0, 4).join("\n"), `Goes to `, name);
    if (installed.startsWith("/")) assertStringIncludes(text, installed);
  }
});

Deno.test("no file names the usual paths where others were asked for", () => {
  for (const { name, from, text } of rendered()) {
    assert(!text.includes("/usr/local/bin/connscribe"), `${name} ${from}`);
    assert(!text.includes("/var/log/connscribe"), `${name} ${from}`);
    assert(!/undefined|NaN|\[object/.test(text), `${name} ${from}`);
    assert(text.endsWith("\n") && !text.endsWith("\n\n"), `${name} ${from}`);
  }
});

Deno.test("a unit has a directory below /var/log made, and is let into another one", () => {
  for (const { name, installed, render, from: [from = ""] } of SERVICE_FILES) {
    if (!/^systemd(?!-timer)/.test(name)) continue;
    assertStringIncludes(render({ ...PLACE, from }, installed), "\nLogsDirectory=net/cs\n");
    const elsewhere = render({ ...PLACE, from, logDirectory: "/data/cs" }, installed);
    assertStringIncludes(elsewhere, "\nReadWritePaths=/data/cs\n");
    assert(!elsewhere.includes("LogsDirectory="));
  }
});

/** Values of a setting, in all its lines. */
function setting(text: string, name: string): string[] {
  return text.split("\n").filter((line) => line.startsWith(`${name}=`))
    .flatMap((line) => line.slice(name.length + 1).split(" ")).filter((word) => word !== "");
}

Deno.test("a unit has the capabilities of its collector and no others, and never runs as root", () => {
  for (const { name, from, text } of rendered()) {
    if (!/^systemd(?!-timer)/.test(name)) continue;
    const expected = name === "systemd-export" ? [] : capabilitiesOf(from).map((one) => one.name);
    assertEquals(setting(text, "CapabilityBoundingSet"), expected, `${name} ${from}`);
    assertEquals(setting(text, "AmbientCapabilities"), expected, `${name} ${from}`);
    assertEquals(setting(text, "User"), ["connscribe"]);
    assertEquals(setting(text, "NoNewPrivileges"), ["yes"]);
  }
});

Deno.test("capabilitiesOf adds up what several collectors need, each once", () => {
  const names = (from: string) => capabilitiesOf(from).map(({ name }) => name).sort();
  assertEquals(names("proc"), ["CAP_DAC_READ_SEARCH", "CAP_SYS_PTRACE"]);
  assertEquals(names("files"), []);
  assertEquals(names("conntrack,trace"), names("trace,conntrack"));
  assertEquals(names("auto"), names("trace,conntrack"));
  assert(names("auto").includes("CAP_DAC_OVERRIDE"));
  assert(!names("auto").includes("CAP_DAC_READ_SEARCH"), "is part of CAP_DAC_OVERRIDE");
});

Deno.test("only what reads the trace may write to tracefs, and run in real time", () => {
  for (const { name, from, text } of rendered()) {
    if (name !== "systemd") continue;
    const trace = /auto|trace/.test(from);
    assertEquals(text.includes("/sys/kernel/tracing/instances"), trace, from);
    assertMatch(text, trace ? /^RestrictRealtime=no$/m : /^RestrictRealtime=yes$/m);
  }
});
