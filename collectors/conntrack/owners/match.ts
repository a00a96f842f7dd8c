/** Where the ends of a flow are, and which sockets it can be of. */
import type { Direction } from "../../../lib/connection.ts";
import { addressScope } from "../../../lib/ip.ts";
import type { LocalAddresses } from "../../../lib/procfs/addresses.ts";
import type { FlowEvent } from "../flow.ts";
import type { Sockets } from "./look.ts";
import type { NetNamespace } from "./netns.ts";
import { connectedTo, type Found, missing, type Role, Searcher } from "./search.ts";

/** A flow from this host's point of view. */
export interface Place {
  /** Which address of the original tuple is the local end. */
  readonly local: "source" | "destination";
  readonly direction: Direction;
  /** Which end opened it. */
  readonly initiator: "local" | "remote";
}

/** What is known of a flow from the addresses and sockets of this host. */
export interface Match extends Place, Found {
  /** Inode number of the network namespace of the local end; absent where that is not known. */
  readonly netns?: number;
}

/** The namespaces of the host, as `NetNamespaces` has them. */
export interface Spaces {
  readonly own: NetNamespace;
  readonly others: readonly NetNamespace[];
  having(ip: string): readonly NetNamespace[];
}

const EGRESS: Place = { local: "source", direction: "egress", initiator: "local" };
const INGRESS: Place = { local: "destination", direction: "ingress", initiator: "remote" };
const LOCAL: Place = { local: "source", direction: "local", initiator: "local" };
const FORWARDED: Place = { local: "source", direction: "unknown", initiator: "local" };
/** Of flows that were picked up in the middle, so that an answer counts as the first packet. */
const ANSWERING_INGRESS: Place = { local: "source", direction: "ingress", initiator: "remote" };
const ANSWERED_EGRESS: Place = { local: "destination", direction: "egress", initiator: "local" };
const ANSWERING_LOCAL: Place = { local: "destination", direction: "local", initiator: "local" };

const TCP = 6;

/** No sockets at all: what is known from addresses alone. */
export const NO_SOCKETS: Sockets = { rows: () => [] };

/**
 * Whether the first packet that was tracked may not be the one that opened the connection: it was there
 * before tracking began (`nf_conntrack_tcp_loose`).
 */
export function isPickedUp(flow: FlowEvent): boolean {
  return flow.event === "new" && flow.protocolNumber === TCP && flow.state !== undefined &&
    flow.state !== "SYN_SENT";
}

/** Whether packets to that address are for several hosts, this one among them. */
function isToMany(ip: string, here: LocalAddresses): boolean {
  const scope = addressScope(ip);
  return scope === "multicast" || scope === "broadcast" || here.isBroadcast(ip);
}

/** Matches flows against the addresses and sockets of one moment. */
export class Matcher {
  readonly #spaces: Spaces;
  readonly #sockets: Sockets;
  readonly #own: Searcher;

  constructor(spaces: Spaces, sockets: Sockets) {
    this.#spaces = spaces;
    this.#sockets = sockets;
    this.#own = new Searcher(spaces.own, sockets);
  }

  /**
   * Finds the flow. If both ends are on this host, the sockets are those of the initiator. By the original
   * tuple, the only one that its socket knows; the responder's socket knows the reply tuple alone.
   */
  match(flow: FlowEvent): Match {
    const here = this.#spaces.own.addresses;
    const { src, dst } = flow.original;
    if (here.has(src)) return this.#fromHere(flow, here.has(dst));
    const toHere = here.has(dst) || here.has(flow.reply.src) || isToMany(dst, here);
    return toHere ? this.#toHere(flow) : this.#elsewhere(flow);
  }

