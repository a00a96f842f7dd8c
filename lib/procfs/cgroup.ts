/**
 * /proc/PID/cgroup (cgroups(7)): lines `ID:CONTROLLERS:PATH`, and what systemd and container engines
 * put into the path. The kernel lets no newline into it; colons and blanks may be there.
 */
import { textOf } from "./text.ts";

/** Where a process belongs. What is not known is absent. */
export interface CgroupInfo {
  /** Path of the version 2 hierarchy if it names a unit or a container, else of systemd's own one. */
  readonly cgroup?: string;
  /** systemd system unit, by its real (escaped) name: `ssh.service`, `session-2.scope`. */
  readonly unit?: string;
  /** Unit of the user's own service manager. */
  readonly userUnit?: string;
  /** 64 hexadecimal digits: of the innermost container. */
  readonly containerId?: string;
}

/** What the kernel appends to the path of a control group that was removed. */
const DELETED = " (deleted)";

/**
 * What one component of the path of a container looks like. The monitors of podman and CRI-O
 * (`libpod-conmon-...`, `crio-conmon-...`) are not in the container.
 */
const CONTAINER =
  /^(?:(?:docker|cri-containerd|crio|libpod|containerd)-)?([0-9a-f]{64})(?:\.scope)?$/;

/** A name of at most 255 characters with a type, and with an instance if it has an `@` (systemd.unit(5)). */
const UNIT =
  /^(?!@)[A-Za-z0-9:_.\\-]+(?:@[A-Za-z0-9:_.\\@-]+)?\.(?:service|scope|slice|socket|mount|swap|target|device|automount|timer|path)$/;

/** The manager of a user's units. */
const USER_MANAGER = /^user@[0-9]{1,10}\.service$/;

/** systemd escapes a component that the kernel might take for a file of its own with a `_`. */
function unescaped(component: string): string {
  return component.startsWith("_") ? component.slice(1) : component;
}

function isUnit(name: string): boolean {
  return name.length <= 255 && UNIT.test(name);
}

function isSlice(component: string): boolean {
  const name = unescaped(component);
  return name.endsWith(".slice") && !name.includes("@") && isUnit(name);
}

/** The unit that the first component which is no slice names, and where that component is. */
function unitIn(components: readonly string[], from: number): { name?: string; at: number } {
  let at = from;
  while (at < components.length && isSlice(components[at] ?? "")) at++;
  const name = unescaped(components[at] ?? "");
  return isUnit(name) && !name.endsWith(".slice") ? { name, at } : { at };
}

function containerIn(components: readonly string[]): string | undefined {
  for (let i = components.length - 1; i >= 0; i--) {
    const id = CONTAINER.exec(components[i] ?? "")?.[1];
    if (id !== undefined) return id;
  }
  return undefined;
}

/** Reads one path, with the rules of systemd's `cg_path_get_unit` and `cg_path_get_user_unit`. */
function describe(cgroup: string): CgroupInfo {
  const components = cgroup.split("/").filter((component) => component !== "");
  const { name: unit, at } = unitIn(components, 0);
  const userUnit = unit !== undefined && USER_MANAGER.test(unit)
    ? unitIn(components, at + 1).name
    : undefined;
  const containerId = containerIn(components);
  return {
    cgroup,
    ...(unit !== undefined && { unit }),
    ...(userUnit !== undefined && { userUnit }),
    ...(containerId !== undefined && { containerId }),
  };
}

function tells(info: CgroupInfo | undefined): info is CgroupInfo {
  return info?.unit !== undefined || info?.containerId !== undefined;
}

/**
 * Reads the whole file. Where version 2 and systemd's own hierarchy of version 1 (`name=systemd`)
 * differ, version 2 is right if it says anything. A container that neither names is looked for in the
 * other hierarchies: engines without systemd may use only those. Lines that are malformed are passed
 * over.
 */
export function parseCgroup(bytes: Uint8Array): CgroupInfo {
  let unified: CgroupInfo | undefined;
  let systemd: CgroupInfo | undefined;
  let container: string | undefined;
  for (const line of textOf(bytes).split("\n")) {
    const first = line.indexOf(":");
    const second = line.indexOf(":", first + 1);
    if (second < 0 || line[second + 1] !== "/") continue;
    const controllers = line.slice(first + 1, second);
    const path = line.slice(second + 1, line.endsWith(DELETED) ? -DELETED.length : undefined);
    if (line.startsWith("0::")) unified ??= describe(path);
    else if (controllers === "name=systemd") systemd ??= describe(path);
    else if (path !== "/") container ??= containerIn(path.split("/"));
  }
  const info = tells(unified) ? unified : tells(systemd) ? systemd : unified ?? systemd ?? {};
  const containerId = info.containerId ?? unified?.containerId ?? systemd?.containerId ?? container;
  return containerId === undefined ? info : { ...info, containerId };
}
