/** `--noteworthy`: keeps the records that no rule expects, with the reasons; `--explain` tells of the others. */
import type { Connection } from "../connection.ts";
import type { Judge } from "../noteworthy/compile.ts";
import { describe } from "../noteworthy/describe.ts";
import type { Rule } from "../noteworthy/rules.ts";
import type { Ledger, Stage } from "./stage.ts";

/** Examples that are kept of one rule, at most. */
const EXAMPLES = 3;

/** Hears of each record that is left out, and of the rule that expects it. */
export type OnHidden = (rule: string, connection: Connection) => void;

/**
 * Leaves out the expected records, and counts them as filtered; sets the reasons of the others, in place
 * of those that they came with. Batches that are left empty end here.
 */
export function judgeStage(judge: Judge, ledger: Ledger, onHidden?: OnHidden): Stage {
  return async function* (batches) {
    for await (const batch of batches) {
      const kept: Connection[] = [];
      for (const connection of batch) {
        const verdict = judge(connection);
        if (verdict.verdict === "noteworthy") {
          kept.push({ ...connection, noteworthy: verdict.reasons });
        } else onHidden?.(verdict.rule, connection);
      }
      ledger.filtered += batch.length - kept.length;
      if (kept.length > 0) yield kept;
    }
  };
}

/** What one rule has hidden. */
export interface HiddenByRule {
  readonly rule: string;
  /** Why there is that rule. */
  readonly why: string;
  readonly records: number;
  /** How many connections they are: see {@linkcode connectionsOf}. */
  readonly connections: number;
  /** A few of them in words: `curl to reach 203.0.113.7:8443`. Safe to print. */
  readonly examples: readonly string[];
}

/**
 * How many connections a record adds to those that were told of before: a summary as many as it stands
 * for; none where it goes on about one that has been opened.
 */
export function connectionsOf({ count, event }: Connection): number {
  return count ?? (event === "update" || event === "close" ? 0 : 1);
}

/** {@linkcode HiddenByRule} while it is counted. */
interface Hidden extends HiddenByRule {
  records: number;
  connections: number;
  readonly examples: string[];
}

/** Collects for `--explain` what was hidden. Its size is bounded by the number of rules. */
export class HiddenCounts {
  readonly #hidden = new Map<string, Hidden>();
  readonly #whys: ReadonlyMap<string, string>;

  /** @param rules Those that the judge was compiled from. */
  constructor(rules: readonly Rule[]) {
    this.#whys = new Map(rules.map(({ name, why }) => [name, why]));
  }

  /** Counts a record: an {@linkcode OnHidden} that keeps its `this`. */
  readonly add: OnHidden = (rule, connection) => {
    let entry = this.#hidden.get(rule);
    if (entry === undefined) {
      const why = this.#whys.get(rule) ?? "";
      entry = { rule, why, records: 0, connections: 0, examples: [] };
      this.#hidden.set(rule, entry);
    }
    entry.records += connection.records ?? 1;
    entry.connections += connectionsOf(connection);
    if (entry.examples.length >= EXAMPLES) return;
    const text = describe(connection);
    if (!entry.examples.includes(text)) entry.examples.push(text);
  };

  /** By rule, those that hid most connections first; equal ones by records, then by name. */
  summary(): HiddenByRule[] {
    return [...this.#hidden.values()].sort((a, b) =>
      b.connections - a.connections || b.records - a.records || (a.rule < b.rule ? -1 : 1)
    );
  }
}
