import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import fc from "fast-check";
import type { Connection } from "../connection.ts";
import { hostileConnection } from "../formats/test_records.ts";
import { compileJudge } from "./compile.ts";
import { compileCondition } from "./conditions.ts";
import { factsOf } from "./facts.ts";
import { builtinRules } from "./load.ts";
import type { Rule } from "./rules.ts";
import { judgeOf, notes, type Sample, sample } from "./test_connections.ts";

const EXPECT = '[[rule]]\nname = "web"\nwhy = "w"\nexpect = true\nport = 443\n';
const NOTE = '[[rule]]\nname = "odd"\nwhy = "w"\nnote = "it is odd"\nuser = "eve"\n';

Deno.test("compileJudge gives the reason where no rule matches", () => {
  const judge = judgeOf("");
  const cases: [Sample, string][] = [
    [{ exe: "/usr/bin/curl", port: 8443 }, "curl to reach 203.0.113.7:8443"],
    [{ exe: "/a/x (deleted)", host: "a.example" }, "x to reach a.example:443"],
    [{ ip: "2001:db8::1", process: { name: "a\nb" } }, "a\\nb to reach [2001:db8::1]:443"],
    [{ protocol: "udp", port: 53 }, "an unknown process to reach 203.0.113.7:53 by udp"],
    [{ protocol: "icmp", port: null }, "an unknown process to reach 203.0.113.7 by icmp"],
    [
      { direction: "ingress", port: 22, exe: "/usr/sbin/sshd" },
      "sshd to be reached by 203.0.113.7 on port 22",
    ],
    [
      { direction: "unknown", ip: null, port: 80, localIp: "::", exe: "/usr/bin/nc" },
      "nc to listen on [::]:80",
    ],
  ];
  for (const [record, words] of cases) {
    assertEquals(judge(sample(record)), {
      verdict: "noteworthy",
      reasons: [{ rule: "default", reason: `no rule expects ${words}` }],
    });
  }
});

Deno.test("compileJudge lets all of a rule's conditions decide", () => {
  const judge = judgeOf(EXPECT + 'not_user = ["root", "eve"]\n');
  assertEquals(judge(sample({ process: { user: "alice", uid: 1 } })), {
    verdict: "expected",
    rule: "web",
  });
  assertEquals(notes(judge, { process: { user: "eve" } }), ["default"]);
  assertEquals(notes(judge, { port: 80, process: { user: "alice" } }), ["default"]);
});

Deno.test("compileJudge tells all notes, in the order of the rules, also of what is expected", () => {
  const second = NOTE.replace("odd", "late").replace('user = "eve"', "port = 443");
  const [odd, late] = ["odd", "late"].map((rule) => ({ rule, reason: "it is odd" }));
  for (const [text, reasons] of [[NOTE + second, [odd, late]], [second + NOTE, [late, odd]]]) {
    const judge = judgeOf(EXPECT + text);
    const verdict = judge(sample({ process: { user: "eve" } }));
    assertEquals<unknown>(verdict, { verdict: "noteworthy", reasons });
  }
});

Deno.test("compileJudge takes the first of the rules that expect a record", () => {
  const judge = judgeOf(
    EXPECT.replace("port = 443", 'direction = "egress"').replace("web", "z") + EXPECT +
      EXPECT.replace("port = 443", 'host = "a.example"').replace("web", "a"),
  );
  assertEquals(judge(sample({ host: "a.example" })), { verdict: "expected", rule: "z" });
});

Deno.test("compileJudge lets what is not known excuse nothing", () => {
  // No exception to what is noteworthy, and no match for what is expected.
  const note = NOTE.replace('user = "eve"', "port = 443\nnot_unit = 'a'");
  assertEquals(notes(judgeOf(EXPECT + note), {}), ["odd"]);
  assertEquals(notes(judgeOf(EXPECT + note), { process: { unit: "a.service" } }), []);
  assertEquals(notes(judgeOf(EXPECT + "not_unit = 'a'"), {}), ["default"]);
  assertEquals(notes(judgeOf(EXPECT + NOTE), {}), []);
});

/** The judge in its plainest form: every rule, every condition, nothing remembered. */
function judgePlainly(rules: readonly Rule[], connection: Connection): string[] {
  const facts = factsOf(connection);
  const matching = rules.filter(({ note, conditions }) =>
    conditions.every(({ key, values, negated }) => {
      const answer = compileCondition(key, values)(facts);
      return answer === undefined ? negated && note !== undefined : answer !== negated;
    })
  );
  const noting = matching.filter(({ note }) => note !== undefined).map(({ name }) => name);
  if (noting.length > 0) return noting;
  return matching.length > 0 ? ["expected by " + matching[0]?.name] : ["default"];
}

const ANY_SAMPLE: fc.Arbitrary<Sample> = fc.record({
  direction: fc.constantFrom("egress", "ingress", "local", "unknown"),
  protocol: fc.constantFrom("tcp", "udp", "icmp", "ipv6-icmp"),
  ip: fc.constantFrom("203.0.113.7", "10.0.0.5", "127.0.0.1", "fe80::1", "169.254.169.254", null),
  port: fc.constantFrom(22, 25, 53, 80, 443, 5228, 5353, 6667, 9001, 67, 3480, null),
  host: fc.constantFrom(
    "a.apple.com",
    "evilapple.com",
    "deb.debian.org",
    "google.com",
    "x.slack.com",
  ),
  exe: fc.constantFrom(
    "/usr/sbin/mDNSResponder",
    "/usr/bin/bash",
    "/usr/sbin/sshd",
    "/tmp/x",
    "/usr/bin/x (deleted)",
    "/Applications/Slack.app/Contents/MacOS/Slack",
    "/opt/google/chrome/chrome",
  ),
  process: fc.constantFrom({}, { user: "root", name: "dnf" }, { unit: "cloud-init.service" }),
}, { requiredKeys: [] });

Deno.test("compileJudge decides as plainly going through all rules does", () => {
  for (const system of ["linux", "macos"] as const) {
    const rules = builtinRules(system);
    const judge = compileJudge(rules);
    const records = fc.oneof(
      { weight: 3, arbitrary: ANY_SAMPLE.map(sample) },
      hostileConnection,
    );
    fc.assert(
      fc.property(records, (record) => {
        // Twice: once decided, once remembered.
        for (let i = 0; i < 2; i++) {
          const verdict = judge(record);
          const found = verdict.verdict === "expected"
            ? ["expected by " + verdict.rule]
            : verdict.reasons.map(({ rule }) => rule);
          assertEquals(found, judgePlainly(rules, record));
        }
      }),
      { numRuns: 200 },
    );
  }
});

Deno.test("compileJudge gives reasons that are one line, whatever is in a record", () => {
  const judge = judgeOf("");
  fc.assert(
    fc.property(hostileConnection, (record) => {
      const verdict = judge(record);
      assert(verdict.verdict === "noteworthy");
      for (const { reason } of verdict.reasons) {
        assert(!/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u.test(reason) && reason.length < 3000, reason);
      }
    }),
    { numRuns: 200 },
  );
});

Deno.test("compileJudge decides once for records that are alike", () => {
  const judge = judgeOf("");
  const record = sample({ exe: "/usr/bin/curl" });
  const later = { ...record, id: "c-2", time: 5, local: { ip: "192.0.2.10", port: 6 } };
  assertStrictEquals(judge(record), judge(later));
});
