/** Where the kernel's trace is read, and what is in the way where it cannot be (tracefs, Linux 4.1). */
import { EXIT, ExitError } from "../../lib/exit.ts";
import { capabilitiesOf } from "../../lib/service/capabilities.ts";
import type { System } from "../../lib/system.ts";

/** Where tracefs belongs. The kernel makes the directory. */
export const TRACEFS = "/sys/kernel/tracing";

/** Where it was before, and where older distributions still have it. */
const TRACEFS_IN_DEBUGFS = "/sys/kernel/debug/tracing";

/** Says `none integrity [confidentiality]` (security/lockdown/lockdown.c); not every kernel has it. */
const LOCKDOWN = "/sys/kernel/security/lockdown";

const MOUNT_PROGRAMS = ["/usr/bin/mount", "/bin/mount"] as const;

/** The event without which there are no TCP connections to see. */
const NEEDED_EVENT = "sock/inet_sock_set_state";

/** What whoever may not read the trace is to do. */
export const AS_ROOT = `run as root, or with ${
  capabilitiesOf("trace").map(({ name }) => name).join(", ")
}`;

/** What is in the way. */
export type TracefsProblem =
  | "unmounted"
  | "denied"
  | "locked down"
  | "no tracing"
  | "no event"
  | "unreadable";

/** Why tracefs cannot be used. */
export interface TracefsTrouble {
  readonly path?: undefined;
  readonly problem: TracefsProblem;
  /** One sentence, without a full stop. */
  readonly reason: string;
  /** What would mend it, one sentence, without a full stop. */
  readonly remedy: string;
}

/** Where tracefs is, or why it cannot be used. */
export type Tracefs = { readonly path: string } | TracefsTrouble;

const decoder = new TextDecoder();

/** Finds tracefs where it is mounted, and sees whether it may be read. Never throws. */
export function findTracefs(system: Pick<System, "readDir" | "readFile" | "uid">): Tracefs {
  const first = look(system, TRACEFS);
  if (first === "usable") return { path: TRACEFS };
  const second = look(system, TRACEFS_IN_DEBUGFS);
  if (second === "usable") return { path: TRACEFS_IN_DEBUGFS };
  // A debugfs that may not be read says nothing about the tracefs that is or is not in it.
  const found = first === "no tracing" && second !== "denied" ? second : first;
  const problem = found !== "no event" && lockedDown(system) ? "locked down" : found;
  return { problem, ...explain(problem, system.uid() === 0) };
}

function look(
  system: Pick<System, "readDir" | "readFile">,
  path: string,
): TracefsProblem | "usable" {
  try {
    const names = new Set<string>();
    for (const { name } of system.readDir(path)) names.add(name);
    if (names.size === 0) return "unmounted";
    if (!names.has("instances")) return "no tracing";
    // Listing is allowed where opening is not: under lockdown for one.
    system.readFile(`${path}/trace_clock`);
  } catch (error) {
    return problemOf(error);
  }
  try {
    system.readFile(`${path}/events/${NEEDED_EVENT}/format`);
    return "usable";
  } catch (error) {
    return error instanceof Deno.errors.NotFound ? "no event" : problemOf(error);
  }
}

function problemOf(error: unknown): TracefsProblem {
  if (error instanceof Deno.errors.NotFound) return "no tracing";
  const denied = error instanceof Deno.errors.PermissionDenied ||
    error instanceof Deno.errors.NotCapable;
  return denied ? "denied" : "unreadable";
}

function lockedDown(system: Pick<System, "readFile">): boolean {
  try {
    return decoder.decode(system.readFile(LOCKDOWN)).includes("[confidentiality]");
  } catch {
    return false;
  }
}

function explain(problem: TracefsProblem, root: boolean): { reason: string; remedy: string } {
  switch (problem) {
    case "unmounted":
      return {
        reason: `tracefs is not mounted on ${TRACEFS}`,
        remedy: root
          ? `use --mount-tracefs, or run "mount -t tracefs nodev ${TRACEFS}"`
          : `run as root with --mount-tracefs, or let root run "mount -t tracefs nodev ${TRACEFS}"`,
      };
    case "denied":
      return {
        reason: "the kernel's trace may not be read",
        remedy: root ? "run on the host itself, not in a container" : AS_ROOT,
      };
    case "locked down":
      return {
        reason: "kernel lockdown forbids to read the kernel's trace",
        remedy: `boot with "lockdown=integrity" or without lockdown, or use --from conntrack`,
      };
    case "no tracing":
      return {
        reason: `this kernel has no tracing, or ${TRACEFS} is hidden here`,
        remedy: "run on the host itself, or use a kernel with CONFIG_EVENT_TRACING",
      };
    case "no event":
      return {
        reason: `this kernel has no event ${NEEDED_EVENT}`,
        remedy: "use Linux 4.16 or later, built with CONFIG_EVENT_TRACING",
      };
    case "unreadable":
      return {
        reason: "the kernel's trace cannot be read",
        remedy: `see what "ls ${TRACEFS}" says`,
      };
  }
}

/**
 * Mounts tracefs on {@linkcode TRACEFS}, with mount(8). Only for a user who asked for it; it stays mounted,
 * for it may be in use by others when connscribe ends.
 *
 * @throws ExitError 69 when there is no mount(8), 77 when it fails.
 */
export async function mountTracefs(system: Pick<System, "run">): Promise<void> {
  const command = `mount -t tracefs nodev ${TRACEFS}`;
  for (const program of MOUNT_PROGRAMS) {
    try {
      const { code, stderr } = await system.run(program, ["-t", "tracefs", "nodev", TRACEFS]);
      if (code === 0) return;
      const [why = ""] = stderr.trim().split("\n");
      const said = why === "" ? `status ${code}` : `"${why.slice(0, 200)}"`;
      throw new ExitError(
        EXIT.permission,
        `cannot mount tracefs: mount said ${said}; run as root, outside of a container`,
      );
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  throw new ExitError(
    EXIT.unavailable,
    `cannot mount tracefs: there is no ${
      MOUNT_PROGRAMS.join(" or ")
    }; run "${command}" by other means`,
  );
}
