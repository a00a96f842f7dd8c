/** `convert`: logs anew, in another format or elsewhere. */
import { inputName } from "../../collectors/input_name.ts";
import type { Invocation, OptionValues } from "../cli/spec.ts";
import { PARQUET } from "../cli/output_options.ts";
import { EXIT, ExitError } from "../exit.ts";
import { statusOf } from "../open_files.ts";
import type { System } from "../system.ts";
import { collectorPlace } from "./options.ts";
import { outSpecs } from "./outputs.ts";
import { runCollector } from "./run.ts";
import { isRotatedFrom, isSegmentIn, namesOf } from "./same_file.ts";
import { askedSpan } from "./time_span.ts";

/** Reads all logs, and writes what they tell. */
export async function run(invocation: Invocation, system: System): Promise<number> {
  const { values, operands } = invocation;
  const { since, until } = askedSpan(values, system.now());
  const logs = operands.length > 0 ? operands : ["-"];
  refuseOwnOutput(values, collectorPlace(values, logs).files?.inputs ?? []);
  return await runCollector(invocation, system, {
    once: false,
    from: "files",
    isPast: true,
    format: "ndjson",
    logs,
    passesReports: !values.flag("no-reports"),
    ...(isParquet(values) && {
      // Loaded only where it is asked for: it is large.
      openOutputs: async (...args) => (await import("./parquet_outputs.ts")).openParquet(...args),
    }),
    span: {
      ...(since !== undefined && { begin: since }),
      ...(until !== undefined && { end: until }),
    },
  });
}

function isParquet(values: OptionValues): boolean {
  return values.text("format") === PARQUET;
}

/**
 * What is read must not be what is written, nor be renamed or removed as too old while it is read.
 *
 * @throws ExitError 64
 */
function refuseOwnOutput(values: OptionValues, inputs: readonly string[]): void {
  const written = new Set<string>();
  const kept: ((path: string) => boolean)[] = [];
  for (const { target } of outSpecs(values, { stat: statusOf })) {
    if (target.kind === "stdout") add("/proc/self/fd/1");
    else if (target.kind === "segments") {
      if (!isParquet(values)) kept.push(isSegmentIn(target.path));
    } else if (target.kind === "file") {
      add(target.path);
      if (values.text("rotate") !== undefined) kept.push(isRotatedFrom(target.path));
    }
  }
  const processes = values.text("processes");
  if (processes !== undefined) add(processes);
  function add(path: string): void {
    for (const name of namesOf(path)) written.add(name);
  }
  for (const path of inputs) {
    const isWritten = namesOf(path === "-" ? "/dev/stdin" : path).some((name) => written.has(name));
    if (!isWritten && !kept.some((isKept) => isKept(path))) continue;
    throw new ExitError(
      EXIT.usage,
      `${inputName(path)} is also the output: write to another file`,
    );
  }
}
