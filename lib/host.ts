/** The host that records are made on. */
import type { HostIdentity } from "./connection.ts";
import { hostId } from "./id.ts";
import type { System } from "./system.ts";

/** Where the machine id is kept (machine-id(5)). */
const MACHINE_ID_FILES = ["/etc/machine-id", "/var/lib/dbus/machine-id"] as const;

/** What ECS calls the operating system that this program runs on (`host.os.type`). */
const OS = Deno.build.os === "darwin" ? "macos" : Deno.build.os;

/**
 * Reads who this host is. Where there is no machine id, the host id is derived from the host name.
 * Needs read permission for `/etc/machine-id` and the system's host name.
 */
export function hostIdentity(system: System): HostIdentity {
  const name = system.hostname();
  for (const path of MACHINE_ID_FILES) {
    try {
      const machineId = new TextDecoder().decode(system.readFile(path)).trim();
      if (/^[0-9a-f]{32}$/.test(machineId)) return { id: hostId(machineId), name, os: OS };
    } catch {
      // The next place may have it.
    }
  }
  return { id: hostId(name), name, os: OS };
}
