import { assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import fc from "fast-check";
import { communityId } from "./community_id.ts";
import type { Connection, Endpoint } from "./connection.ts";
import { hostileConnection, hostileText } from "./formats/test_records.ts";
import { identityText } from "./mapping/identity.ts";

/** UDP from 192.168.1.52:54585 to 8.8.8.8:53: one of the vectors of the specification. */
const DNS: Connection = {
  id: "c-1",
  event: "open",
  time: 1_795_226_500_144_181,
  direction: "egress",
  initiator: "local",
  outcome: "unknown",
  protocol: "udp",
  protocolNumber: 17,
  ipVersion: 4,
  local: { ip: "192.168.1.52", port: 54585 },
  remote: { ip: "8.8.8.8", port: 53 },
  attribution: "none",
  collector: "trace",
};
const DNS_ID = "1:d/FP5EW3wiY1vCndhwleRRKHowQ=";

/** A Community ID as text. */
function idOf(record: Connection, seed: number): string | undefined {
  const id = communityId(record, seed);
  return id && identityText(id);
}

/** The ID of UDP between two ends. */
function between(a: Endpoint, b: Endpoint): string | undefined {
  return idOf({ ...DNS, local: a, remote: b }, 0);
}

const CLIENT = { ip: "10.0.0.5", port: 40_000 };
const MASQUERADED = { ip: "203.0.113.9", port: 61_000 };
const ASKED = { ip: "198.51.100.7", port: 80 };
const SERVER = { ip: "10.0.0.2", port: 8080 };

Deno.test("communityId is the same for all events and both ends of one connection", () => {
  for (const event of ["open", "update", "close"] as const) {
    assertEquals(idOf({ ...DNS, event }, 0), DNS_ID);
  }
  const { local, remote = {}, ...rest } = DNS;
  const atServer: Connection = {
    ...rest,
    local: remote,
    remote: local,
    direction: "ingress",
    initiator: "remote",
  };
  assertEquals(idOf(atServer, 0), DNS_ID);
  assertNotEquals(idOf(DNS, 1), DNS_ID);
});

Deno.test("communityId takes a mapped address as the IPv4 address", () => {
  const written = { ip: "::FFFF:0808:0808", port: 53 };
  assertEquals(between({ ip: "192.168.1.52", port: 54585 }, written), DNS_ID);
  fc.assert(
    fc.property(fc.ipV4(), fc.ipV4(), (a, b) => {
      const plain = between({ ip: a, port: 1 }, { ip: b, port: 2 });
      assertEquals(between({ ip: `::ffff:${a}`, port: 1 }, { ip: b, port: 2 }), plain);
      assertEquals(between({ ip: a, port: 1 }, { ip: `::ffff:${b}`, port: 2 }), plain);
    }),
    { numRuns: 200 },
  );
});

Deno.test("communityId of what has no ports goes by the addresses", () => {
  const rsvp: Connection = {
    ...DNS,
    protocol: "rsvp",
    protocolNumber: 46,
    local: { ip: "10.1.12.1" },
    remote: { ip: "10.1.12.2" },
  };
  assertEquals(idOf(rsvp, 0), "1:KHlLkgoJW7ifUTyTSgyVfkFHzKw=");
});

Deno.test("communityId of ICMP goes by the message of the end that began", () => {
  const ping: Connection = {
    ...DNS,
    protocol: "icmp",
    protocolNumber: 1,
    local: { ip: "192.168.0.89" },
    remote: { ip: "192.168.0.1" },
    icmp: { type: 8, code: 0 },
  };
  const id = "1:X0snYXpgwiv9TZtqg64sgzUn6Dk=";
  assertEquals(idOf(ping, 0), id);
  const { local, remote = {}, icmp: _icmp, ...unknown } = ping;
  const ends = { local: remote, remote: local, direction: "ingress" } as const;
  assertEquals(idOf({ ...ping, ...ends, initiator: "remote" }, 0), id);
  assertEquals(idOf({ ...ping, icmp: { type: 8 } }, 0), id);
  assertEquals(idOf({ ...unknown, local, remote }, 0), undefined);
  const { initiator: _initiator, ...either } = ping;
  assertEquals(idOf(either, 0), undefined);
  // Nothing answers it: it has a way.
  const exceeded = { local: { ip: "10.0.0.1" }, remote: { ip: "10.0.0.2" } };
  const icmp = { type: 11, code: 0 };
  assertEquals(idOf({ ...ping, ...exceeded, icmp }, 0), "1:YHxtAirCG//0OzkcVAukqKQN9xM=");
  const back: Connection = {
    ...ping,
    local: exceeded.remote,
    remote: exceeded.local,
    initiator: "remote",
    icmp,
  };
  assertEquals(idOf(back, 0), "1:YHxtAirCG//0OzkcVAukqKQN9xM=");
  assertEquals(idOf({ ...ping, icmp: { type: 11 } }, 0), undefined);
});

Deno.test("communityId of what was opened here has the translated ends", () => {
  const flow: Connection = { ...DNS, local: CLIENT, remote: ASKED };
  const translated = (nat: Connection["nat"] & object) => idOf({ ...flow, nat }, 0);
  assertEquals(translated({ source: MASQUERADED }), between(MASQUERADED, ASKED));
  assertEquals(translated({ destination: SERVER }), between(CLIENT, SERVER));
  assertEquals(
    translated({ source: MASQUERADED, destination: SERVER }),
    between(MASQUERADED, SERVER),
  );
  // The socket is bound to no address, but connection tracking has it.
  const unbound = { ...flow, local: { ip: "0.0.0.0", port: CLIENT.port } };
  const nat = { source: MASQUERADED };
  assertEquals(idOf({ ...unbound, nat }, 0), between(MASQUERADED, ASKED));
});

Deno.test("communityId of what was opened elsewhere has the ends before the translation", () => {
  const flow: Connection = {
    ...DNS,
    direction: "ingress",
    initiator: "remote",
    local: ASKED,
    remote: CLIENT,
    nat: { destination: SERVER },
  };
  assertEquals(idOf(flow, 0), between(CLIENT, ASKED));
  assertEquals(idOf({ ...flow, nat: { source: MASQUERADED } }, 0), between(CLIENT, ASKED));
  // Another port of the same address.
  assertEquals(
    idOf({ ...flow, nat: { destination: { ...ASKED, port: 8080 } } }, 0),
    between(CLIENT, ASKED),
  );
});

Deno.test("communityId is absent where a record of the socket has lost what the packets had", () => {
  const ingress = { direction: "ingress", initiator: "remote" } as const;
  const socket: Connection = { ...DNS, ...ingress, local: SERVER, remote: CLIENT };
  assertEquals(idOf({ ...socket, nat: { destination: SERVER } }, 0), undefined);
  assertEquals(idOf({ ...socket, nat: { source: CLIENT } }, 0), undefined);
});

Deno.test("communityId is absent where a flow is translated that passes by, or that nobody knows who opened", () => {
  const nat = { source: MASQUERADED };
  assertEquals(idOf({ ...DNS, direction: "unknown", nat }, 0), undefined);
  const { initiator: _, ...unknown } = DNS;
  assertEquals(idOf({ ...unknown, nat }, 0), undefined);
  assertEquals(idOf({ ...unknown, direction: "unknown" }, 0), DNS_ID);
});

Deno.test("communityId is absent where a record cannot have one", () => {
  const { remote: _, ...alone } = DNS;
  const { protocolNumber: __, ...bare } = DNS;
  const wrong: readonly Connection[] = [
    { ...DNS, event: "summary" },
    { ...DNS, event: "listen" },
    alone,
    bare,
    { ...DNS, remote: { ip: "8.8.8.8" } },
    { ...DNS, local: { port: 54585 } },
    { ...DNS, local: { ip: "0.0.0.0", port: 54585 } },
    { ...DNS, local: { ip: "::", port: 54585 }, remote: { ip: "2001:db8::1", port: 53 } },
    { ...DNS, remote: { ip: "2001:db8::1", port: 53 } },
    { ...DNS, remote: { name: "dns.google", port: 53 } },
    ...[1, 4, 41, 58, 255].map((protocolNumber) => ({ ...DNS, protocolNumber })),
    // The protocols of TCP, UDP and SCTP without ports.
    ...[6, 17, 132].map((protocolNumber) => ({
      ...DNS,
      protocolNumber,
      local: { ip: "10.0.0.1" },
      remote: { ip: "10.0.0.2" },
    })),
  ];
  for (const record of wrong) {
    assertEquals(idOf(record, 0), undefined, Deno.inspect(record));
  }
});

Deno.test("communityId takes no text for an address that is none", () => {
  fc.assert(
    fc.property(hostileText, (ip) => {
      fc.pre(!/^[0-9a-f.:]+$/i.test(ip));
      assertEquals(idOf({ ...DNS, remote: { ip, port: 53 } }, 0), undefined);
    }),
    { numRuns: 200 },
  );
});

Deno.test("communityId is one, or absent, of any record", () => {
  const seed = fc.integer({ min: 0, max: 65_535 });
  fc.assert(
    fc.property(hostileConnection, seed, (record, seed) => {
      assertMatch(idOf(record, seed) ?? DNS_ID, /^1:[A-Za-z0-9+/]{27}=$/);
    }),
    { numRuns: 300 },
  );
});
