/** Wires a collector through the pipeline to its sinks: what `watch` and `snapshot` have in common. */
import { type CollectorRow, collectorRow } from "../../collectors/registry.ts";
import { describeInvocation } from "../cli/describe.ts";
import { print } from "../cli/print.ts";
import type { Invocation } from "../cli/spec.ts";
import { Diag } from "../diag.ts";
import { EXIT, ExitError } from "../exit.ts";
import { escapeMessage } from "../formats/escape.ts";
import { dropPermissions } from "../permissions.ts";
import { compileFilter, filterStage } from "../pipeline/filter.ts";
import { Ledger } from "../pipeline/stage.ts";
import type { System } from "../system.ts";
import { CollectorWorker } from "../worker/collector_worker.ts";
import { collectorOptions, procfsRoot } from "./options.ts";
import { openSinks } from "./outputs.ts";
import { StopSignal } from "./stop_signal.ts";

/** How a run differs from another. */
export interface RunMode {
  /** Look once and end. */
  readonly once: boolean;
  /** End after so many milliseconds. */
  readonly forMs?: number;
}

/**
 * Runs a collector to its end, to a signal, or until nobody reads its output.
 *
 * @returns 0, or 74 when records were lost to an I/O error.
 * @throws ExitError when it cannot start, or the collector cannot go on.
 */
export async function runCollector(
  invocation: Invocation,
  system: System,
  mode: RunMode,
): Promise<number> {
  const { values } = invocation;
  const row = collectorRow(values.text("from") ?? "");
  if (row === undefined || !row.os.includes(Deno.build.os)) {
    const name = row?.name ?? values.text("from") ?? "";
    throw new ExitError(
      EXIT.unavailable,
      `the collector "${name}" does not run on ${Deno.build.os}`,
    );
  }
  if (values.flag("dry-run")) {
    print(system.stdout, dryRun(invocation, row));
    return EXIT.ok;
  }
  const diag = new Diag(system, { quiet: values.flag("quiet"), verbose: values.flag("verbose") });
  // The worker's module loads while this thread goes on.
  using worker = new CollectorWorker(
    row,
    { procfs: procfsRoot(values) },
    (level, message) => diag.say(level, message, row.name),
  );
  const options = await collectorOptions(values, system, mode.once);
  const ledger = new Ledger();
  const keep = compileFilter(values);
  const sinks = await openSinks(values, system, { diag, ledger, once: mode.once });
  await worker.ready();
  await dropPermissions();
  using stop = new StopSignal(system, mode.forMs);
  let batches = worker.connections(options, stop.signal, ledger);
  if (keep !== undefined) batches = filterStage(keep, ledger)(batches);
  try {
    for await (const batch of batches) {
      for (const sink of sinks) sink.write(batch);
      if (sinks.some((sink) => sink.closed)) stop.abort();
    }
  } finally {
    for (const sink of sinks) sink.close();
  }
  const malformed = ledger.dropped.get("malformed") ?? 0;
  diag.say(malformed > 0 ? "warning" : "debug", `${ledger}`);
  return sinks.some((sink) => sink.lost > 0) ? EXIT.io : EXIT.ok;
}

/** What would run. */
function dryRun(invocation: Invocation, row: CollectorRow): string {
  const lines = [
    `${invocation.command.name} with the collector ${row.name}, which ${row.summary}`,
    ...describeInvocation(invocation).map((line) => `  ${line}`),
    `permissions of the collector's worker: ${row.needs}`,
    "permissions of the main thread once the collector runs: none",
  ];
  return lines.map((line) => `${escapeMessage(line)}\n`).join("");
}
