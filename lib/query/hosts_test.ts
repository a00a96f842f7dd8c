import { assertEquals } from "@std/assert";
import { endsOf, hostMatcher, lowerCase, nameAsked, nameOf } from "./hosts.ts";
import { connection } from "./query_test_tools.ts";

const HERE = { ip: "10.0.0.5", port: 40000 };
const THERE = { ip: "192.0.2.7", port: 443, name: "Db.Example.com" };

Deno.test("endsOf tells by the initiator who connected, else by the direction", () => {
  assertEquals(endsOf(connection(HERE, THERE)), { from: HERE, to: THERE });
  assertEquals(endsOf(connection(HERE, THERE, { initiator: "remote" })), {
    from: THERE,
    to: HERE,
  });
  const { initiator: _initiator, ...unknown } = connection(HERE, THERE);
  assertEquals(endsOf(unknown), { from: HERE, to: THERE });
  assertEquals(endsOf({ ...unknown, direction: "ingress" }), { from: THERE, to: HERE });
  // Who opened it counts, wherever the packets went.
  assertEquals(endsOf(connection(HERE, THERE, { direction: "ingress" })).from, HERE);
});

Deno.test("endsOf knows no other end where there is no peer", () => {
  const { remote: _remote, ...alone } = connection(HERE, THERE);
  assertEquals(endsOf(alone), { from: HERE, to: undefined });
  assertEquals(endsOf({ ...alone, initiator: "remote" }), { from: {}, to: HERE });
});

Deno.test("endsOf gives the own end the name of the host, unless it has one", () => {
  const host = { id: "4d1f2a", name: "Web-1" };
  assertEquals(endsOf(connection(HERE, THERE, { host })).from, { ...HERE, name: "Web-1" });
  const named = connection({ ...HERE, name: "alias" }, THERE, { host });
  assertEquals(endsOf(named).from.name, "alias");
});

Deno.test("lowerCase and nameOf change letters of ASCII only", () => {
  assertEquals(lowerCase("ZyLa.EXAMPLE-1"), "zyla.example-1");
  assertEquals(lowerCase("ÀÉ\u212a"), "ÀÉ\u212a");
  assertEquals(nameOf(THERE), "db.example.com");
  assertEquals(nameOf(HERE), "10.0.0.5");
  assertEquals(nameOf({}), undefined);
});

Deno.test("nameOf and nameAsked know one spelling of a name and of an address", () => {
  assertEquals(nameOf({ name: "Db.Example.com.", ip: "10.0.0.1" }), "db.example.com");
  assertEquals(nameOf({ name: "." }), ".");
  assertEquals(nameAsked("Db.Example.com."), "db.example.com");
  assertEquals(nameAsked("2001:DB8:0:0::1"), "2001:db8::1");
  assertEquals(nameAsked("::ffff:a00:1"), "10.0.0.1");
});

Deno.test("hostMatcher takes a name in any case, and all names below it", () => {
  for (const wanted of ["example.com", "EXAMPLE.com", "example.COM."]) {
    const matches = hostMatcher(wanted);
    for (const name of ["example.com", "Example.Com", "db.example.com", "DB.EXAMPLE.COM."]) {
      assertEquals(matches({ name }), true, `${wanted} ${name}`);
    }
    for (const name of ["myexample.com", "example.com.evil.org", "com", "", ".", "example.com.."]) {
      assertEquals(matches({ name }), false, `${wanted} ${name}`);
    }
    assertEquals(matches({}), false);
  }
  assertEquals(hostMatcher(".")({ name: "." }), true);
  assertEquals(hostMatcher(".")({ name: "" }), false);
});

Deno.test("hostMatcher takes addresses in every spelling, and networks", () => {
  const cases: [string, string, boolean][] = [
    ["192.0.2.7", "192.0.2.7", true],
    ["::ffff:192.0.2.7", "192.0.2.7", true],
    ["::ffff:c000:207", "192.0.2.7", true],
    ["192.0.2.7", "192.0.2.70", false],
    ["192.0.2.0/24", "192.0.2.7", true],
    ["192.0.2.0/24", "192.0.3.7", false],
    ["0.0.0.0/0", "2001:db8::1", false],
    ["2001:DB8:0::1", "2001:db8::1", true],
    ["2001:db8::/32", "2001:db8:ffff::1", true],
  ];
  for (const [wanted, ip, isIt] of cases) assertEquals(hostMatcher(wanted)({ ip }), isIt, wanted);
});

Deno.test("hostMatcher takes an address that stands where a name does", () => {
  assertEquals(hostMatcher("192.0.2.7")({ name: "192.0.2.7" }), true);
  assertEquals(hostMatcher("192.0.2.0/24")({ name: "192.0.2.7" }), false);
});
