import { assertEquals } from "@std/assert";
import { LocalAddresses } from "../../../lib/procfs/addresses.ts";
import { kernelAddress } from "../../../tests/fake_procfs.ts";
import { SOCKET_TABLES } from "../../proc/tables.ts";
import { STATE } from "../../../lib/tcp_states.ts";
import type { FlowEvent } from "../flow.ts";
import type { SocketRow, Sockets } from "./look.ts";
import { Matcher, NO_SOCKETS, type Spaces } from "./match.ts";
import type { NetNamespace } from "./netns.ts";
import { begun, fibTrie, flow } from "./test_host.ts";

const encoder = new TextEncoder();

function namespace(inode: number, ...addresses: string[]): NetNamespace {
  const table = () => undefined;
  return { inode, addresses: new LocalAddresses(encoder.encode(fibTrie(...addresses))), table };
}

function spaces(own: readonly string[], ...others: readonly (readonly string[])[]): Spaces {
  const rest = others.map((addresses, i) => namespace(2 + i, ...addresses));
  return {
    own: namespace(1, ...own),
    others: rest,
    having: (ip) => rest.filter(({ addresses }) => addresses.has(ip)),
  };
}

type End = readonly [ip: string, port: number];
type Socket = readonly [file: string, local: End, remote: End, state?: number, netns?: number];

/** Sockets whose inodes are 100, 101, ... */
function sockets(...all: readonly Socket[]): Sockets {
  const rows = all.map(([file, local, remote, state = STATE.established, netns = 1], i) => {
    const table = SOCKET_TABLES.find((table) => table.file === file);
    if (table === undefined) throw new RangeError(`There is no table "${file}"`);
    const end = ([ip, port]: End) =>
      `${kernelAddress(ip)}:${port.toString(16).toUpperCase().padStart(4, "0")}`;
    const inode = state === STATE.synRecv ? 0 : 100 + i;
    return { table, key: `${end(local)} ${end(remote)}`, state, inode, uid: 0, netns };
  });
  return {
    rows: ({ inode }, { file, key }) =>
      rows.filter((row: SocketRow) =>
        row.netns === inode && row.table.file === file && row.key === key
      ),
  };
}

const ANY: End = ["0.0.0.0", 0];
const ANY6: End = ["::", 0];

/** `LOCAL DIRECTION INITIATOR`, then the inodes or the reason; `~` where it is inferred. */
function summary(event: FlowEvent, around: Spaces, known: Sockets = NO_SOCKETS): string {
  const match = new Matcher(around, known).match(event);
  const { local, direction, initiator, sockets, attribution, reason, netns } = match;
  const found = sockets.length > 0
    ? (attribution === "exact" ? "" : "~") + sockets.map(({ inode }) => inode).join(" ")
    : reason.replace(/:.*/, "");
  return `${local} ${direction} ${initiator} ${found} @${netns ?? "-"}`;
}

const HERE = spaces(["127.0.0.1", "10.99.0.1"]);
const UDP: readonly [End, End] = [["10.99.0.1", 5000], ["192.0.2.9", 53]];

Deno.test("Matcher takes the direction from the tuple and the local addresses", () => {
  const [here, there] = UDP;
  const loopback: End = ["127.0.0.1", 2];
  const directions: (readonly [End, End])[] = [[here, there], [there, here], [here, loopback], [
    there,
    there,
  ]];
  assertEquals(directions.map((ends) => summary(begun("udp", ...ends), HERE)), [
    "source egress local gone @1",
    "destination ingress remote no socket @1",
    "source local local gone @1",
    "source unknown local forwarded @-",
  ]);
});

Deno.test("Matcher finds translated flows by the tuple that their socket knows", () => {
  const client: Socket = ["tcp", ["10.99.0.1", 40418], ["198.51.100.7", 80]];
  const redirected = "[NEW] tcp      6 120 SYN_SENT src=10.99.0.1 dst=198.51.100.7 sport=40418 " +
    "dport=80 [UNREPLIED] src=10.99.0.2 dst=10.99.0.1 sport=8080 dport=42742";
  const expected = "source egress local 100 @1";
  assertEquals(summary(flow(redirected), HERE, sockets(client)), expected);
  // REDIRECT: who connects asks for port 80, the server's socket is at port 8080.
  const server: Socket = ["tcp", ["10.99.0.1", 8080], ["192.0.2.9", 5000]];
  const redirect =
    "[NEW] tcp      6 120 SYN_SENT src=192.0.2.9 dst=10.99.0.1 sport=5000 dport=80 " +
    "[UNREPLIED] src=10.99.0.1 dst=192.0.2.9 sport=8080 dport=5000";
  assertEquals(
    summary(flow(redirect), HERE, sockets(server)),
    "destination ingress remote 100 @1",
  );
  // To an address that is not of this host, translated to one that is.
  const foreign = redirect.replace("dst=10.99.0.1 sport=5000", "dst=203.0.113.5 sport=5000");
  assertEquals(summary(flow(foreign), HERE, sockets(server)), "destination ingress remote 100 @1");
  const listening = sockets(["tcp", ["0.0.0.0", 8080], ANY, STATE.listen]);
  assertEquals(summary(flow(foreign), HERE, listening), "destination ingress remote ~100 @1");
  // To an address of this host, translated to another host.
  const onward = redirect.replace("src=10.99.0.1 dst=192.0.2.9", "src=10.1.1.1 dst=192.0.2.9");
  assertEquals(
    summary(flow(onward), HERE, sockets(server)),
    "destination ingress remote forwarded @-",
  );
});

