/** Names of instances, by which those of dead processes are found: nothing else removes them. */
import { ProcFs } from "../../lib/procfs/procfs.ts";
import type { System } from "../../lib/system.ts";
import { instancePath, removeInstance } from "./instance.ts";

/** A process that made an instance. */
export interface InstanceOwner {
  readonly pid: number;
  /** When it was started, clock ticks since the boot: a pid is given away again, both together are not. */
  readonly startTicks: number;
}

/** Which of its instances. */
export type InstancePurpose = "main" | "exec";

const NAME = /^connscribe-([1-9]\d{0,9})-(\d{1,15})(?:-exec)?$/;

/** `connscribe-PID-STARTTICKS`, and the same with `-exec`. */
export function instanceName(
  { pid, startTicks }: InstanceOwner,
  purpose: InstancePurpose = "main",
): string {
  return `connscribe-${pid}-${startTicks}${purpose === "exec" ? "-exec" : ""}`;
}

/** This process; start 0 where /proc does not say. */
export function thisOwner(system: System, pid: number): InstanceOwner {
  const stat = new ProcFs(system, "/proc", () => {}).stat(pid);
  return { pid, startTicks: typeof stat === "string" ? 0 : stat.startTicks };
}

/** Whether that process is there and runs. A process that may not be looked at counts as one that does. */
export function isRunning(system: System, { pid, startTicks }: InstanceOwner): boolean {
  const stat = new ProcFs(system, "/proc", () => {}).stat(pid);
  if (typeof stat === "string") return stat === "denied";
  const dead = stat.state === "Z" || stat.state === "X";
  return !dead && (startTicks === 0 || stat.startTicks === startTicks);
}

/** What {@linkcode removeLeftovers} did. */
export interface Leftovers {
  /** Names of the instances that are gone. */
  readonly removed: readonly string[];
  /** Names of those that could not be removed. */
  readonly kept: readonly string[];
}

/**
 * Removes the instances of processes that are gone. The kernel does not remove one in which a file is
 * open: thus one whose process cannot be seen from here, because it is in another container, stays.
 * Never throws.
 *
 * @param isAlive Whether the process that made an instance is still there: {@linkcode isRunning}.
 */
export async function removeLeftovers(
  system: Pick<System, "readDir" | "removeDir" | "sleep">,
  tracefs: string,
  isAlive: (owner: InstanceOwner) => boolean,
): Promise<Leftovers> {
  const removed: string[] = [];
  const kept: string[] = [];
  for (const name of namesOfInstances(system, tracefs)) {
    const [, pid, startTicks] = NAME.exec(name) ?? [];
    if (pid === undefined) continue;
    if (isAlive({ pid: Number(pid), startTicks: Number(startTicks) })) continue;
    const gone = await removeInstance(system, instancePath(tracefs, name), 1);
    (gone ? removed : kept).push(name);
  }
  return { removed, kept };
}

function namesOfInstances(system: Pick<System, "readDir">, tracefs: string): string[] {
  try {
    return Array.from(system.readDir(`${tracefs}/instances`), ({ name }) => name);
  } catch {
    return [];
  }
}
