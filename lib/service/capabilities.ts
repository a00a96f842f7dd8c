/**
 * Which capabilities (capabilities(7)) a collector needs when it does not run as root. tests/live/
 * service_test.ts takes away one after the other, and sees what is missing then.
 */

/** A capability, and what a collector cannot do without it. */
export interface Capability {
  /** `CAP_SYS_PTRACE`, ... */
  readonly name: string;
  /** What it is for: a verb and what follows, without a full stop. */
  readonly use: string;
}

/** Those of a collector; undefined where it needs none that this table knows. */
const NEEDED: Readonly<Record<string, readonly Capability[]>> = {
  trace: [
    {
      name: "CAP_DAC_OVERRIDE",
      use: "make a trace instance in tracefs, which belongs to root, and look into /proc/PID/fd",
    },
    {
      name: "CAP_SYS_PTRACE",
      use: "tell executables, and the processes behind what was open at the start",
    },
    {
      name: "CAP_SYS_ADMIN",
      use: "enter other network namespaces, for the bytes of containers",
    },
    { name: "CAP_SYS_NICE", use: "read the trace in time on a busy host" },
  ],
  conntrack: [
    { name: "CAP_NET_ADMIN", use: "read the kernel's connection tracking" },
    { name: "CAP_SYS_PTRACE", use: "tell the processes of other users" },
    { name: "CAP_DAC_READ_SEARCH", use: "look into /proc/PID/fd of other users" },
  ],
  proc: [
    {
      name: "CAP_SYS_PTRACE",
      use: "tell the processes of other users, and see their network namespaces",
    },
    { name: "CAP_DAC_READ_SEARCH", use: "look into /proc/PID/fd of other users" },
  ],
};

/** Whose capabilities `auto` may need: it takes the first of them that works. */
const AUTOMATIC = "trace,conntrack,proc";

/** What the collectors that `from` names need together, each once. */
export function capabilitiesOf(from: string): readonly Capability[] {
  const found = new Map<string, Capability>();
  for (const collector of (from === "auto" ? AUTOMATIC : from).split(",")) {
    for (const capability of NEEDED[collector] ?? []) {
      if (!found.has(capability.name)) found.set(capability.name, capability);
    }
  }
  // Whoever may write may read.
  if (found.has("CAP_DAC_OVERRIDE")) found.delete("CAP_DAC_READ_SEARCH");
  return [...found.values()];
}

/** Whether the collectors that `from` names may use this one. */
export function uses(from: string, collector: string): boolean {
  return from === "auto" || from.split(",").includes(collector);
}
