import { assertEquals } from "@std/assert";
import type { Happening } from "../happening.ts";
import { OpenConnections } from "./open_bytes.ts";

const NETNS = 4026531840;

function opening(port: number): Happening {
  return {
    key: `k-${port}`,
    event: "open",
    time: port,
    protocolNumber: 6,
    ipVersion: 4,
    local: { ip: "192.0.2.1", port },
    remote: { ip: "198.51.100.7", port: 443 },
    netns: NETNS,
    outcome: "established",
    owner: { attribution: "none" },
  };
}

Deno.test("OpenConnections tells what connections have carried, and how many it could not tell of", () => {
  const open = new OpenConnections(2);
  const rows = [1, 2, 3].map((port) => ({
    local: { ip: "192.0.2.1", port },
    remote: { ip: "198.51.100.7", port: 443 },
    bytesIn: 10 * port,
    bytesOut: 0,
  }));
  open.note([opening(1), opening(2)]);
  // Before anything was left out, what is not known is none of ours.
  assertEquals(open.updates(rows, NETNS, 9).map(({ key }) => key), ["k-1", "k-2"]);
  assertEquals([open.size, open.unfollowed], [2, 0]);
  open.note([opening(3)]);
  assertEquals(open.updates(rows, NETNS, 9), []);
  assertEquals([open.size, open.unfollowed], [2, 1]);
});
