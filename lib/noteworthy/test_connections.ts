/** Short ways to write records, for the tests of rules. */
import { assert, assertEquals } from "@std/assert";
import type { Connection, Direction, RecordedProcess } from "../connection.ts";
import { protocolNumber } from "../protocols.ts";
import { compileJudge, type Judge } from "./compile.ts";
import { parseRules } from "./parse.ts";
import type { Rule } from "./rules.ts";

/** What differs from an unattributed TCP connection to 203.0.113.7:443. */
export interface Sample {
  readonly direction?: Direction;
  readonly protocol?: string;
  /** Remote address; `null`: it is a listener. */
  readonly ip?: string | null;
  /** Remote host name. */
  readonly host?: string;
  readonly nameSource?: string;
  /** Port of the service; `null`: the protocol has none. */
  readonly port?: number | null;
  readonly localIp?: string;
  /** Path of the executable. */
  readonly exe?: string;
  /** Other fields of the process. */
  readonly process?: RecordedProcess;
}

/** A record. */
export function sample(differences: Sample = {}): Connection {
  const { direction = "egress", protocol = "tcp", ip = "203.0.113.7", port = 443 } = differences;
  const { host, nameSource, localIp = "192.0.2.10", exe, process } = differences;
  const service = port === null ? {} : { port };
  const other = port === null ? {} : { port: 50123 };
  const serves = direction === "ingress" || ip === null;
  const named = {
    ...(host !== undefined && { name: host }),
    ...(nameSource !== undefined && { nameSource }),
  };
  const owner = { ...(exe !== undefined && { executable: exe }), ...process };
  return {
    id: "c-1",
    event: ip === null ? "listen" : "open",
    time: 1_795_226_500_144_181,
    direction,
    outcome: "established",
    protocol,
    protocolNumber: protocolNumber(protocol) ?? 0,
    ipVersion: ip?.includes(":") ? 6 : 4,
    local: { ip: localIp, ...(serves ? service : other) },
    ...(ip !== null && { remote: { ip, ...(serves ? other : service), ...named } }),
    ...(Object.keys(owner).length > 0 && { process: owner }),
    attribution: "exact",
    collector: "test",
    host: { id: "h", name: "n" },
  };
}

/** A judge by the rules of a text. */
export function judgeOf(text: string): Judge {
  return compileJudge(parseRules(text, "test.toml").rules);
}

/** Whether the conditions, as TOML, hold for a record, in an `expect` rule. */
export function holds(conditions: string, differences: Sample): boolean {
  const judge = judgeOf(`[[rule]]\nname = "r"\nwhy = "w"\nexpect = true\n${conditions}`);
  return judge(sample(differences)).verdict === "expected";
}

/** Names of the rules that make the record noteworthy; none where it is expected. */
export function notes(judge: Judge, differences: Sample): string[] {
  const verdict = judge(sample(differences));
  return verdict.verdict === "expected" ? [] : verdict.reasons.map(({ rule }) => rule);
}

/** A record that a built-in rule is made for, and one that only just is not. */
export interface Example {
  readonly match: Sample;
  readonly miss: Sample;
}

/**
 * Checks that every rule has an example; that the rule alone holds for the first record and not for the
 * second; and that among all rules it decides the first.
 */
export function checkExamples(
  rules: readonly Rule[],
  examples: Readonly<Record<string, Example>>,
): void {
  assertEquals(Object.keys(examples).sort(), rules.map(({ name }) => name).sort());
  const all = compileJudge(rules);
  for (const rule of rules) {
    const example = examples[rule.name];
    assert(example !== undefined);
    const { match, miss } = example;
    const alone = compileJudge([rule]);
    const decided = rule.note === undefined ? [] : [rule.name];
    assertEquals(notes(alone, match), decided, `${rule.name} does not match its record`);
    assertEquals(notes(alone, miss), ["default"], `${rule.name} matches the near miss`);
    if (rule.note === undefined) assertEquals(notes(all, match), [], rule.name);
    else assert(notes(all, match).includes(rule.name), rule.name);
  }
}
