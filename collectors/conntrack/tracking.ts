/**
 * Whether the kernel tracks the connections of this network namespace. conntrack does not say when it
 * does not: it only stays silent. The kernel tracks what some rule of the namespace needs tracked, an
 * address family at a time (`nf_ct_netns_get` of `net/netfilter/nf_conntrack_proto.c`).
 */
import type { System } from "../../lib/system.ts";
import type { FlowEvent } from "./flow.ts";
import { listenOnLoopback, type LoopbackListener } from "./loopback.ts";
import { TimeLimit } from "../../lib/child/time_limit.ts";

/** How long the kernel has to show that it tracks, milliseconds. */
const CHECK_MS = 3000;
/** Time between two looks, and how many of them there are for each connection that is made. */
const LOOK_MS = 100;
const LOOKS = CHECK_MS / LOOK_MS;
const LOOKS_PER_CONNECTION = 10;

const IP_VERSIONS = [4, 6] as const;

/** Makes tracking active: a rule that nothing is ever matched against is enough. */
const RULE =
  "add a rule that uses connection tracking, such as nft 'add table inet tracking { chain c { ct state new; }; }', or use --activate";

/**
 * `active`: flows are tracked and their events come. `module-missing`: the kernel has no connection
 * tracking loaded. `events-off`: flows are tracked, without events. `inactive`: no rule needs tracking.
 * `unknown`: it cannot be told, so there may be events, or none.
 */
export type TrackingState = "active" | "module-missing" | "events-off" | "inactive" | "unknown";

/** What was found. */
export interface TrackingFinding {
  readonly state: TrackingState;
  /** Why: one sentence, without a full stop. */
  readonly reason: string;
  /** What will not be seen even so, each one sentence. */
  readonly misses: readonly string[];
  /** What would mend that and {@linkcode state}, each one sentence. */
  readonly remedies: readonly string[];
}

/** What a {@linkcode TrackingCheck} needs. */
export interface TrackingSources {
  readonly system: Pick<System, "sleep">;
  /**
   * Value of the sysctl net.netfilter.NAME in the namespace; undefined when there is none or it cannot be
   * read.
   */
  sysctl(name: string): number | undefined;
  /** Whether {@linkcode TrackingCheck.see} will be shown the events, so that they must come. */
  readonly watched: boolean;
  /** {@linkcode listenOnLoopback}, but in the namespace. */
  readonly listen?: (ipVersion: 4 | 6) => LoopbackListener;
}

/** One look at whether tracking works. */
export class TrackingCheck {
  readonly #sources: TrackingSources;
  readonly #listen: (ipVersion: 4 | 6) => LoopbackListener;
  /** IP versions of which a connection of our own could be made. */
  readonly #tried = new Set<4 | 6>();
  /** Those of which one more flow was counted then. */
  readonly #counted = new Set<4 | 6>();
  /** Those of which an event came. */
  readonly #seen = new Set<4 | 6>();

  constructor(sources: TrackingSources) {
    this.#sources = sources;
    this.#listen = sources.listen ?? listenOnLoopback;
  }

  /** Takes note of events that come while {@linkcode run} is on. */
  see(events: readonly FlowEvent[]): void {
    for (const event of events) {
      // An entry that a tool has made proves nothing.
      if (event.userspace === undefined) this.#seen.add(event.ipVersion);
    }
  }

