/** The clocks of another place, for tests. */
import { localTime } from "../../lib/time.ts";

/** `localTime` remembers as many seconds, for a program does not travel. */
const REMEMBERED = 256;

function setZone(zone: string | undefined): void {
  if (zone === undefined) Deno.env.delete("TZ");
  else Deno.env.set("TZ", zone);
  for (let second = 0; second < REMEMBERED; second++) localTime(second * 1e6, " ");
}

/** Does something with the clocks of another place. */
export async function inZone<T>(zone: string, act: () => T | Promise<T>): Promise<T> {
  const before = Deno.env.get("TZ");
  setZone(zone);
  try {
    return await act();
  } finally {
    setZone(before);
  }
}
