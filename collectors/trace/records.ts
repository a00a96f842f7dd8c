/** Makes records of what has happened. */
import type { Connection, Direction, Endpoint, HostIdentity } from "../../lib/connection.ts";
import { idPrefix } from "../../lib/id.ts";
import { isLoopback } from "../../lib/ip.ts";
import { protocolKeyword } from "../../lib/protocols.ts";
import type { Happening } from "./happening.ts";

/** TCP, UDP, DCCP, SCTP and UDP-Lite: all others have no ports. */
const WITH_PORTS = new Set([6, 17, 33, 132, 136]);

/** Tells whether an address is one of this host, or of that network namespace. */
export type IsHere = (ip: string, netns: number | undefined) => boolean;

/** Makes the records of one run. */
export class TraceRecords {
  readonly #host: HostIdentity;
  readonly #prefix: string;
  readonly #isHere: IsHere;

  /** @param bootId `/proc/sys/kernel/random/boot_id`, "" where it cannot be read. */
  constructor(host: HostIdentity, bootId: string, isHere: IsHere) {
    this.#host = host;
    this.#prefix = idPrefix(host.id, bootId, "trace");
    this.#isHere = isHere;
  }

  /** The record. */
  record(happening: Happening): Connection {
    const { key, owner, local, remote, socket: _, ...said } = happening;
    const { start, end, protocolNumber } = said;
    const netns = said.netns ?? owner.process?.netns;
    return {
      ...said,
      ...owner,
      id: `${this.#prefix}-${key}`,
      ...(start !== undefined && end !== undefined && { durationUs: end - start }),
      direction: this.#direction(happening, netns),
      protocol: protocolKeyword(protocolNumber),
      local: endpoint(local, protocolNumber),
      ...(remote !== undefined && { remote: endpoint(remote, protocolNumber) }),
      ...(netns !== undefined && { netns }),
      collector: "trace",
      host: this.#host,
    };
  }

  #direction({ local, remote, initiator }: Happening, netns: number | undefined): Direction {
    if (remote === undefined) return "unknown";
    if (isLoopback(remote.ip) || remote.ip === local.ip || this.#isHere(remote.ip, netns)) {
      return "local";
    }
    if (initiator === undefined) return "unknown";
    return initiator === "local" ? "egress" : "ingress";
  }
}

function endpoint({ ip, port }: Required<Endpoint>, protocolNumber: number): Endpoint {
  return port === 0 || !WITH_PORTS.has(protocolNumber) ? { ip } : { ip, port };
}
