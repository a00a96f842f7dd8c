/** /etc/passwd (passwd(5)). */
import { textOf, unsigned } from "./text.ts";

/**
 * User names by user id; of several with one id the first, as getpwuid(3) does. Lines that are malformed
 * are passed over, so are comments and the `+` and `-` entries of NIS.
 */
export function parsePasswd(bytes: Uint8Array): Map<number, string> {
  const users = new Map<number, string>();
  for (const line of textOf(bytes).split("\n")) {
    const [name = "", , uid, gid] = line.split(":", 4);
    const id = unsigned(uid);
    if (!/^[^#+-]/.test(name) || id === undefined || id > 0xffffffff) continue;
    if (unsigned(gid) !== undefined && !users.has(id)) users.set(id, name);
  }
  return users;
}
