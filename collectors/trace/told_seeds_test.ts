import { assertEquals } from "@std/assert";
import { peerText } from "./tcp_pending.ts";
import { end, EPOCH, ownerOf } from "./tcp_test_tools.ts";
import type { Happening } from "./happening.ts";
import { ToldSeeds } from "./told_seeds.ts";

const PEER = end("10.0.0.2:80");
const LOCAL = end("10.0.0.1:4000");

function seed(key: string, more: Partial<Happening> = {}): Happening {
  return {
    event: "open",
    time: EPOCH,
    preexisting: true,
    key,
    protocolNumber: 6,
    ipVersion: 4,
    local: LOCAL,
    remote: PEER,
    outcome: "unknown",
    state: "syn_sent",
    owner: ownerOf(7),
    ...more,
  };
}

/** A table that says what it is told to say. */
class Table {
  readonly begun = new Set<string>();
  portlessPeers: ReadonlySet<string> = new Set([peerText(6, LOCAL, PEER)]);

  sawBeginning(key: string): boolean {
    return this.begun.has(key);
  }
}

function keys(happenings: readonly Happening[]): string[] {
  return happenings.map(({ key }) => key);
}

Deno.test("ToldSeeds tells at once all but what the trace saw begin, or may have", () => {
  const table = new Table();
  table.begun.add("begun");
  const seeds = [
    seed("begun", { state: "established" }),
    seed("waits"),
    seed("established", { state: "established" }),
    seed("other peer", { remote: end("10.0.0.2:81") }),
    seed("other address", { local: end("10.0.0.3:4000") }),
    seed("other protocol", { protocolNumber: 132 }),
  ];
  const told = new ToldSeeds(table);
  told.add(seeds);
  const others = ["established", "other peer", "other address", "other protocol"];
  assertEquals(keys(told.before([])), others);
});

Deno.test("ToldSeeds tells the others once it is known whether the trace saw them begin", () => {
  const table = new Table();
  const seeds = new ToldSeeds(table);
  seeds.add([seed("a"), seed("b")]);
  assertEquals(seeds.before([]), []);
  const happening = seed("x");
  assertEquals(keys(seeds.before([happening])), ["x"]);
  table.begun.add("a");
  table.portlessPeers = new Set();
  assertEquals(keys(seeds.before([happening])), ["b", "x"]);
  assertEquals(keys(seeds.before([happening])), ["x"]);
  assertEquals(seeds.finish(), []);
});

Deno.test("ToldSeeds tells one before what happens to it", () => {
  const seeds = new ToldSeeds(new Table());
  const [a, b] = [seed("a"), seed("b")];
  seeds.add([a, b]);
  const closed = seed("b", { event: "close" });
  assertEquals(seeds.before([seed("x"), closed]), [b, seed("x"), closed]);
  assertEquals(seeds.before([closed]), [closed]);
  assertEquals(seeds.finish(), [a]);
  assertEquals(seeds.finish(), []);
});
