import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { STATE } from "../../lib/tcp_states.ts";
import type { FlowEvent } from "./flow.ts";
import { FlowOwners } from "./owners.ts";
import { begun, NOW, TestHost } from "./owners/test_host.ts";

type End = readonly [ip: string, port: number];

const ip = fc.constantFrom("10.0.0.1", "127.0.0.1", "192.0.2.9", "198.51.100.7");
const end = fc.tuple(ip, fc.integer({ min: 1, max: 3 }));
const flow = fc.tuple(
  fc.constantFrom("tcp", "udp"),
  end,
  end,
  fc.constantFrom("new", "dump"),
  fc.integer({ min: -3_000_000, max: 0 }),
).map(([protocol, from, to, event, age]): FlowEvent => ({
  ...begun(protocol, from, to, NOW + age),
  event,
}));
const socket = fc.record({
  isDual: fc.boolean(),
  isMapped: fc.boolean(),
  local: end,
  remote: fc.option(end, { nil: undefined }),
  isOwned: fc.boolean(),
  isTcp: fc.boolean(),
});

interface Known {
  readonly local: End;
  readonly remote: End | undefined;
  readonly protocol: string;
}

function isEnd([ip, port]: End, wanted: End): boolean {
  return port === wanted[1] && (ip === wanted[0] || ip === "0.0.0.0" || ip === "::");
}

/** Whether the socket can be the one of an end, or of the server that will accept it. */
function fits({ local, remote, protocol }: Known, flow: FlowEvent): boolean {
  const { src, dst, sport = 0, dport = 0 } = flow.original;
  const ends: readonly (readonly [End, End])[] = [[[src, sport], [dst, dport]], [
    [dst, dport],
    [src, sport],
  ]];
  return protocol === flow.protocol &&
    ends.some(([here, there]) => isEnd(local, here) && (!remote || isEnd(remote, there)));
}

Deno.test("FlowOwners names only processes with a socket that fits, and else says why", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(socket, { maxLength: 8 }),
      fc.array(flow, { maxLength: 6 }),
      async (sockets, flows) => {
        using host = new TestHost();
        const known = new Map<number, Known>();
        const tables: Record<string, Parameters<TestHost["sockets"]>[1][number][]> = {
          tcp: [],
          tcp6: [],
          udp: [],
          udp6: [],
        };
        sockets.forEach(({ isDual, isMapped, local, remote, isOwned, isTcp }, i) => {
          const pid = 100 + i;
          const protocol = isTcp ? "tcp" : "udp";
          const own: End = isDual ? ["::", local[1]] : local;
          const mapped = (end: End): End => [`::ffff:${end[0]}`, end[1]];
          const state = remote ? STATE.established : isTcp ? STATE.listen : STATE.close;
          const row = isMapped || isDual
            ? { local: isDual && !remote ? own : mapped(local), remote: remote && mapped(remote) }
            : { local, remote };
          tables[isMapped || isDual ? `${protocol}6` : protocol]?.push({
            local: row.local,
            ...(row.remote && { remote: row.remote }),
            state,
            inode: pid,
          });
          known.set(pid, { local: isDual && !remote ? own : local, remote, protocol });
          host.tree.addProcess({ pid, comm: `p${i}`, sockets: isOwned ? [pid] : [] });
        });
        for (const [file, rows] of Object.entries(tables)) host.sockets(file, rows);
        const owners = new FlowOwners(
          host.system,
          host.procfs,
          "host",
          new AbortController().signal,
        );
        const found = await owners.attribute(flows);
        assertEquals(found.length, flows.length);
        for (const [i, { process, attribution, attributionReason }] of found.entries()) {
          const flow = flows[i];
          assert(flow !== undefined);
          assertEquals(process === undefined, attribution === "none");
          assertEquals(attribution === "exact", !attributionReason);
          if (process === undefined) continue;
          const socket = known.get(process.pid);
          assert(socket !== undefined && fits(socket, flow), JSON.stringify([flow, socket]));
        }
      },
    ),
    { numRuns: 40 },
  );
});
