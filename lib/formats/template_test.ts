import { assert, assertEquals, assertMatch, assertStringIncludes, assertThrows } from "@std/assert";
import fc from "fast-check";
import type { Connection } from "../connection.ts";
import { unescapeControl } from "./escape.ts";
import { checkTemplate, createTemplateFormat, FIELD_NAMES } from "./template.ts";
import { CURL, hostileConnection, hostileText, SAMPLES } from "./test_records.ts";

const open = SAMPLES["open"]!;
const byDefault = createTemplateFormat({ color: false, now: 0 });

/** What a template makes of a record, without the line feed. */
function render(template: string, record: Connection, timeFormat?: string): string {
  const context = {
    color: false,
    now: 0,
    template,
    ...(timeFormat !== undefined && { timeFormat }),
  };
  const line = createTemplateFormat(context).line(record);
  assert(line.endsWith("\n"));
  return line.slice(0, -1);
}

Deno.test("template writes the lines of conntrack-logger's manual", () => {
  const session = "/user/1000.user/1.session/systemd-1196";
  const base = { ...open, attribution: "exact", direction: "egress" } as const;
  const owner = { ...CURL, uid: 1000, gid: 1000 };
  const { commandLineBytes: _, ...whole } = owner;
  const records: Connection[] = [
    {
      ...base,
      time: 1_373_127_181_999_999,
      ipVersion: 6,
      local: { ip: "2001:470:1f0b:11de::12", port: 55446 },
      remote: { ip: "2607:f8b0:4006:802::1010", port: 80 },
      process: {
        ...whole,
        pid: 2354,
        cgroup: `${session}/enlightenment.service`,
        commandLine: ["curl", "-s", "-o", "/dev/null", "ipv6.google.com"],
      },
    },
    {
      ...base,
      time: 1_373_127_199_000_000,
      local: { ip: "192.168.0.12", port: 34870 },
      remote: { ip: "195.24.232.208", port: 80 },
      process: {
        ...whole,
        pid: 28865,
        cgroup: `${session}/dbus.service`,
        commandLine: ["python", "/usr/libexec/dbus-lastfm-scrobbler"],
      },
    },
    {
      ...base,
      direction: "local",
      time: 1_373_127_220_000_000,
      local: { ip: "127.0.0.1", port: 59047 },
      remote: { ip: "127.0.0.1", port: 1234 },
      process: {
        ...whole,
        pid: 2387,
        cgroup: `${session}/enlightenment.service`,
        commandLine: ["ncat", "-v", "cane", "1234"],
      },
    },
  ];
  assertEquals(
    records.map(byDefault.line).join(""),
    `1373127181: ipv6/tcp 2001:470:1f0b:11de::12/55446 > 2607:f8b0:4006:802::1010/80 :: 2354 1000:1000 /user/1000.user/1.session/systemd-1196/enlightenment.service :: curl -s -o /dev/null ipv6.google.com
1373127199: ipv4/tcp 192.168.0.12/34870 > 195.24.232.208/80 :: 28865 1000:1000 /user/1000.user/1.session/systemd-1196/dbus.service :: python /usr/libexec/dbus-lastfm-scrobbler
1373127220: ipv4/tcp 127.0.0.1/59047 > 127.0.0.1/1234 :: 2387 1000:1000 /user/1000.user/1.session/systemd-1196/enlightenment.service :: ncat -v cane 1234
`,
  );
});

Deno.test("template writes an unknown owner as conntrack-logger does", () => {
  const { process: _, ...record } = open;
  assertEquals(
    byDefault.line(record),
    "1795226500: ipv4/tcp 10.0.0.5/43210 > 93.184.216.34/443 :: ? -:- - :: -\n",
  );
});

Deno.test("template takes the end that opened the connection as source", () => {
  const ends = (record: Connection) => render("{ev.src}/{ev.sport} > {ev.dst}/{ev.dport}", record);
  assertEquals(
    ends(SAMPLES["open from outside, IPv6, at start"]!),
    "2001:db8:0:1:ffff:ffff:ffff:fffe/50022 > 2001:db8::5/22",
  );
  assertEquals(ends(SAMPLES["listen"]!), "-/- > ::/22");
  assertEquals(ends(SAMPLES["summary"]!), "10.0.0.5/- > 198.51.100.1/-");
});

