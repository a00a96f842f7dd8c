/**
 * Datagrams as this host sends them: UDP, ICMP and every other protocol that is not TCP, from the route
 * lookups of the sending threads. A stream of datagrams to one peer is one connection: it opens with its
 * first datagram, and closes when it has been silent for some time.
 */
import type { ErrorEvent, RouteEvent, SendEvent } from "./event.ts";
import type { Happening, Owner, Owners } from "./happening.ts";
import {
  answerPlace,
  failedOutcome,
  type Flow,
  happening,
  initiatorOf,
  isAnswer,
  toldOutcome,
  type Tuple,
  tuplePlace,
} from "./datagram_flow.ts";
import { Fifo } from "./fifo.ts";
import { FlowList } from "./flow_list.ts";
import { type Attempt, isUnspecified, RouteBursts, type Thread } from "./route_bursts.ts";
import { DatagramSizes } from "./sizes/datagram_sizes.ts";

const TCP = 6;
const UDP = 17;

/** Time that an opening waits for the second lookup of connect(2), microseconds. */
const OPENING_US = 20_000;

/** A socket that was bound and had no peer when the trace began. */
export interface BoundSocket {
  readonly protocolNumber: number;
  readonly local: { readonly port: number };
}

/** What {@linkcode DatagramTable} needs. */
export interface DatagramOptions {
  readonly owners: Owners;
  /** Silence after which a connection is over, microseconds. */
  readonly timeoutUs: number;
  /** Connections that are kept at once; when there are more, the one that was silent longest is closed. */
  readonly max?: number;
  /** Whether the sizes of datagrams are told. */
  readonly sizes?: boolean;
}

/** Lookups that are no datagrams of a program, by reason. */
export interface SkippedLookups {
  /** Made in an interrupt: by a peer's packet or a timer, not by a program. */
  interrupted: number;
  /** Of no protocol: the kernel looks for a route again after the firewall has changed a packet. */
  protocolless: number;
  /** UDP to port 0: address sorting of getaddrinfo(3), or a program that asks the kernel for a route. */
  portless: number;
}

/** Turns lookups into connections. */
export class DatagramTable {
  /** Connections that were closed early because there were too many. */
  forgotten = 0;
  readonly skipped: SkippedLookups = { interrupted: 0, protocolless: 0, portless: 0 };

  readonly #owners: Owners;
  readonly #timeoutUs: number;
  readonly #max: number;
  readonly #flows = new Map<string, Flow>();
  /** The last one with each tuple, whoever sends. */
  readonly #byTuple = new Map<string, Flow>();
  readonly #bound = new Set<string>();
  readonly #sizes: DatagramSizes | undefined;
  readonly #list = new FlowList();
  readonly #bursts = new RouteBursts<Flow>((attempt) => this.#fail(attempt));
  readonly #opening = new Fifo<Flow>();
  /** Where {@linkcode #fail} writes to: the argument of the call that runs. */
  #into: Happening[] = [];

  constructor({ owners, timeoutUs, max = Infinity, sizes = false }: DatagramOptions) {
    this.#sizes = sizes ? new DatagramSizes() : undefined;
    this.#owners = owners;
    this.#timeoutUs = timeoutUs;
    this.#max = Math.max(1, max);
  }

  /** Connections that are open, and failures that are remembered. */
  get size(): number {
    return this.#flows.size;
  }

  /** Sockets that were there before: whether they answer or ask cannot be told from their lookups. */
  seed(bound: readonly BoundSocket[]): void {
    for (const { protocolNumber, local } of bound) {
      if (local.port !== 0) this.#bound.add(`${protocolNumber} ${local.port}`);
    }
  }

