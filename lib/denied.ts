/** What was not let through. */
import type { Connection } from "./connection.ts";

/** Whether a filter or firewall refused it, or all that it stands for. A summary may stand for none anew. */
export function isDenied({ outcome, denied = 0, count = 0 }: Connection): boolean {
  return outcome === "denied" || (denied > 0 && denied >= count);
}