Deno.test("Matcher prefers a connected datagram socket, then one bound to the address, then to any", () => {
  const [local, remote] = UDP;
  const all: Socket[] = [
    ["udp", local, remote],
    ["udp", local, ANY, STATE.close],
    ["udp6", ["::ffff:10.99.0.1", 5000], ANY6, STATE.close],
    ["udp", ["0.0.0.0", 5000], ANY, STATE.close],
    ["udp6", ["::", 5000], ANY6, STATE.close],
    ["udp6", ["::1", 5000], ANY6, STATE.close],
  ];
  for (let i = 0; i < all.length - 1; i++) {
    assertEquals(
      summary(begun("udp", ...UDP), HERE, sockets(...all.slice(i))),
      "source egress local 100 @1",
    );
  }
  assertEquals(
    summary(begun("udp", ...UDP), HERE, sockets(...all.slice(5))),
    "source egress local gone @1",
  );
});

Deno.test("Matcher gives what is sent to many to who is bound there", () => {
  const group: End = ["224.0.0.251", 5353];
  const query = begun("udp", ["192.0.2.9", 5353], group);
  assertEquals(
    summary(query, HERE, sockets(["udp", ["0.0.0.0", 5353], ANY, STATE.close])),
    "destination ingress remote 100 @1",
  );
  assertEquals(
    summary(begun("udp", ["10.99.0.1", 5353], group), HERE),
    "source egress local gone @1",
  );
});

Deno.test("Matcher knows a ping socket by its identifier, else infers who has raw sockets", () => {
  const ping = flow(
    "[NEW] icmp 1 30 src=10.99.0.1 dst=192.0.2.9 type=8 code=0 id=4711 [UNREPLIED] " +
      "src=192.0.2.9 dst=10.99.0.1 type=0 code=0 id=4711",
  );
  const raw: Socket[] = [
    ["raw", ["0.0.0.0", 1], ANY, STATE.close],
    ["raw", ["0.0.0.0", 255], ANY, STATE.close],
    ["raw", ["0.0.0.0", 17], ANY, STATE.close],
    ["raw", ["10.0.0.3", 1], ANY, STATE.close],
    ["raw", ["10.99.0.1", 1], ["192.0.2.8", 0], STATE.established],
  ];
  const pinging: Socket = ["icmp", ["0.0.0.0", 4711], ANY, STATE.close];
  assertEquals(summary(ping, HERE, sockets(pinging, ...raw)), "source egress local 100 @1");
  assertEquals(summary(ping, HERE, sockets(...raw)), "source egress local ~100 101 @1");
  assertEquals(
    summary(ping, HERE, sockets(...raw.slice(2))),
    "source egress local no raw socket of its protocol @1",
  );
  const pinged = {
    ...ping,
    original: { ...ping.reply, icmp: ping.original.icmp },
    reply: ping.original,
  };
  assertEquals(
    summary(pinged as FlowEvent, HERE, sockets(...raw)),
    "destination ingress remote answered by the kernel @1",
  );
  const gre = flow(
    "[NEW] gre 47 30 src=192.0.2.9 dst=10.99.0.1 srckey=0x0 dstkey=0x0 [UNREPLIED] " +
      "src=10.99.0.1 dst=192.0.2.9 srckey=0x0 dstkey=0x0",
  );
  const tunnel: Socket = ["raw", ["10.99.0.1", 47], ["192.0.2.9", 0]];
  assertEquals(summary(gre, HERE, sockets(tunnel)), "destination ingress remote ~100 @1");
});

Deno.test("Matcher reads the tables of SCTP, and none for DCCP", () => {
  const [from, to] = UDP;
  assertEquals(
    summary(begun("sctp", from, to), HERE, sockets(["sctp/assocs", from, to, STATE.synSent])),
    "source egress local 100 @1",
  );
  assertEquals(
    summary(
      begun("sctp", to, from),
      HERE,
      sockets(["sctp/eps", ["0.0.0.0", 5000], ANY, STATE.listen]),
    ),
    "destination ingress remote ~100 @1",
  );
  const dccp = { ...begun("sctp", from, to), protocol: "dccp", protocolNumber: 33 };
  assertEquals(
    summary(dccp, HERE),
    "source egress local the kernel lists no sockets of its protocol @1",
  );
});