  #fromHere(flow: FlowEvent, local: boolean): Match {
    const { own } = this.#spaces;
    if (!this.#answers(flow, local)) {
      return { ...(local ? LOCAL : EGRESS), ...this.#find(flow, "initiator", own) };
    }
    const { original, reply } = flow;
    const swapped = { ...flow, original: reply, reply: original };
    return local
      ? { ...ANSWERING_LOCAL, ...this.#find(swapped, "initiator", own) }
      : { ...ANSWERING_INGRESS, ...this.#find(swapped, "responder", own) };
  }

  /** Whether a flow from here is of a server that listens here. */
  #answers(flow: FlowEvent, local: boolean): boolean {
    const { event, protocolNumber, original, reply } = flow;
    if (event !== "dump" && !isPickedUp(flow)) return false;
    if (!this.#own.listens(protocolNumber, original)) return false;
    return !(local && this.#own.listens(protocolNumber, reply));
  }

  #toHere(flow: FlowEvent): Match {
    const { own } = this.#spaces;
    const { original: { dst }, reply } = flow;
    // What was sent to an address of this host may have been sent on, to a container for one.
    if (!own.addresses.has(reply.src) && !isToMany(dst, own.addresses)) {
      const [target] = this.#spaces.having(reply.src);
      const found = target ? this.#find(flow, "responder", target) : this.#forwarded();
      return { ...INGRESS, ...found };
    }
    const found = this.#find(flow, "responder", own);
    const isServer = !isPickedUp(flow) || this.#own.listens(flow.protocolNumber, reply);
    return { ...(isServer ? INGRESS : ANSWERED_EGRESS), ...found };
  }

  /** Neither address is of the own namespace: a container has the flow, or it passes by. */
  #elsewhere(flow: FlowEvent): Match {
    const sources = this.#spaces.having(flow.original.src);
    const targets = this.#spaces.having(flow.reply.src);
    for (const namespace of sources) {
      const found = this.#find(flow, "initiator", namespace);
      // An address alone does not tell: that of a container may be that of a host elsewhere, too.
      if (found.sockets.length === 0) continue;
      const isLocal = targets.some((target) =>
        this.#find(flow, "responder", target).sockets.length > 0
      );
      return { ...(isLocal ? LOCAL : EGRESS), ...found };
    }
    const [target] = targets;
    if (target !== undefined) return { ...INGRESS, ...this.#find(flow, "responder", target) };
    const [source] = sources;
    if (source !== undefined) return { ...EGRESS, ...this.#find(flow, "initiator", source) };
    return this.#passing(flow);
  }

  /** Neither address is of this host; a transparent proxy has such sockets all the same (TPROXY). */
  #passing(flow: FlowEvent): Match {
    const netns = this.#spaces.own.inode;
    const { protocolNumber, original, reply } = flow;
    for (const [place, tuple] of [[EGRESS, original], [INGRESS, reply]] as const) {
      const sockets = this.#own.connected(protocolNumber, tuple).filter(({ inode }) => inode !== 0);
      if (sockets.length === 0) continue;
      return { ...place, ...connectedTo(sockets), netns };
    }
    return { ...FORWARDED, ...this.#forwarded() };
  }

  #forwarded(): Found {
    // A container may have been started a moment ago.
    return missing("forwarded", this.#spaces.others.length > 0);
  }

  #find(flow: FlowEvent, role: Role, namespace: NetNamespace): Found & { netns?: number } {
    const own = namespace === this.#spaces.own;
    const searcher = own ? this.#own : new Searcher(namespace, this.#sockets);
    const tuple = role === "initiator" ? flow.original : flow.reply;
    const found = searcher.find(flow, tuple, role);
    const netns = namespace.inode === 0 ? {} : { netns: namespace.inode };
    const sure = own || found.connected || found.attribution === "inferred";
    // Two namespaces may have the same address: only a peer in the tuple tells them apart.
    return sure || found.sockets.length === 0 ? { ...found, ...netns } : {
      ...found,
      ...netns,
      attribution: "inferred",
      reason: "bound to its address and port in another network namespace",
    };
  }
}