  /** Finds out, in at most 3 s. Makes a few connections over loopback. Never rejects. */
  async run(signal: AbortSignal): Promise<TrackingFinding> {
    const { system, watched } = this.#sources;
    if (this.#sysctl("events") === 0) return this.#eventsOff();
    using limit = new TimeLimit(system, CHECK_MS, signal);
    const proved = watched ? this.#seen : this.#counted;
    for (let look = 0; look < LOOKS && !limit.signal.aborted; look++) {
      if (look % LOOKS_PER_CONNECTION === 0) {
        for (const ipVersion of IP_VERSIONS) await this.#try(ipVersion, limit.signal);
      }
      if (this.#tried.size > 0 && this.#tried.isSubsetOf(proved)) break;
      // The count is known at once, an event comes later.
      if (watched) await system.sleep(LOOK_MS, limit.signal);
    }
    if (signal.aborted) return this.#finding("unknown", "the check was stopped", []);
    return this.#conclude(proved);
  }

  /** Makes a connection and sees whether the kernel counts one more. */
  async #try(ipVersion: 4 | 6, signal: AbortSignal): Promise<void> {
    let listener: LoopbackListener | undefined;
    try {
      listener = this.#listen(ipVersion);
      const before = this.#sysctl("count");
      await listener.connect(signal);
      this.#tried.add(ipVersion);
      const after = this.#sysctl("count");
      if (before !== undefined && after !== undefined && after > before) {
        this.#counted.add(ipVersion);
      }
    } catch {
      // This version has no loopback address, or a rule keeps us from using it.
    } finally {
      listener?.close();
    }
  }

  #conclude(proved: ReadonlySet<4 | 6>): TrackingFinding {
    const count = this.#sysctl("count");
    if (proved.size > 0) return this.#active(proved);
    if (this.#counted.size > 0) return this.#eventsOff();
    if (count === undefined) {
      return this.#finding(
        "module-missing",
        "the kernel has no connection tracking loaded, or none that may be seen from here",
        ["modprobe nf_conntrack, then nf_conntrack_netlink", RULE],
      );
    }
    if (this.#tried.size === 0) {
      return this.#finding("unknown", "no connection over loopback can be made to see it", [
        "see whether loopback is up",
        RULE,
      ]);
    }
    if (count > 0) {
      return this.#finding(
        "unknown",
        `${count} flows are tracked, but one over loopback was not: its rule is gone, or loopback is exempt`,
        [RULE],
      );
    }
    return this.#finding("inactive", "no rule of this network namespace needs tracking", [RULE]);
  }

  #active(proved: ReadonlySet<4 | 6>): TrackingFinding {
    const misses: string[] = [];
    const remedies: string[] = [];
    for (const ipVersion of this.#tried) {
      if (proved.has(ipVersion) || this.#counted.has(ipVersion)) continue;
      misses.push(`IPv${ipVersion} connections: one over loopback was not tracked`);
      remedies.push(RULE);
    }
    return this.#finding("active", "the kernel tracks connections", remedies, misses);
  }

  #eventsOff(): TrackingFinding {
    const events = this.#sysctl("events");
    if (events === undefined) {
      return this.#finding("events-off", "the kernel gives no events of tracked flows", [
        "use a kernel with CONFIG_NF_CONNTRACK_EVENTS",
      ]);
    }
    if (events === 0) {
      return this.#finding("events-off", "events of tracked flows are switched off", [
        "sysctl -w net.netfilter.nf_conntrack_events=1",
      ]);
    }
    return this.#finding("unknown", "a connection over loopback was tracked, but no event came", [
      "see whether the machine is overloaded, and whether conntrack -E shows events",
    ]);
  }

  /** Adds what works less well than it could. */
  #finding(
    state: TrackingState,
    reason: string,
    remedies: readonly string[],
    misses: readonly string[] = [],
  ): TrackingFinding {
    const allMisses = [...misses];
    const allRemedies = [...remedies];
    if (this.#sysctl("acct") === 0) {
      allMisses.push("bytes and packets: they are not counted");
      allRemedies.push("sysctl -w net.netfilter.nf_conntrack_acct=1");
    }
    if (this.#sysctl("timestamp") === 0) {
      allMisses.push("when a flow began and ended, to the second: it is not kept");
      allRemedies.push("sysctl -w net.netfilter.nf_conntrack_timestamp=1");
    }
    const [count, max] = [this.#sysctl("count"), this.#sysctl("max")];
    if (count !== undefined && max !== undefined && max > 0 && count >= max) {
      allMisses.push(`connections beyond the ${max} that the table holds: the kernel drops them`);
      allRemedies.push("raise net.netfilter.nf_conntrack_max");
    }
    return { state, reason, misses: allMisses, remedies: allRemedies };
  }

  #sysctl(name: "acct" | "count" | "events" | "max" | "timestamp"): number | undefined {
    return this.#sources.sysctl(`nf_conntrack_${name}`);
  }
}