  /** Takes the next lookup. Events come in the order of their times. */
  apply(event: RouteEvent, into: Happening[]): void {
    const { protocol } = event;
    if (protocol === TCP) return;
    if (event.interrupted || event.tid === 0) {
      this.skipped.interrupted++;
      return;
    }
    if (protocol === 0) {
      this.skipped.protocolless++;
      return;
    }
    if (protocol === UDP && event.remote.port === 0) {
      this.skipped.portless++;
      return;
    }
    this.advance(event.boot, into);
    const owner = this.#owners.of(event.tid);
    const thread = this.#bursts.thread(event.tid);
    const { flow: before } = thread;
    const step = this.#bursts.step(thread, event, owner);
    if (step === "connected") this.#connect(thread, event);
    else if (step === "sent") this.#send(thread, event, owner);
    if (before !== undefined && before !== thread.flow) this.#open(before);
  }

  /** Takes the size of a datagram. */
  sent(event: SendEvent): void {
    this.#sizes?.sent(event, whoIs(this.#owners.of(event.tid), event.tid));
  }

  /** Whether events may be missing: then no size is certain. */
  set isLosing(isLosing: boolean) {
    if (this.#sizes !== undefined) this.#sizes.isLosing = isLosing;
  }

  /** Takes an error that a socket is told. Only a socket with a peer is told of its peer's. */
  error(event: ErrorEvent): void {
    const { protocol, local, remote } = event;
    const outcome = toldOutcome(event.error);
    if (protocol === TCP || outcome === undefined) return;
    const flow = this.#byTuple.get(tuplePlace(protocol, local.port, remote.ip, remote.port));
    if (flow === undefined) return;
    if (isUnspecified(flow.localIp)) flow.localIp = local.ip;
    else if (flow.localIp !== local.ip) return;
    if (flow.outcome === "unknown") flow.outcome = outcome;
  }

  /** Closes what has been silent until this time (microseconds since the boot). */
  advance(bootUs: number, into: Happening[]): void {
    this.#into = into;
    this.#bursts.settle(bootUs);
    this.#openUntil(bootUs - OPENING_US);
    let flow = this.#list.oldest;
    while (flow !== undefined && flow.lastBoot + this.#timeoutUs <= bootUs) {
      this.#close(flow, flow.last + this.#timeoutUs);
      flow = this.#list.oldest;
    }
  }

  /** Tells what was still waiting. What is open is left open. */
  end(into: Happening[]): void {
    this.#into = into;
    this.#bursts.settle(Infinity);
    this.#openUntil(Infinity);
  }

  /** A datagram, or a connect(2) that looks like one. */
  #send(thread: Thread<Flow>, event: RouteEvent, owner: Owner): void {
    const who = whoIs(owner, event.tid);
    let flow = thread.flow;
    if (flow === undefined || flow.over || flow.who !== who) {
      const { protocol, local, remote } = event;
      const tuple = tuplePlace(protocol, local.port, remote.ip, remote.port);
      flow = this.#flows.get(`${who} ${tuple}`);
      if (flow === undefined) {
        flow = this.#add(event, who, `${who} ${tuple}`, owner);
        this.#begin(flow, tuple);
      }
      thread.flow = flow;
    }
    flow.sends++;
    this.#learn(flow, event.local.ip);
    this.#sizes?.looked(flow, event.tid);
    this.#touch(flow, event);
    if (flow.sends > 1 && !flow.opened) this.#open(flow);
  }

  /** What looked like a datagram was a connect(2): later datagrams cannot be seen. */
  #connect(thread: Thread<Flow>, event: RouteEvent): void {
    const { flow } = thread;
    if (flow === undefined || flow.over) return;
    flow.connected = true;
    this.#sizes?.connected(flow, event.tid);
    this.#learn(flow, event.local.ip);
    if (flow.initiator === undefined) flow.initiator = initiatorOf(flow, this.#isBound(flow));
    this.#touch(flow, event);
  }