Deno.test("template knows every field", () => {
  const record: Connection = {
    ...SAMPLES["close"]!,
    remote: { ip: "93.184.216.34", port: 443, name: "example.org" },
    attributionReason: "first not permitted",
  };
  const template = FIELD_NAMES.map((name) => `${name}={${name}}`).join("\t");
  assertEquals(
    Object.fromEntries(render(template, record).split("\t").map((part) => part.split(/=(.*)/))),
    {
      "ts": "1795226563",
      "start": "1795226500",
      "end": "1795226563",
      "ev.proto": "ipv4/tcp",
      "ev.src": "10.0.0.5",
      "ev.sport": "43210",
      "ev.dst": "93.184.216.34",
      "ev.dport": "443",
      "info.pid": "4711",
      "info.uid": "1000",
      "info.gid": "100",
      "info.service": "/user.slice/fetch.service",
      "info.cmdline": "curl -s https://example.org/a?b=c&d it's a\\nb …",
      "event": "close",
      "direction": "egress",
      "outcome": "established",
      "state": "established",
      "local_ip": "10.0.0.5",
      "local_port": "43210",
      "remote_ip": "93.184.216.34",
      "remote_port": "443",
      "remote_name": "example.org",
      "bytes_in": "5000",
      "bytes_out": "300",
      "packets_in": "9",
      "packets_out": "7",
      "duration": "63",
      "attribution": "exact",
      "reason": "first not permitted",
      "id": "c-1",
      "collector": "proc",
      "process": "curl",
      "executable": "/usr/bin/curl",
      "user": "alice",
      "parent": "bash",
      "unit": "user@1000.service",
      "user_unit": "fetch.service",
      "container": CURL.containerId,
      "host": "web-1",
    },
  );
});

Deno.test("template writes braces, tabs and times as it is told to", () => {
  assertEquals(render("{{{event}}}\t{{}}", open), "{open}\t{}");
  assertEquals(render("no field", open), "no field");
  assertEquals(
    render("{ts} {start} {end}", open, "%s.%f!"),
    "1795226500.144181! 1795226500.144181! -",
  );
  assertEquals(render("{duration}", { ...open, durationUs: 18 }), "0.000018");
});

Deno.test("template tells a value that poses as unknown from one", () => {
  const process = { ...CURL, name: "-", cgroup: "", commandLine: [] };
  const { commandLineBytes: _, ...bare } = process;
  assertEquals(
    render("{process} {info.service} {info.cmdline}", { ...open, process: bare }),
    "\\x2d - -",
  );
});

Deno.test("template lets no value pose as the text between fields", () => {
  const process = { ...CURL, name: "a b|c", cgroup: "/x :: y", commandLine: ["sh", "::", ":: 1"] };
  const { commandLineBytes: _, ...bare } = process;
  const record = { ...open, process: bare };
  assertStringIncludes(byDefault.line(record), " /x\\x20::\\x20y :: sh ::\\x20::\\x201\n");
  assertEquals(byDefault.line(record).split(" :: ").length, 3);
  assertEquals(render("{process}|{info.cmdline}", record), "a\\x20b\\x7cc|sh :: :: 1");
  assertEquals(render("{info.cmdline} {process}", record), "sh\\x20::\\x20::\\x201 a\\x20b|c");
  assertEquals(render("{process} {info.cmdline}", record), "a\\x20b|c sh :: :: 1");
});

/** `ts: proto src/sport > dst/dport :: pid uid:gid service :: command line`. */
const LINE = /^(\d+): \S+ \S+\/(\d+|-) > \S+\/(\d+|-) :: (\d+|\?) (\d+|-):(\d+|-) (\S+) :: (.+)\n$/;

Deno.test("template writes one line with the columns of the default whatever a process calls itself", () => {
  const all = createTemplateFormat({
    color: false,
    now: 0,
    template: FIELD_NAMES.map((name) => `{${name}}`).join(" | "),
    timeFormat: "%c",
  });
  fc.assert(
    fc.property(hostileConnection, (record) => {
      const line = byDefault.line(record);
      assertMatch(line, LINE);
      assertEquals(line.split(" :: ").length, 3);
      for (const text of [line, all.line(record)]) {
        // Nothing that ends a line for any reader, or acts on a terminal.
        assertMatch(text, /^[^\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}\p{Cs}\ufeff\u200b]*\n$/u);
      }
      assertEquals(all.line(record).split(" | ").length, FIELD_NAMES.length);
    }),
    { numRuns: 1000 },
  );
});

