import { assertEquals } from "@std/assert";
import { spoolDirectory, syslogPermissions } from "./open_syslog.ts";
import { parseSyslogTarget } from "./target.ts";

/** What is allowed to the sender of a target. */
function permissions(text: string, more: { readonly spool?: string; readonly ca?: string } = {}) {
  const { ca, spool } = more;
  const all = syslogPermissions({
    target: parseSyslogTarget(text),
    tls: ca === undefined ? {} : { ca },
    queueBytes: 1,
    ...(spool !== undefined && { spool }),
  });
  return Object.fromEntries(
    Object.entries(all).filter(([, value]) => !Array.isArray(value) || value.length > 0),
  );
}

Deno.test("syslogPermissions allows just what the target needs", () => {
  assertEquals(permissions("syslog+tcp://logs.example:601"), { net: ["logs.example:601"] });
  assertEquals(permissions("syslog+tls://[2001:db8::1]", { ca: "/ca", spool: "/s" }), {
    net: ["[2001:db8::1]:6514"],
    read: ["/ca", "/s"],
    write: ["/s"],
  });
  assertEquals(permissions("syslog+udp://192.0.2.1"), {
    net: ["192.0.2.1:514", "0.0.0.0:0", "[::]:0"],
  });
  assertEquals(permissions("syslog+udp://logs.example"), { net: true });
  assertEquals(Object.keys(permissions("syslog:")), ["ffi"]);
});

Deno.test("spoolDirectory gives each target a directory of its own", () => {
  const names = [
    "syslog:",
    "syslog:/a/../../b",
    "syslog:/a-b",
    "syslog:/a/b",
    "syslog+tcp://h:1",
    "syslog+udp://h:1",
    "syslog+tcp://[::1]:1",
  ]
    .map((text) => spoolDirectory("/spool", parseSyslogTarget(text)));
  assertEquals(names, [
    "/spool/syslog%3A%2Fdev%2Flog",
    "/spool/syslog%3A%2Fa%2F..%2F..%2Fb",
    "/spool/syslog%3A%2Fa-b",
    "/spool/syslog%3A%2Fa%2Fb",
    "/spool/syslog%2Btcp%3A%2F%2Fh%3A1",
    "/spool/syslog%2Budp%3A%2F%2Fh%3A1",
    "/spool/syslog%2Btcp%3A%2F%2F%5B%3A%3A1%5D%3A1",
  ]);
});
