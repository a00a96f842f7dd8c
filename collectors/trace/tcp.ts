/**
 * From the states of sockets to connections.
 *
 * What Linux 6.18 tells, recorded over loopback and veth:
 * - CLOSE>SYN_SENT is told in the caller's context, before the local port is chosen: the port is 0, or
 *   that of the socket's last connection. The next event has it: where no answer comes, that of the SYN
 *   which is sent again, after 1 s (RFC 6298) and some (timers may be late by an eighth, kernel/time/timer.c).
 * - A child is cloned at the last ACK of the handshake (with TCP Fast Open at the SYN): LISTEN>SYN_RECV,
 *   then SYN_RECV>ESTABLISHED, always in an interrupt. Over loopback that is the client's thread, so an
 *   interrupted event says nothing of the owner. Syncookies and TCP_DEFER_ACCEPT look the same.
 * - Outside interrupts a state is changed by one who holds the socket (close, shutdown, or the backlog
 *   that its own call works off), but for kernel threads (MPTCP) and `ss -K`, which resets first.
 * - TIME_WAIT is not told: FIN_WAIT2>CLOSE is the end. A close of one of several descriptors tells nothing.
 * - A listener that closes ends the connections that wait in its queue after itself, in the same context.
 * - listen(2) of a socket that is not bound is told with port 0.
 */
import type { ErrorEvent, ResetEvent, RetransmitEvent, RouteEvent, StateEvent } from "./event.ts";
import type { Happening, Owner, Owners } from "./happening.ts";
import { Attempts } from "./tcp_attempts.ts";
import { Endings } from "./tcp_endings.ts";
import {
  AMBIGUOUS,
  blank,
  type Entry,
  INTERRUPTED,
  isSame,
  keyOf,
  opening,
  settleEnds,
  UNSEEN,
} from "./tcp_entry.ts";
import { sawHolder } from "./tcp_holder.ts";
import { Listeners } from "./tcp_listeners.ts";
import { OpenEntries } from "./tcp_open.ts";
import { PendingConnects } from "./tcp_pending.ts";
import { Seeds } from "./tcp_seeds.ts";
import { hasStates, IPPROTO_MPTCP, IPPROTO_TCP, isState, isSynchronized } from "./tcp_states.ts";
import { STATE } from "../../lib/tcp_states.ts";

/** What a {@linkcode TcpTable} takes. */
export type TcpEvent = StateEvent | ErrorEvent | ResetEvent | RetransmitEvent | RouteEvent;

/** Makes happenings of the events of TCP sockets, and of SCTP and DCCP where the kernel has them. */
export class TcpTable {
  readonly #owners: Owners;
  readonly #open: OpenEntries;
  readonly #pending = new PendingConnects();
  readonly #listeners = new Listeners();
  readonly #seeds = new Seeds();
  readonly #endings = new Endings();
  readonly #attempts: Attempts;
  #isLossy = false;

  /** Events with states that make no sense. */
  unknownStates = 0;
  /** Events of MPTCP sockets, whose subflows are told as TCP. */
  mptcp = 0;

  /** @param options Who the threads are; how many connections are kept at most. */
  constructor({ owners, max = Infinity }: { readonly owners: Owners; readonly max?: number }) {
    this.#owners = owners;
    this.#open = new OpenEntries(max);
    this.#attempts = new Attempts(owners);
  }

  /** Connections that were forgotten because there were too many: their beginning will not be known. */
  get forgotten(): number {
    return this.#open.forgotten;
  }

