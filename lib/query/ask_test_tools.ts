/** Asks logs in this process, as `query` does. */
import { findLogs, type LogsOptions } from "../../collectors/files/logs.ts";
import { Crew } from "./crew.ts";
import type { Question } from "./question.ts";
import { firstSeen, most } from "./ranking.ts";
import { Spill } from "./spill.ts";
import type { AnswerSpec, PartResult } from "./task.ts";

/** How logs are asked: nothing of this changes an answer. */
export interface AskOptions extends Omit<LogsOptions, "question"> {
  readonly threads: number;
  readonly blockBytes?: number;
  /** Memory for names, bytes. */
  readonly memory?: number;
  /** Read every line. */
  readonly errors?: boolean;
}

/** What an answer consists of. */
export interface Asked {
  readonly matched: number;
  /** Lines or names. */
  readonly lines: readonly string[];
  readonly results: readonly PartResult[];
  readonly problems: readonly string[];
}

/** Asks; of names the first `limit`, or with `unique` all. */
export async function ask(
  paths: readonly string[],
  question: Question,
  answer: AnswerSpec,
  { threads, blockBytes, memory = 1e6, errors = false, ...rest }: AskOptions,
  limit = 5,
): Promise<Asked> {
  const logs = await findLogs(paths, { ...rest, question });
  using runs = Spill.open(memory / 4);
  using ordered = Spill.open(memory / 4);
  const decoder = new TextDecoder();
  const results: PartResult[] = [];
  let text = "";
  using crew = new Crew({
    task: { question, answer, errors, ...(blockBytes !== undefined && { blockBytes }) },
    parts: logs.parts,
    kept: logs.kept,
    threads,
    onLines: (lines) => text += decoder.decode(lines),
    onResult: (_part, result) => results.push(result),
    onRun: (run) => runs.add(run),
  });
  try {
    await crew.run();
  } finally {
    for (const file of logs.kept.values()) file[Symbol.dispose]();
  }
  const lines = text.split("\n").slice(0, -1);
  if (answer.kind === "names" && answer.by === "unique") {
    for (const { name } of firstSeen(runs, ordered)) lines.push(name);
  } else if (answer.kind === "names") {
    for (const { name, count } of most(runs, ordered, limit)) lines.push(`${count} ${name}`);
  }
  const matched = results.reduce((sum, { matched }) => sum + matched, 0);
  return { matched, lines, results, problems: logs.problems };
}
