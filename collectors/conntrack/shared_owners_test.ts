import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import type { FlowOwner } from "./owners/settle.ts";
import { SharedOwners } from "./shared_owners.ts";

const PROCESS = { pid: 71, start: 5, name: "curl", entityId: "e" };
const OWNER: FlowOwner = {
  local: "source",
  direction: "egress",
  initiator: "local",
  attribution: "exact",
  process: PROCESS,
  socket: { inode: 700, type: "dgram", uid: 0 },
  netns: 1,
};

Deno.test("SharedOwners gives the one that it has for all that say the same", () => {
  const shared = new SharedOwners();
  assertStrictEquals(shared.share(OWNER), OWNER);
  assertStrictEquals(
    shared.share({ ...OWNER, socket: { inode: 700, type: "dgram", uid: 0 } }),
    OWNER,
  );
});

Deno.test("SharedOwners takes no owner for another one", () => {
  const { socket: _, ...socketless } = OWNER;
  const others: FlowOwner[] = [
    { ...OWNER, local: "destination" },
    { ...OWNER, direction: "local" },
    { ...OWNER, initiator: "remote" },
    { ...OWNER, attribution: "late" },
    { ...OWNER, attributionReason: "first gone" },
    { ...OWNER, process: { ...PROCESS } },
    { ...OWNER, socket: { inode: 700, type: "stream", uid: 0 } },
    { ...OWNER, socket: { inode: 700, type: "dgram", uid: 1 } },
    { ...OWNER, socket: { type: "dgram", uid: 0 } },
    { ...OWNER, netns: 2 },
    socketless,
  ];
  for (const other of others) {
    const shared = new SharedOwners();
    shared.share(OWNER);
    assertStrictEquals(shared.share(other), other);
  }
});

Deno.test("SharedOwners keeps only some, and mixes none of them up", () => {
  const shared = new SharedOwners();
  for (let round = 0; round < 2; round++) {
    for (let inode = 0; inode < 3000; inode++) {
      const owner: FlowOwner = { ...OWNER, socket: { inode, type: "dgram", uid: 0 } };
      assertEquals(shared.share(owner), owner);
    }
  }
  assert(shared.share({ ...OWNER }) !== OWNER);
});
