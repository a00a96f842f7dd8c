/** Which CPUs have something to be traced. */
import type { System } from "../../lib/system.ts";

/** `0-3,6` (cpu_show_online... of drivers/base/cpu.c, "%*pbl"). */
const ONLINE = "/sys/devices/system/cpu/online";

/** More than any kernel has (NR_CPUS is 8192 at most). */
const MAX_CPU = 0xffff;

const decoder = new TextDecoder();

/** Parses a list such as `0-3,6`. What is not understood is passed over. */
export function parseCpuList(text: string): Set<number> {
  const cpus = new Set<number>();
  for (
    const [, first, last = first] of text.matchAll(/(?:^|,)(\d{1,5})(?:-(\d{1,5}))?(?=[,\n]|$)/g)
  ) {
    for (let cpu = Number(first); cpu <= Math.min(Number(last), MAX_CPU); cpu++) cpus.add(cpu);
  }
  return cpus;
}

/**
 * CPUs of a tracefs instance that are switched on, in their order. A host may have room for hundreds
 * that are not there: to ask for their events too would cost most of the time.
 */
export function onlineCpus(
  system: Pick<System, "readDir" | "readFile">,
  instance: string,
): number[] {
  const cpus: number[] = [];
  for (const { name } of system.readDir(`${instance}/per_cpu`)) {
    const number = /^cpu(\d{1,5})$/.exec(name)?.[1];
    if (number !== undefined) cpus.push(Number(number));
  }
  cpus.sort((a, b) => a - b);
  try {
    const online = parseCpuList(decoder.decode(system.readFile(ONLINE)));
    const found = cpus.filter((cpu) => online.has(cpu));
    if (found.length > 0) return found;
  } catch {
    // There may be no sysfs here. Then all are asked.
  }
  return cpus;
}
