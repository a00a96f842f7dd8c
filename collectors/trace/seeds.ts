/** What was open before the trace began, as the collector `proc` sees it. */
import type { CollectorContext, CollectorOptions } from "../../lib/collector.ts";
import type { Connection, Endpoint, RecordedEndpoint } from "../../lib/connection.ts";
import type { System } from "../../lib/system.ts";
import { ProcCollector } from "../proc.ts";
import type { BoundSocket } from "./datagrams.ts";
import type { Happening } from "./happening.ts";
import { endsText } from "./tcp_seeds.ts";
import { hasStates } from "./tcp_states.ts";

/** What {@linkcode readSeeds} has found. */
export interface Seeds {
  /** Connections and listeners whose ends the trace tells. */
  readonly connections: readonly Happening[];
  /** Datagram sockets without a peer. */
  readonly bound: readonly BoundSocket[];
  /** The ends of all connections that are open, also of those that no process holds any more. */
  readonly open: ReadonlySet<string>;
  /** Network namespaces that were looked into, as far as they have sockets. */
  readonly namespaces: ReadonlySet<number>;
  /** Rows that could not be read. */
  readonly dropped: Readonly<Record<string, number>>;
}

function withPort({ ip = "", port = 0 }: RecordedEndpoint): Required<Endpoint> {
  return { ip, port };
}

function seedOf(record: Connection, inode: number): Happening {
  const { event, time, protocolNumber = 0, ipVersion = 4, local, remote } = record;
  const { initiator, outcome, state, netns, process, attribution, attributionReason } = record;
  return {
    event: event === "listen" ? "listen" : "open",
    time,
    preexisting: true,
    key: `inode-${inode}`,
    protocolNumber,
    ipVersion,
    local: withPort(local),
    ...(remote !== undefined && { remote: withPort(remote) }),
    ...(initiator !== undefined && { initiator }),
    outcome,
    ...(state !== undefined && { state }),
    ...(netns !== undefined && { netns }),
    owner: {
      attribution,
      ...(process !== undefined && { process }),
      ...(attributionReason !== undefined && { attributionReason }),
    },
  };
}

/** Looks once. What it cannot see is said by `report`. */
export async function readSeeds(
  system: System,
  options: CollectorOptions,
  report: CollectorContext["report"],
): Promise<Seeds> {
  const connections: Happening[] = [];
  const open = new Set<string>();
  const namespaces = new Set<number>();
  const bound: BoundSocket[] = [];
  const counters: CollectorContext["counters"] = { read: 0, dropped: {}, degraded: {} };
  const look = new ProcCollector(system).connections({
    options: { ...options, once: true },
    signal: new AbortController().signal,
    counters,
    coverage: () => {},
    report,
  });
  for await (const batch of look) {
    for (const record of batch) {
      const { protocolNumber = 0, local, remote, socket, event, state } = record;
      if (record.netns !== undefined) namespaces.add(record.netns);
      if (remote !== undefined && state !== "time_wait") {
        open.add(endsText(protocolNumber, withPort(local), withPort(remote)));
      }
      // Without a file, its process has closed it: it is ending.
      if (socket?.inode === undefined || event === "close") continue;
      if (hasStates(protocolNumber)) connections.push(seedOf(record, socket.inode));
      else if (remote === undefined) bound.push({ protocolNumber, local: withPort(local) });
    }
  }
  return { connections, open, namespaces, bound, dropped: counters.dropped };
}
