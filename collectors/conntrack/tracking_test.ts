import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { FlowEvent } from "./flow.ts";
import { parseFlowLine } from "./parse.ts";
import { newLine } from "./child_test_tools.ts";
import { TrackingCheck, type TrackingFinding } from "./tracking.ts";

const NEVER = new AbortController().signal;
const V6 = newLine(1).replaceAll(/10\.0\.0\.(\d)/g, "fd00::$1");

/** The events of these lines. */
function events(...lines: readonly string[]): FlowEvent[] {
  return lines.map((line) => {
    const event = parseFlowLine(line);
    assert(event);
    return event;
  });
}

/** A kernel, and what else there is. */
interface World {
  /** Sysctls without their prefix; those of an idle kernel where absent. */
  readonly sysctls?: Readonly<Record<string, number | undefined>>;
  readonly watched?: boolean;
  /** Versions that have a loopback address: both where absent. */
  readonly loopback?: readonly (4 | 6)[];
  /** Versions of which the kernel counts connections. */
  readonly tracks?: readonly (4 | 6)[];
  /** Lines of the events that come at the second look. */
  readonly events?: readonly string[];
}

async function check(
  world: World,
  signal: AbortSignal = NEVER,
): Promise<TrackingFinding & { looks: number; open: number; made: number }> {
  const sysctls: Record<string, number | undefined> = {
    count: 0,
    events: 2,
    max: 1000,
    acct: 1,
    timestamp: 1,
    ...world.sysctls,
  };
  const { watched = false, loopback = [4, 6], tracks = [] } = world;
  let [looks, open, made] = [0, 0, 0];
  const tracking = new TrackingCheck({
    system: {
      sleep: (ms, signal) => {
        // The limit of the check itself never comes here.
        if (ms >= 1000) {
          return new Promise((resolve) => signal.addEventListener("abort", () => resolve()));
        }
        if (++looks === 2) tracking.see(events(...world.events ?? []));
        return Promise.resolve();
      },
    },
    sysctl: (name) => {
      assertStringIncludes(name, "nf_conntrack_");
      return sysctls[name.slice("nf_conntrack_".length)];
    },
    watched,
    listen: (ipVersion) => {
      if (!loopback.includes(ipVersion)) throw new Deno.errors.AddrNotAvailable("no address");
      open++;
      return {
        port: 0,
        connect: () => {
          made++;
          if (tracks.includes(ipVersion) && sysctls.count !== undefined) sysctls.count++;
          return Promise.resolve();
        },
        close: () => {
          open--;
        },
      };
    },
  });
  const finding = await tracking.run(signal);
  assertEquals(open, 0, "listeners that are still open");
  return { ...finding, looks, open, made };
}

Deno.test("TrackingCheck finds tracking active when its connections are counted", async function () {
  const { state, misses, remedies, made, looks } = await check({ tracks: [4, 6] });
  assertEquals({ state, misses, remedies }, { state: "active", misses: [], remedies: [] });
  assertEquals([made, looks], [2, 0]);
});

Deno.test("TrackingCheck that is shown the events waits for one", async function () {
  const world: World = { watched: true, tracks: [4, 6], events: [newLine(1), V6] };
  const active = await check(world);
  assertEquals([active.state, active.misses, active.looks], ["active", [], 2]);
  const silent = await check({ ...world, events: [] });
  assertEquals(silent.state, "unknown");
  assertStringIncludes(silent.reason, "no event came");
  assertEquals([silent.looks, silent.made], [30, 6]);
});

Deno.test("TrackingCheck takes any event for a proof, but not an entry that a tool has made", async function () {
  const world: World = { watched: true, loopback: [], sysctls: { count: undefined } };
  assertEquals((await check({ ...world, events: [newLine(1)] })).state, "active");
  const made = `${newLine(1)} [USERSPACE] portid=17`;
  assertEquals((await check({ ...world, events: [made] })).state, "module-missing");
});

Deno.test("TrackingCheck finds no rule that needs tracking", async function () {
  for (const watched of [false, true]) {
    const finding = await check({ watched });
    assertEquals(finding.state, "inactive");
    assertEquals(finding.reason, "no rule of this network namespace needs tracking");
    assertStringIncludes(String(finding.remedies), "nft 'add table inet ");
    assertStringIncludes(String(finding.remedies), "--activate");
  }
});

Deno.test("TrackingCheck says when one version of IP is not tracked", async function () {
  const { state, misses } = await check({ tracks: [4] });
  assertEquals(state, "active");
  assertEquals(misses, ["IPv6 connections: one over loopback was not tracked"]);
  // An event that is only late is no sign of that.
  const late = await check({ watched: true, tracks: [4, 6], events: [newLine(1)] });
  assertEquals([late.state, late.misses], ["active", []]);
  const without = await check({ tracks: [4], loopback: [4] });
  assertEquals([without.state, without.misses], ["active", []]);
});

Deno.test("TrackingCheck does not take leftover flows for tracking, nor an exempt loopback for none", async function () {
  const { state, reason } = await check({ sysctls: { count: 7 } });
  assertEquals(state, "unknown");
  assertStringIncludes(reason, "7 flows are tracked, but one over loopback was not");
});

Deno.test("TrackingCheck cannot tell where there is no loopback", async function () {
  const { state, reason } = await check({ loopback: [] });
  assertEquals([state, reason], ["unknown", "no connection over loopback can be made to see it"]);
});

Deno.test("TrackingCheck finds the module missing, and events switched off or not built in", async function () {
  const missing = await check({
    sysctls: { count: undefined, events: undefined, max: undefined, acct: undefined },
  });
  assertEquals(missing.state, "module-missing");
  assertStringIncludes(String(missing.remedies), "modprobe nf_conntrack");
  const off = await check({ watched: true, sysctls: { events: 0 }, tracks: [4, 6] });
  assertEquals([off.state, off.made], ["events-off", 0]);
  assertEquals(off.remedies, ["sysctl -w net.netfilter.nf_conntrack_events=1"]);
  const without = await check({ watched: true, sysctls: { events: undefined }, tracks: [4, 6] });
  assertEquals(without.state, "events-off");
  assertStringIncludes(String(without.remedies), "CONFIG_NF_CONNTRACK_EVENTS");
});

Deno.test("TrackingCheck says what else is not seen", async function () {
  const { state, misses, remedies } = await check({
    tracks: [4, 6],
    sysctls: { acct: 0, timestamp: 0, max: 2 },
  });
  assertEquals(state, "active");
  assertEquals(misses, [
    "bytes and packets: they are not counted",
    "when a flow began and ended, to the second: it is not kept",
    "connections beyond the 2 that the table holds: the kernel drops them",
  ]);
  assertEquals(remedies, [
    "sysctl -w net.netfilter.nf_conntrack_acct=1",
    "sysctl -w net.netfilter.nf_conntrack_timestamp=1",
    "raise net.netfilter.nf_conntrack_max",
  ]);
});

Deno.test("TrackingCheck judges nothing when it is stopped", async function () {
  const { state, reason, made } = await check({}, AbortSignal.abort());
  assertEquals([state, reason, made], ["unknown", "the check was stopped", 0]);
});

Deno.test("TrackingCheck makes real connections to itself", async function () {
  const counts: number[] = [];
  const tracking = new TrackingCheck({
    system: {
      sleep: (_ms, signal) =>
        new Promise((resolve) => signal.addEventListener("abort", () => resolve())),
    },
    sysctl: (name) => name.endsWith("count") ? counts.push(0) : undefined,
    watched: false,
  });
  assertEquals((await tracking.run(NEVER)).state, "active");
  assert(counts.length >= 2);
});
