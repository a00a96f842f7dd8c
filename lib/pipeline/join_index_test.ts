import { assertEquals } from "@std/assert";
import type { Connection } from "../connection.ts";
import { JoinIndex } from "./join_index.ts";

const UDP: Connection = {
  id: "t1",
  event: "open",
  time: 1000,
  direction: "egress",
  initiator: "local",
  outcome: "unknown",
  protocol: "udp",
  protocolNumber: 17,
  ipVersion: 4,
  local: { ip: "172.17.0.2", port: 5353 },
  remote: { ip: "10.0.0.53", port: 53 },
  netns: 1,
  attribution: "none",
  attributionReason: "gone",
  collector: "trace",
  host: { id: "h", name: "n" },
};

/** Which one is found of those that are there. */
function found(
  record: Partial<Connection>,
  there: readonly Partial<Connection>[],
): string | undefined {
  const index = new JoinIndex<string>();
  for (const one of there) {
    const whole = { ...UDP, ...one };
    index.add(whole, whole.id);
  }
  return index.find({ ...UDP, ...record }, () => true);
}

const { netns: _, ...ELSEWHERE } = UDP;
const ANYWHERE = { ...UDP, local: { ip: "0.0.0.0", port: 5353 } };

/** What is found by a record whose namespace is not known. */
function foundFrom(nowhere: Connection, there: readonly Connection[]): string | undefined {
  const index = new JoinIndex<string>();
  for (const one of there) index.add(one, one.id);
  return index.find(nowhere, () => true);
}

Deno.test("JoinIndex keeps network namespaces apart", () => {
  const two = [{ id: "a", netns: 1 }, { id: "b", netns: 2 }];
  assertEquals([found({ netns: 1 }, two), found({ netns: 2 }, two)], ["a", "b"]);
  assertEquals(found({ netns: 3 }, two), undefined);
});

Deno.test("JoinIndex takes a namespace that is not known for any, but not where there are several", () => {
  const [a, b] = [{ ...UDP, id: "a" }, { ...UDP, id: "b", netns: 2 }];
  assertEquals(foundFrom(ELSEWHERE, [a]), "a");
  assertEquals(foundFrom(ELSEWHERE, [a, b]), undefined);
  assertEquals(foundFrom(ELSEWHERE, [a, b, { ...ELSEWHERE, id: "c" }]), "c");
  assertEquals(foundFrom(UDP, [{ ...ELSEWHERE, id: "c" }, b]), "c");
});

Deno.test("JoinIndex keeps local addresses of datagrams apart where both are known", () => {
  const other = { id: "b", local: { ip: "172.17.0.3", port: 5353 } };
  assertEquals(found({}, [other]), undefined);
  assertEquals(found({}, [{ ...ANYWHERE, id: "a" }]), "a");
  assertEquals(found(ANYWHERE, [other]), "b");
  assertEquals(found({}, [{ id: "exact" }, { ...ANYWHERE, id: "any" }]), "exact");
  assertEquals(found({}, [{ id: "v6", local: { ip: "::", port: 5353 } }]), "v6");
  assertEquals(found({ protocolNumber: 6 }, [{ ...ANYWHERE, protocolNumber: 6 }]), undefined);
});

Deno.test("JoinIndex takes the one that began at nearly the same time", () => {
  const three = [{ id: "a", start: 10 }, { id: "b", time: 990 }, { id: "c", start: 5000 }];
  assertEquals(found({ start: 1000 }, three), "b");
  assertEquals(found({ start: 6000 }, three), "c");
});

Deno.test("JoinIndex knows a socket behind a redirection by its own addresses", () => {
  const redirected: Partial<Connection> = {
    id: "a",
    initiator: "remote",
    nat: { destination: { ip: "172.17.0.2", port: 8080 } },
  };
  assertEquals(found({ local: { ip: "172.17.0.2", port: 8080 } }, [redirected]), "a");
});

Deno.test("JoinIndex finds only what is wanted, and nothing that was removed", () => {
  const index = new JoinIndex<string>();
  index.add(UDP, "a");
  index.add(UDP, "b");
  assertEquals(index.find(UDP, (item) => item === "a"), "a");
  index.remove(UDP, "b");
  assertEquals(index.find(UDP, () => true), "a");
  index.remove(UDP, "a");
  assertEquals(index.find(UDP, () => true), undefined);
});

Deno.test("JoinIndex keeps a bounded number under one key", () => {
  const index = new JoinIndex<number>();
  let asked = 0;
  for (let i = 0; i < 10_000; i++) index.add({ ...UDP, netns: i }, i);
  index.find(ELSEWHERE, () => ++asked > 0);
  assertEquals([asked < 100, index.find({ ...UDP, netns: 9999 }, () => true)], [true, 9999]);
});

Deno.test("JoinIndex tells a ping from here from one to here, and from an earlier one", () => {
  const ping = { protocolNumber: 1, local: { ip: "192.0.2.1" }, remote: { ip: "192.0.2.2" } };
  const from = { ...ping, id: "from", start: 1_000_000 };
  const to = { ...ping, id: "to", initiator: "remote", start: 1_000_000 } as const;
  assertEquals(found({ ...ping, start: 1_100_000 }, [to]), undefined);
  assertEquals(found({ ...ping, start: 1_100_000 }, [to, from]), "from");
  assertEquals(found({ ...ping, start: 9_000_000 }, [from]), undefined);
});
