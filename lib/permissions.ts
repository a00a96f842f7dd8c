/** The main thread parses and writes untrusted text: it gives up every permission it does not need. */

/** All permissions of Deno. */
export const PERMISSION_NAMES = [
  "read",
  "write",
  "run",
  "net",
  "ffi",
  "env",
  "sys",
  "import",
] as const;

/** One of {@linkcode PERMISSION_NAMES}. */
export type PermissionName = typeof PERMISSION_NAMES[number];

/**
 * Gives up every permission of this thread but the named ones, for good. Workers that are loaded keep
 * their own. Files that are open stay open.
 */
export async function dropPermissions(keep: readonly PermissionName[] = []): Promise<void> {
  for (const name of PERMISSION_NAMES) {
    if (!keep.includes(name)) await Deno.permissions.revoke({ name });
  }
}

/** Which permissions this thread holds. */
export async function heldPermissions(): Promise<PermissionName[]> {
  const held: PermissionName[] = [];
  for (const name of PERMISSION_NAMES) {
    const { state } = await Deno.permissions.query({ name });
    if (state === "granted") held.push(name);
  }
  return held;
}