  /** Whether all events since the beginning of the trace have been seen, and are known. */
  get #isWhole(): boolean {
    return !this.#isLossy && this.forgotten === 0;
  }

  /** Connections and listeners that are kept. */
  get size(): number {
    return this.#open.size + this.#listeners.size + this.#seeds.size + this.#endings.size;
  }

  /**
   * Takes over what was open (`open`) or listened on (`listen`) already, as it was reported. Call it
   * before any {@linkcode apply}; what the trace saw begin before that is not counted twice.
   *
   * @param until When the last one was seen, microseconds since the epoch.
   */
  seed(connections: readonly Happening[], until: number): void {
    this.#seeds.seen = this.#listeners.seen = until;
    for (const happening of connections) {
      if (happening.event === "listen") this.#listeners.seed(happening);
      else if (happening.remote !== undefined) this.#seeds.add(happening, happening.remote);
    }
  }

  /** Whether the trace saw the beginning of what was given to {@linkcode seed} with that key. */
  sawBeginning(key: string): boolean {
    return this.#seeds.begun.has(key) || this.#listeners.begun.has(key);
  }

  /** Of what may have been given to {@linkcode seed}: whose local port was not seen yet. Texts of `peerText`. */
  get portlessPeers(): ReadonlySet<string> {
    return this.#pending.peers(this.#seeds.seen);
  }

  /** Takes in one event; the order of the trace is kept. */
  apply(event: TcpEvent, into: Happening[]): void {
    this.advance(event.boot, into);
    switch (event.type) {
      case "state":
        return this.#state(event, into);
      case "error":
        if (hasStates(event.protocol)) this.#endings.error(event, into);
        return;
      case "reset":
        return this.#reset(event, into);
      case "retransmit":
        return this.#retransmit(event);
      case "route":
        if (event.protocol === IPPROTO_TCP) this.#attempts.route(event, into);
    }
  }

  /**
   * Time passes: tells what has waited for long enough.
   *
   * @param boot As in {@linkcode StateEvent}.
   */
  advance(boot: number, into: Happening[]): void {
    if (this.#endings.size > 0) this.#endings.advance(boot, into);
    if (this.#attempts.size > 0) this.#attempts.advance(boot, into);
    this.#pending.advance(boot, into);
  }

  /** Events were lost: tells what waits for one that may not come. */
  lost(into: Happening[]): void {
    this.#isLossy = true;
    this.#endings.flush(into);
    this.#attempts.clear();
  }

  /** Ends what is not open any more: see `OpenEntries.reconcile`. */
  reconcile(...of: Parameters<OpenEntries["reconcile"]>): void {
    this.#open.reconcile(...of);
  }

  #reset({ socket, sent, boot }: ResetEvent, into: Happening[]): void {
    const entry = this.#open.get(socket);
    if (entry === undefined) {
      if (sent) this.#endings.resetSent(socket, boot, into);
    } else if (sent) entry.resetSent = boot;
    else entry.resetReceived = true;
  }

  #retransmit(event: RetransmitEvent): void {
    const entry = this.#open.get(event.socket);
    // Without its port it is in SYN_SENT. The address of a socket is given away again.
    if (entry?.portKnown === false && isSame(entry, event)) this.#sawPort(entry, event);
  }

  #state(event: StateEvent, into: Happening[]): void {
    const { protocol, oldState, newState } = event;
    if (protocol === IPPROTO_MPTCP) {
      this.mptcp++;
      return;
    }
    if (!isState(oldState) || !isState(newState)) {
      this.unknownStates++;
      return;
    }
    if (this.#attempts.size > 0 && !event.interrupted) {
      const connects = oldState === STATE.close && newState === STATE.synSent;
      this.#attempts.state(event, connects, into);
    }
    if (oldState === STATE.close) this.#fromClose(event, into);
    else if (oldState !== STATE.listen) this.#change(event, into);
    else if (newState === STATE.synRecv) this.#accept(event, into);
    else if (newState === STATE.close) {
      into.push(this.#listeners.close(event, this.#holder(event), this.#isWhole));
    } else this.unknownStates++;
  }

  /** A socket begins to connect or to listen. */
  #fromClose(event: StateEvent, into: Happening[]): void {
    const { newState, interrupted, tid } = event;
    if (newState === STATE.close) return;
    const owner = interrupted ? INTERRUPTED : this.#owners.of(tid);
    if (newState === STATE.listen) {
      this.#clear(event, into);
      into.push(this.#listeners.listen(event, owner));
      return;
    }
    if (newState === STATE.synSent) {
      this.#pending.add(this.#begin(event, { owner, initiator: "local", into }));
      return;
    }
    // SCTP does not tell which side began; TCP_REPAIR does not either.
    const entry = this.#begin(event, { owner, into });
    entry.portKnown = true;
    entry.state = STATE.synSent;
    this.#progress(entry, event, into);
  }

  #accept(event: StateEvent, into: Happening[]): void {
    const { protocol, local, ipVersion } = event;
    const owner = this.#listeners.ownerAt(protocol, local, ipVersion);
    const entry = this.#begin(event, { owner, initiator: "remote", into });
    this.#sawPort(entry, event);
  }

  /** A connection whose beginning is seen. */
  #begin(
    event: StateEvent,
    { owner, initiator, into }: {
      readonly owner: Owner;
      readonly initiator?: "local" | "remote";
      readonly into: Happening[];
    },
  ): Entry {
    this.#clear(event, into);
    return this.#open.add({
      ...blank(event),
      key: keyOf(event),
      start: event.time,
      preexisting: false,
      ...initiator !== undefined && { initiator },
      owner,
      holderCounts: initiator !== "local",
    });
  }

  /** A connection in the midst of its life. */
  #find(event: StateEvent): Entry {
    const { protocol, oldState, local, remote } = event;
    const holder = this.#holder(event);
    const seed = this.#seeds.take(protocol, local, remote, holder);
    const known = seed === "ambiguous" ? undefined : seed;
    const waits = oldState === STATE.synSent || oldState === STATE.synRecv;
    const initiator = known?.initiator ?? (oldState === STATE.synSent ? "local" : undefined);
    const entry = this.#open.add({
      ...blank(event),
      key: known?.key ?? keyOf(event),
      preexisting: known !== undefined || seed === "ambiguous" || this.#isWhole,
      ...initiator !== undefined && { initiator },
      ...known?.netns !== undefined && { netns: known.netns },
      owner: known?.owner ?? (seed === "ambiguous" ? AMBIGUOUS : UNSEEN),
      holderCounts: known?.owner.process === undefined,
      state: oldState,
      portKnown: true,
      established: known?.outcome === "established" || isSynchronized(oldState),
      opened: known !== undefined || seed === "ambiguous" || !waits,
    });
    settleEnds(entry);
    return entry;
  }

  /** The state of a connection changes. */
  #change(event: StateEvent, into: Happening[]): void {
    let entry = this.#open.get(event.socket);
    // The address of a socket is given away again: after losses it may be another connection's.
    const isDoubtful = entry !== undefined && (entry.state !== event.oldState || !this.#isWhole);
    if (entry !== undefined && isDoubtful && !isSame(entry, event)) {
      this.#open.vanish(event, into);
      entry = undefined;
    }
    entry ??= this.#find(event);
    this.#sawPort(entry, event);
    this.#progress(entry, event, into);
  }

  /** The next event after CLOSE>SYN_SENT has the local port. */
  #sawPort(entry: Entry, event: StateEvent | RetransmitEvent): void {
    if (entry.portKnown) return;
    entry.portKnown = true;
    entry.ends = event;
    if (this.#seeds.size > 0) {
      this.#seeds.began(entry.protocol, event.local, event.remote, entry.start ?? event.time);
    }
  }

  #progress(entry: Entry, event: StateEvent, into: Happening[]): void {
    const { newState } = event;
    if (!event.interrupted && entry.holderCounts) sawHolder(entry, event, this.#owners);
    entry.state = newState;
    if (newState === STATE.close) {
      this.#open.end(entry);
      this.#endings.end(entry, event, into);
    } else if (!entry.established && isSynchronized(newState)) {
      entry.established = true;
      into.push(opening(entry, event.time));
    }
  }

  /** Who changed the state, outside interrupts. */
  #holder(event: StateEvent): Owner | undefined {
    return event.interrupted ? undefined : this.#owners.of(event.tid);
  }

  /** The socket begins anew: what it was before is over. */
  #clear(event: StateEvent, into: Happening[]): void {
    if (this.#endings.size > 0) this.#endings.reused(event.socket, into);
    this.#open.vanish(event, into);
    const listener = this.#listeners.vanish(event);
    if (listener !== undefined) into.push(listener);
  }
}