  /** A lookup from a chosen address may be that of a socket with a peer. */
  #learn(flow: Flow, localIp: string): void {
    if (isUnspecified(localIp)) return;
    if (isUnspecified(flow.localIp)) flow.localIp = localIp;
    flow.uncounted = true;
  }

  /** A new flow; of the conversations on this host, the second direction is the answer. */
  #begin(flow: Flow, tuple: string): void {
    this.#opening.push(flow);
    const place = answerPlace(flow);
    const other = place === undefined ? undefined : this.#byTuple.get(place);
    if (other !== undefined && isAnswer(flow, other)) {
      flow.initiator = other.initiator === "remote" ? "local" : "remote";
      other.initiator ??= "local";
      flow.outcome = "established";
      other.outcome = "established";
    } else {
      flow.initiator = initiatorOf(flow, this.#isBound(flow));
    }
    this.#byTuple.set(tuple, flow);
  }

  /** Told at once; the same failure again is part of it until there is none for some time. */
  #fail(attempt: Attempt): void {
    const { owner, protocol, remote, time } = attempt;
    const outcome = failedOutcome(attempt.error);
    const peer = tuplePlace(protocol, 0, remote.ip, remote.port);
    const who = whoIs(owner, attempt.tid);
    const place = `${who} ${outcome} ${peer}`;
    const known = this.#flows.get(place);
    if (known !== undefined) return this.#touch(known, attempt);
    const flow = this.#add(attempt, who, place, owner);
    flow.outcome = outcome;
    if (!this.#isBound(flow)) flow.initiator = "local";
    flow.over = true;
    flow.opened = true;
    this.#into.push(happening(flow, "close", time));
  }
  #add(first: Sending, who: string, place: string, owner: Owner): Flow {
    while (this.#flows.size >= this.#max) {
      const { oldest } = this.#list;
      if (oldest === undefined) break;
      if (!oldest.over) this.forgotten++;
      this.#close(oldest, first.time);
    }
    const flow: Flow = {
      place,
      who,
      owner,
      protocol: first.protocol,
      ipVersion: first.ipVersion,
      localPort: first.local.port,
      remote: first.remote,
      start: first.time,
      startBoot: first.boot,
      localIp: first.local.ip,
      last: first.time,
      lastBoot: first.boot,
      sends: 0,
      uncounted: false,
      connected: false,
      initiator: undefined,
      outcome: "unknown",
      opened: false,
      over: false,
      tally: undefined,
      older: undefined,
      newer: undefined,
    };
    this.#flows.set(place, flow);
    this.#list.add(flow);
    return flow;
  }

  #touch(flow: Flow, { time, boot }: { readonly time: number; readonly boot: number }): void {
    flow.last = Math.max(flow.last, time);
    flow.lastBoot = Math.max(flow.lastBoot, boot);
    this.#list.touch(flow);
  }

  #open(flow: Flow): void {
    if (flow.opened) return;
    flow.opened = true;
    this.#into.push(happening(flow, "open", flow.start));
  }

  /** Opens what began until this time since the boot. */
  #openUntil(boot: number): void {
    let flow = this.#opening.first;
    while (flow !== undefined && (flow.opened || flow.startBoot <= boot)) {
      this.#opening.shift();
      this.#open(flow);
      flow = this.#opening.first;
    }
  }

  #close(flow: Flow, time: number): void {
    this.#list.remove(flow);
    this.#flows.delete(flow.place);
    if (flow.over) return;
    const tuple = tuplePlace(flow.protocol, flow.localPort, flow.remote.ip, flow.remote.port);
    if (this.#byTuple.get(tuple) === flow) this.#byTuple.delete(tuple);
    this.#open(flow);
    this.#into.push(happening(flow, "close", time, this.#sizes?.total(flow)));
    flow.over = true;
  }

  #isBound({ protocol, localPort }: Flow): boolean {
    return this.#bound.has(`${protocol} ${localPort}`);
  }
}

/** Where a flow comes from. */
interface Sending extends Tuple {
  readonly time: number;
  readonly boot: number;
}

/** All threads of a process are one sender. */
function whoIs(owner: Owner, tid: number): string {
  return owner.process?.entityId ?? `thread ${tid}`;
}
