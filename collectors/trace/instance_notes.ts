/** What a user should know of an instance that the kernel has made. */
import type { TraceInstance } from "./instance.ts";

/** What comes from the route lookups: there the kernel tells most of what is not of a program. */
const LOOKUPS: ReadonlySet<string> = new Set(["fib_table_lookup", "fib6_table_lookup"]);

/** What it does not tell, each one sentence. */
export function lacksOf(
  { events, tellsBottomHalves }: Pick<TraceInstance, "events" | "tellsBottomHalves">,
): string[] {
  const isFiltered = !events.some(({ name, status }) =>
    LOOKUPS.has(name) && status === "other filter"
  );
  return isFiltered && tellsBottomHalves !== false ? [] : [
    "whose a tunnel's own packets are: this kernel does not mark them (Linux 5.18 does), so they are charged to the sender of what they carry",
  ];
}

/** In what it is not as it was asked for, each one sentence. */
export function notesOf(
  { cpuBufferKib, askedKib, events }: Pick<TraceInstance, "cpuBufferKib" | "askedKib" | "events">,
): string[] {
  const notes: string[] = [];
  if (cpuBufferKib < askedKib) {
    notes.push(
      `the kernel has memory for ${cpuBufferKib} KiB of events a CPU only, not the ${askedKib} KiB of --buffer`,
    );
  }
  for (const { system, name, status, filter = "none" } of events) {
    if (status !== "other filter") continue;
    notes.push(
      `this kernel refuses the best filter of ${system}/${name}, so more is read; in force: ${filter}`,
    );
  }
  return notes;
}
