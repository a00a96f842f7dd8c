/**
 * Makes one thing of the route lookups that the kernel makes for one datagram or one connect(2): it asks
 * table after table, and sometimes all of them again with the source address that it has chosen.
 *
 * Measured on Linux 6.18: a socket without a peer looks up once a datagram. connect(2) on IPv4 looks up
 * twice, a few microseconds apart, first from the unspecified address and then from the chosen one; on IPv6,
 * or where the socket is bound to an address, once, as a datagram does. On IPv6 what fails is looked up twice.
 */
import type { Endpoint } from "../../lib/connection.ts";
import type { RouteEvent } from "./event.ts";
import { Fifo } from "./fifo.ts";
import type { Owner } from "./happening.ts";

/** The second lookup of connect(2) comes within this time of the first, microseconds. */
const CONNECT_US = 1_000;

/** After this time no other table is going to answer, microseconds; a thread may have waited for a CPU. */
const SETTLE_US = 20_000;

/** Threads that are remembered; when there are more, all are forgotten, which costs no datagram. */
const MAX_THREADS = 65_536;

/**
 * What a lookup is. `pending`: no table has had an answer yet. `sent`: the route of a datagram, or of a
 * connect(2) that looks like one. `connected`: the last `sent` was a connect(2) and no datagram.
 */
export type Step = "pending" | "sent" | "connected";

/** A datagram or a connect(2) for which no table has had an answer. */
export interface Attempt {
  readonly time: number;
  readonly boot: number;
  readonly tid: number;
  readonly protocol: number;
  readonly ipVersion: 4 | 6;
  /** With the source address once the kernel has chosen one. */
  local: Required<Endpoint>;
  readonly remote: Required<Endpoint>;
  readonly owner: Owner;
  /** What the last table said, a negative errno. */
  error: number;
  /** A table has answered, or it has been handed out as failed. */
  settled: boolean;
}

/** The last lookup of a thread. */
export interface Thread<Flow> {
  protocol: number;
  localIp: string;
  localPort: number;
  remoteIp: string;
  remotePort: number;
  /** Where the burst began. */
  firstTable: number;
  error: number;
  boot: number;
  /** In the second round of connect(2). */
  connecting: boolean;
  attempt: Attempt | undefined;
  /** What the user of the bursts made of the last `sent` with the same ends. */
  flow: Flow | undefined;
}

/** Whether it stands for an address that is not chosen. */
export function isUnspecified(ip: string): boolean {
  return ip === "0.0.0.0" || ip === "::";
}

/** Joins lookups to bursts, thread by thread. */
export class RouteBursts<Flow> {
  readonly #threads = new Map<number, Thread<Flow>>();
  readonly #failed: (attempt: Attempt) => void;
  readonly #pending = new Fifo<Attempt>();

  /** @param failed Takes what no table has answered. */
  constructor(failed: (attempt: Attempt) => void) {
    this.#failed = failed;
  }

  /** The thread's last lookup; the thread is made where there is none. */
  thread(tid: number): Thread<Flow> {
    const known = this.#threads.get(tid);
    if (known !== undefined) return known;
    if (this.#threads.size >= MAX_THREADS) this.#threads.clear();
    const thread: Thread<Flow> = {
      protocol: -1,
      localIp: "",
      localPort: 0,
      remoteIp: "",
      remotePort: 0,
      firstTable: 0,
      error: 0,
      boot: 0,
      connecting: false,
      attempt: undefined,
      flow: undefined,
    };
    this.#threads.set(tid, thread);
    return thread;
  }

  /** Takes the next lookup of a thread. The events of all threads come in the order of their times. */
  step(thread: Thread<Flow>, event: RouteEvent, owner: Owner): Step {
    const { local, remote, error, boot } = event;
    const isSame = thread.protocol === event.protocol && thread.remotePort === remote.port &&
      thread.localPort === local.port && thread.remoteIp === remote.ip;
    if (isSame) {
      const isNewSource = thread.localIp !== local.ip;
      const isChosen = isNewSource && isUnspecified(thread.localIp);
      if (thread.error === 0) {
        const isSoon = boot - thread.boot < CONNECT_US;
        if (isChosen && event.ipVersion === 4 && isSoon) return this.#connect(thread, event);
      } else if (isNewSource ? isChosen : event.table !== thread.firstTable) {
        return this.#goOn(thread, event);
      }
    }
    this.#settle(thread.attempt);
    thread.protocol = event.protocol;
    thread.localIp = local.ip;
    thread.localPort = local.port;
    thread.remotePort = remote.port;
    if (!isSame) {
      thread.remoteIp = remote.ip;
      thread.flow = undefined;
    }
    thread.firstTable = event.table;
    thread.error = error;
    thread.boot = boot;
    thread.connecting = false;
    thread.attempt = error === 0 ? undefined : this.#wait(event, owner);
    return error === 0 ? "sent" : "pending";
  }

  /** Hands out what is still without an answer at this time (microseconds since the boot). */
  settle(boot: number): void {
    let attempt = this.#pending.first;
    while (attempt !== undefined && (attempt.settled || attempt.boot + SETTLE_US <= boot)) {
      this.#pending.shift();
      this.#settle(attempt);
      attempt = this.#pending.first;
    }
  }

  /** The first table of connect(2)'s second round. */
  #connect(thread: Thread<Flow>, event: RouteEvent): Step {
    thread.connecting = true;
    thread.firstTable = event.table;
    return this.#goOn(thread, event);
  }

  /** One more table. */
  #goOn(thread: Thread<Flow>, event: RouteEvent): Step {
    thread.localIp = event.local.ip;
    thread.error = event.error;
    thread.boot = event.boot;
    if (event.error !== 0) {
      if (thread.attempt !== undefined) {
        thread.attempt.error = event.error;
        thread.attempt.local = event.local;
      }
      return "pending";
    }
    if (thread.attempt !== undefined) thread.attempt.settled = true;
    thread.attempt = undefined;
    if (!thread.connecting) return "sent";
    thread.connecting = false;
    return "connected";
  }

  #wait(event: RouteEvent, owner: Owner): Attempt {
    const { time, boot, tid, protocol, ipVersion, local, remote, error } = event;
    const attempt = {
      time,
      boot,
      tid,
      protocol,
      ipVersion,
      local,
      remote,
      owner,
      error,
      settled: false,
    };
    this.#pending.push(attempt);
    return attempt;
  }

  #settle(attempt: Attempt | undefined): void {
    if (attempt === undefined || attempt.settled) return;
    attempt.settled = true;
    this.#failed(attempt);
  }
}
