import { assertEquals } from "@std/assert";
import { classifyStderr, type StderrLine } from "./stderr.ts";

const FIXTURES = new URL("../../fixtures/conntrack/", import.meta.url);

/** What each line of the captures means, by file. */
const EXPECTED: Readonly<Record<string, readonly StderrLine[]>> = {
  "acct.err": [{ kind: "shown", count: 22 }],
  "acct_all.err": [{ kind: "remark" }, { kind: "shown", count: 22 }],
  "b.err": [{ kind: "remark" }, { kind: "shown", count: 2 }],
  "enobufs.err": [
    { kind: "overrun" },
    { kind: "remark" },
    { kind: "remark" },
    { kind: "shown", count: 166 },
  ],
  "list.err": [{ kind: "shown", count: 9 }],
  "not_permitted.err": [{ kind: "not-permitted" }, { kind: "no-socket" }],
  "not_permitted_list.err": [{ kind: "not-permitted" }],
  "refused_option.err": [{ kind: "refused", option: "--foo" }, { kind: "remark" }],
  "refused_parameter.err": [{ kind: "refused", option: "foo" }, { kind: "remark" }],
};

Deno.test("classifyStderr knows every line that was captured", function () {
  const actual: Record<string, StderrLine[]> = {};
  for (const { name } of Deno.readDirSync(FIXTURES)) {
    if (!name.endsWith(".err")) continue;
    const text = Deno.readTextFileSync(new URL(name, FIXTURES));
    actual[name] = text.trimEnd().split("\n").map(classifyStderr);
  }
  assertEquals(actual, EXPECTED);
});

Deno.test("classifyStderr knows the words of getopt(3) for an unknown option", function () {
  const refused = (line: string) => classifyStderr(line);
  assertEquals(refused("conntrack: unrecognized option '--foo'"), {
    kind: "refused",
    option: "--foo",
  });
  assertEquals(refused("conntrack: invalid option -- 'Z'"), { kind: "refused", option: "Z" });
});

Deno.test("classifyStderr does not take an unknown line for a known one", function () {
  for (
    const line of [
      "",
      "mnl_socket_open: Protocol not supported",
      "conntrack v1.4.7 (conntrack-tools): option `-b' requires an argument",
      "conntrack v1.4.7 (conntrack-tools): 4 flow entries have been deleted.",
      "Bad parameter ".repeat(5000),
    ]
  ) assertEquals(classifyStderr(line), { kind: "other" }, line.slice(0, 80));
});
