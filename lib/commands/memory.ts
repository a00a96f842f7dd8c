/** What `--memory` of a command line allows. */
import type { OptionValues } from "../cli/spec.ts";
import type { CollectorPlace } from "../collector.ts";
import { type MemoryNeed, type MemoryPlan, planMemory } from "../memory.ts";
import { MOST_STORAGE, parseSize } from "../size.ts";
import type { System } from "../system.ts";
import { outSpecs } from "./outputs.ts";
import { namedRows } from "./sources.ts";

/** A thread that writes files or sends messages, MiB; of what waits for a server there may be copies. */
const THREAD = 20;
const COPIES = 2;

/**
 * How memory is shared out; undefined where `--memory` says nothing.
 *
 * @param from What `--from` says.
 * @throws ExitError 64 when it is too little; as `namedRows` and `outSpecs`.
 */
export function memoryPlan(
  values: OptionValues,
  system: Pick<System, "stat">,
  from: string,
  place: CollectorPlace,
): MemoryPlan | undefined {
  const text = values.has("memory") ? values.text("memory") : undefined;
  if (text === undefined) return undefined;
  const needs = namedRows(from, place).map(({ memory }) => memory);
  // Only one of those that are tried will run.
  if (from === "auto") needs.sort((a, b) => b.least - a.least).splice(1);
  return planMemory(parseSize(text, MOST_STORAGE), [...needs, ...outputNeeds(values, system)]);
}

function outputNeeds(values: OptionValues, system: Pick<System, "stat">): MemoryNeed[] {
  const queue = values.has("syslog-queue") ? values.text("syslog-queue") : undefined;
  return outSpecs(values, system).filter(({ target }) => target.kind !== "stdout")
    .map(({ target }) => {
      const waiting = target.kind === "syslog" ? parseSize(queue ?? "16M") / 2 ** 20 : 0;
      return { least: THREAD + COPIES * waiting, tables: 0 };
    });
}