Deno.test("Matcher takes a picked up connection from a listening port for an answer", () => {
  const [server, peer]: readonly [End, End] = [["10.99.0.1", 22], ["192.0.2.9", 50000]];
  const known = sockets(["tcp", server, peer], ["tcp6", ["::", 22], ANY6, STATE.listen]);
  const picked = { ...begun("tcp", server, peer), state: "ESTABLISHED" };
  assertEquals(summary(picked, HERE, known), "source ingress remote 100 @1");
  assertEquals(summary({ ...picked, event: "dump" }, HERE, known), "source ingress remote 100 @1");
  assertEquals(summary(begun("tcp", server, peer), HERE, known), "source egress local 100 @1");
  // The other way about: an answer to a client here came first.
  const [client, remote]: readonly [End, End] = [["10.99.0.1", 50000], ["192.0.2.9", 443]];
  const answer = { ...begun("tcp", remote, client), state: "ESTABLISHED" };
  assertEquals(
    summary(answer, HERE, sockets(["tcp", client, remote])),
    "destination egress local 100 @1",
  );
  assertEquals(
    summary(begun("tcp", remote, client), HERE, sockets(["tcp", client, remote])),
    "destination ingress remote 100 @1",
  );
  const loopback: readonly [End, End] = [["127.0.0.1", 22], ["127.0.0.1", 50000]];
  const both = sockets(["tcp", ...loopback], ["tcp", loopback[1], loopback[0]], [
    "tcp",
    ["0.0.0.0", 22],
    ANY,
    STATE.listen,
  ]);
  assertEquals(
    summary({ ...begun("tcp", ...loopback), state: "ESTABLISHED" }, HERE, both),
    "destination local local 101 @1",
  );
});

Deno.test("Matcher finds the flows of containers, and says when it is not certain", () => {
  const around = spaces(["127.0.0.1", "10.99.0.1"], ["127.0.0.1", "172.17.0.2"], ["172.17.0.3"]);
  const [client, remote]: readonly [End, End] = [["172.17.0.2", 4000], ["192.0.2.9", 443]];
  const out = begun("tcp", client, remote);
  const connected: Socket = ["tcp", client, remote, STATE.synSent, 2];
  assertEquals(summary(out, around, sockets(connected)), "source egress local 100 @2");
  assertEquals(summary(out, around), "source egress local gone @2");
  const unconnected = sockets(["udp", ["0.0.0.0", 4000], ANY, STATE.close, 2]);
  assertEquals(
    summary(begun("udp", client, remote), around, unconnected),
    "source egress local ~100 @2",
  );
  const neighbour: readonly [End, End] = [client, ["172.17.0.3", 80]];
  const listening: Socket = ["tcp", ["0.0.0.0", 80], ANY, STATE.listen, 3];
  const between = sockets(["tcp", ...neighbour, STATE.synSent, 2], listening);
  assertEquals(summary(begun("tcp", ...neighbour), around, between), "source local local 100 @2");
  assertEquals(
    summary(begun("tcp", remote, ["172.17.0.3", 80]), around, between),
    "destination ingress remote ~101 @3",
  );
  const unknown = sockets(listening);
  assertEquals(
    summary(begun("tcp", ...neighbour), around, unknown),
    "destination ingress remote ~100 @3",
  );
  const published = flow(
    "[NEW] tcp 6 120 SYN_SENT src=192.0.2.9 dst=10.99.0.1 sport=5000 dport=8080 [UNREPLIED] " +
      "src=172.17.0.3 dst=192.0.2.9 sport=80 dport=5000",
  );
  assertEquals(
    summary(published, around, sockets(listening)),
    "destination ingress remote ~100 @3",
  );
  // Loopback addresses are everywhere.
  assertEquals(
    summary(begun("tcp", ["127.0.0.1", 1], ["127.0.0.1", 2]), around),
    "source local local gone @1",
  );
});

Deno.test("Matcher finds the sockets of a transparent proxy, which have foreign addresses", () => {
  const [client, server]: readonly [End, End] = [["192.0.2.1", 4000], ["192.0.2.9", 443]];
  assertEquals(
    summary(begun("tcp", client, server), HERE, sockets(["tcp", server, client])),
    "destination ingress remote 100 @1",
  );
  assertEquals(
    summary(begun("tcp", client, server), HERE, sockets(["tcp", client, server])),
    "source egress local 100 @1",
  );
});
