/** Compiles rules into a judge of records. */
import type { Connection } from "../connection.ts";
import { compileCondition, domainOf } from "./conditions.ts";
import { describe } from "./describe.ts";
import { type Facts, factsOf } from "./facts.ts";
import type { Condition, ConditionKey, Rule } from "./rules.ts";
import { RecentCache, verdictKey } from "./verdict_cache.ts";

/** Name of the rule that stands in the reasons of a record that no rule matches. */
export const DEFAULT_RULE = "default";

/** Verdicts that are remembered, at most. */
const CACHE_SIZE = 8192;

/** Ports that one rule may stand under in the index; a rule for more is always looked at. */
const INDEXED_PORTS = 32;

/** Conditions in the order in which they are looked at: those that are quick to decide first. */
const ORDER: readonly ConditionKey[] = [
  "direction",
  "protocol",
  "port",
  "host",
  "process",
  "user",
  "executable",
  "remote",
  "local",
  "unit",
  "parent",
];

/** Why a record is noteworthy. */
export interface Reason {
  /** Name of the rule, or {@linkcode DEFAULT_RULE}. */
  readonly rule: string;
  readonly reason: string;
}

/** What the rules say of a record. */
export type Verdict =
  | { readonly verdict: "expected"; readonly rule: string }
  | { readonly verdict: "noteworthy"; readonly reasons: readonly Reason[] };

/** Says whether a record is expected. Verdicts are shared between records that are alike. */
export type Judge = (connection: Connection) => Verdict;

/** A rule, ready for use. */
interface CompiledRule {
  readonly rule: Rule;
  /** Place in the order of the rules. */
  readonly index: number;
  readonly holds: (facts: Facts) => boolean;
}

function compileRule(rule: Rule, index: number): CompiledRule {
  const place = ({ key }: Condition) => ORDER.indexOf(key);
  const conditions = [...rule.conditions].sort((a, b) => place(a) - place(b));
  const checks = conditions.map(({ key, values, negated }) => ({
    matches: compileCondition(key, values),
    negated,
    // What is not known excuses nothing: it is no exception to a note.
    unknown: negated && rule.note !== undefined,
  }));
  return {
    rule,
    index,
    holds(facts) {
      for (const { matches, negated, unknown } of checks) {
        const answer = matches(facts);
        if (!(answer === undefined ? unknown : answer !== negated)) return false;
      }
      return true;
    },
  };
}

/** Rules by what a record must have for them to hold. */
class RuleIndex {
  readonly #byDomain = new Map<string, CompiledRule[]>();
  readonly #byPort = new Map<number, CompiledRule[]>();
  readonly #rest: CompiledRule[] = [];

  constructor(rules: readonly CompiledRule[]) {
    for (const compiled of rules) this.#add(compiled);
  }

  #add(compiled: CompiledRule): void {
    const values = (key: ConditionKey) =>
      compiled.rule.conditions.find((each) => each.key === key && !each.negated)?.values;
    const hosts = values("host");
    if (hosts !== undefined) {
      for (const domain of new Set(hosts.map(domainOf))) put(this.#byDomain, domain, compiled);
      return;
    }
    const ports = values("port");
    if (ports !== undefined && ports.length <= INDEXED_PORTS && ports.every(isSinglePort)) {
      for (const port of new Set(ports.map(Number))) put(this.#byPort, port, compiled);
    } else this.#rest.push(compiled);
  }

  /** All rules that may hold, and few that cannot; in no order, some perhaps twice. */
  candidates({ domains, port }: Facts): CompiledRule[] {
    const found = [...this.#rest];
    if (port !== undefined) found.push(...this.#byPort.get(port) ?? []);
    for (const domain of domains ?? []) found.push(...this.#byDomain.get(domain) ?? []);
    return found;
  }
}

function isSinglePort(text: string): boolean {
  return !text.includes("-");
}

function put<K>(index: Map<K, CompiledRule[]>, key: K, compiled: CompiledRule): void {
  const rules = index.get(key);
  if (rules === undefined) index.set(key, [compiled]);
  else rules.push(compiled);
}

/**
 * Compiles rules. Of several `expect` rules that hold, the first one counts; all `note` rules that hold
 * do, and then no `expect` rule.
 *
 * @param rules With checked conditions, as {@linkcode parseRules} gives them.
 * @throws {SyntaxError | RangeError} If a value of a condition means nothing.
 */
export function compileJudge(rules: readonly Rule[]): Judge {
  const index = new RuleIndex(rules.map(compileRule));
  const cache = new RecentCache<Verdict>(CACHE_SIZE);

  function decide(connection: Connection): Verdict {
    const facts = factsOf(connection);
    let expecting: CompiledRule | undefined;
    const noting = new Map<number, CompiledRule>();
    for (const candidate of index.candidates(facts)) {
      const isNote = candidate.rule.note !== undefined;
      if (!isNote && expecting !== undefined && expecting.index <= candidate.index) continue;
      if (!candidate.holds(facts)) continue;
      if (isNote) noting.set(candidate.index, candidate);
      else expecting = candidate;
    }
    if (noting.size > 0) {
      const notes = [...noting.values()].sort((a, b) => a.index - b.index);
      const reasons = notes.map(({ rule }) => ({ rule: rule.name, reason: rule.note ?? "" }));
      return { verdict: "noteworthy", reasons };
    }
    if (expecting !== undefined) return { verdict: "expected", rule: expecting.rule.name };
    const reason = `no rule expects ${describe(connection)}`;
    return { verdict: "noteworthy", reasons: [{ rule: DEFAULT_RULE, reason }] };
  }

  return (connection) => {
    const key = verdictKey(connection);
    const known = cache.get(key);
    if (known !== undefined) return known;
    const verdict = decide(connection);
    cache.set(key, verdict);
    return verdict;
  };
}