/** Text between fields: no letter, digit or backslash at its ends; and values that are made of the same. */
const units = fc.constantFrom(" ", ":", "|", "/", ",", "\t", "=", "→", "\u3000");
const separator = fc.oneof(
  fc.tuple(units, fc.constantFrom("", ":", "a", "pid", ": "), units).map((parts) => parts.join("")),
  units,
);
const value = fc.oneof(
  hostileText,
  fc.array(fc.oneof(units, fc.constantFrom("a", "pid", "-", "\\", "\n")), { maxLength: 8 })
    .map((parts) => parts.join("")),
);

/** Splits a line at the first place, or the last one, where each text stands. */
function split(line: string, texts: readonly string[], fromEnd: boolean): string[] {
  if (fromEnd) {
    const last = texts.at(-1);
    if (last === undefined) return [line];
    const at = line.lastIndexOf(last);
    assert(at >= 0);
    return [...split(line.slice(0, at), texts.slice(0, -1), true), line.slice(at + last.length)];
  }
  const [first, ...rest] = texts;
  if (first === undefined) return [line];
  const at = line.indexOf(first);
  assert(at >= 0);
  return [line.slice(0, at), ...split(line.slice(at + first.length), rest, false)];
}

Deno.test("template can be read back by the text between the fields, from either end", () => {
  const texts = fc.tuple(value, value, value, value);
  fc.assert(
    fc.property(texts, fc.tuple(separator, separator, separator), (values, separators) => {
      const [name, cgroup, argument, reason] = values;
      const { commandLineBytes: _, ...process } = {
        ...CURL,
        name,
        cgroup,
        commandLine: [argument],
      };
      const template = ["{process}", "{info.service}", "{info.cmdline}", "{reason}"]
        .map((field, index) => field + (separators[index] ?? "")).join("");
      const line = render(template, { ...open, process, attributionReason: reason });
      const expected = values.map((each) => each === "" ? "-" : each);
      // A blank alone sets nothing apart from the words behind it, so no one can read from the end.
      const fromEnd = separators.every((text) => text.trim() !== "");
      for (const direction of fromEnd ? [false, true] : [false]) {
        const found = split(line, separators, direction);
        assertEquals(found.map(unescapeControl), expected, line);
        for (const each of expected.keys()) {
          if (values[each] === "-") assertEquals(found[each], "\\x2d");
        }
      }
    }),
    { numRuns: 5000 },
  );
});

Deno.test("checkTemplate says what is wrong", () => {
  const wrong: [string, string][] = [
    ["{proces}", 'the unknown field "proces": did you mean "process"?'],
    ["{ev.prto}", 'did you mean "ev.proto"?'],
    ["{info.gpid}", 'did you mean "info.'],
    ["{qwertyuiop}", "known are ts, "],
    ["{}", 'the unknown field "": known'],
    ["{constructor}", "unknown field"],
    ["{__proto__}", "unknown field"],
    ["{ts:>10}", 'unknown field "ts:>10"'],
    ["{ts", 'a "{" without "}": write "{{"'],
    ["{{ts}", 'a "}" without "{": write "}}"'],
    ["{{{ts}}", 'a "}" without "{"'],
    ["{ts}\n", "a line break"],
    ["\x1b[1m{ts}", "would not show"],
    ["{ts}\u2028", "would not show"],
    ["\ud800", "would not show"],
  ];
  for (const [template, message] of wrong) {
    assertThrows(() => checkTemplate(template), RangeError, message, JSON.stringify(template));
  }
  for (const name of FIELD_NAMES) checkTemplate(`{${name}}{{{${name}}}}\\`);
});

Deno.test("checkTemplate throws nothing but what a user can mend, and what passes gives one line", () => {
  const part = fc.oneof(
    hostileText,
    fc.constantFrom("{", "}", "{{", "ts", "{ts}", "{process}", "\\"),
  );
  fc.assert(
    fc.property(fc.array(part, { maxLength: 6 }), hostileConnection, (parts, record) => {
      const template = parts.join("");
      try {
        checkTemplate(template);
      } catch (error) {
        assert(error instanceof RangeError, String(error));
        return;
      }
      assertMatch(render(template, record), /^(?:[^\p{Cc}\p{Zl}\p{Zp}]|\t)*$/u);
    }),
    { numRuns: 2000 },
  );
});

Deno.test("README.md names every field", () => {
  const readme = Deno.readTextFileSync(new URL("../../README.md", import.meta.url));
  for (const name of FIELD_NAMES) assert(readme.includes(`\`{${name}}\``), name);
});
