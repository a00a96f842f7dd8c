/**
 * littlesnitch-log-exporter hid, or showed, each of these records for a wrong reason.
 */
import { assert, assertEquals } from "@std/assert";
import { compileJudge } from "./compile.ts";
import { builtinRules } from "./load.ts";
import { notes, type Sample } from "./test_connections.ts";

const judge = compileJudge(builtinRules("macos"));
const CHROME_HELPER =
  "/Applications/Google Chrome.app/Contents/Frameworks/Google Chrome Framework." +
  "framework/Versions/87.0.4280.88/Helpers/Google Chrome Helper.app/Contents/MacOS/" +
  "Google Chrome Helper";

/** Public addresses that no rule knows by number. */
const UNKNOWN = ["203.0.113.7", "2001:db8::7"];

function assertShown(record: Sample): void {
  for (const ip of record.ip === undefined ? UNKNOWN : [record.ip]) {
    assert(notes(judge, { ...record, ip }).length > 0, JSON.stringify(record));
  }
}

function assertHidden(record: Sample): void {
  assertEquals(notes(judge, record), [], JSON.stringify(record));
}

Deno.test("a domain that merely ends like an allowed one is shown", () => {
  const exe = "/usr/local/bin/tool";
  for (const host of ["evilapple.com", "notgoogle.com", "xicloud.com", "evil.exampleapple.com"]) {
    assertShown({ host, exe });
  }
  assertHidden({ host: "www.apple.com", exe });
  assertHidden({ host: "apple.com", exe });
});

Deno.test("an allowed domain inside the name that mDNSResponder asks for is no free pass", () => {
  assertShown({ host: "apple.com.evil.example", exe: "/usr/sbin/mDNSResponder", port: 8080 });
});

Deno.test("private addresses are private whatever number of digits they have", () => {
  const exe = "/usr/local/bin/tool";
  for (const ip of ["10.0.0.5", "192.168.1.1", "172.16.0.9", "fd12::1", "169.254.9.9"]) {
    assertHidden({ ip, exe });
  }
  for (const ip of ["172.15.0.1", "172.32.0.1", "192.169.1.1", "11.0.0.5"]) {
    assertShown({ ip, exe });
  }
});

Deno.test("a word of the application's path in the host name is no free pass", () => {
  assertShown({ host: "updates.example", exe: "/Applications/Updates.app/Contents/MacOS/Updates" });
  assertShown({ host: "library.evil.example", exe: "/Library/Application Support/x" });
  assertShown({ host: "contents.evil.example", exe: CHROME_HELPER, port: 8443 });
  assertHidden({ host: "www.slack.com", exe: "/Applications/Slack.app/Contents/MacOS/Slack" });
  assertShown({ host: "slack.evil.example", exe: "/Applications/Slack.app/Contents/MacOS/Slack" });
});

Deno.test("incoming connections are shown, also from private addresses", () => {
  for (const ip of [...UNKNOWN, "10.0.0.5", "192.168.1.1"]) {
    assertShown({ direction: "ingress", ip, port: 5900, exe: "/usr/local/bin/tool" });
    assertShown({ direction: "ingress", ip, port: 443, exe: CHROME_HELPER });
    assertShown({ direction: "ingress", ip, port: 80, host: "www.apple.com", exe: "/usr/bin/x" });
  }
});

Deno.test("what has a browser's name in its path is no browser", () => {
  for (
    const exe of [
      "/Users/a/Downloads/Google Chrome.app/Contents/MacOS/Google Chrome",
      "/Applications/Not Google Chrome.app/Contents/MacOS/x",
      "/Applications/Opera Stealer.app/Contents/MacOS/x",
      "/tmp/Firefox.app/x",
      "/Users/a/com.apple.WebKit.Networking",
      "/Applications/Google Chrome.app/Contents/../../../tmp/x",
    ]
  ) assertShown({ exe });
  for (const port of [80, 443, 5228]) assertHidden({ exe: CHROME_HELPER, port });
  assertShown({ exe: CHROME_HELPER, port: 4444 });
});

Deno.test("what has mDNSResponder or openvpn in its path is neither of them", () => {
  assertShown({ exe: "/tmp/mDNSResponder", port: 53, protocol: "udp" });
  assertShown({ exe: "/Users/a/openvpn-stealer", port: 443 });
  assertHidden({ exe: "/usr/sbin/mDNSResponder", port: 53, protocol: "udp" });
});

Deno.test("an allowed domain is no free pass for every port", () => {
  assertShown({ host: "www.google.com", port: 4444, exe: "/bin/bash" });
  assertHidden({ host: "www.google.com", port: 443, exe: "/usr/local/bin/tool" });
});

Deno.test("a name that anyone can rent is expected of installed programs only", () => {
  const host = "ec2-203-0-113-7.compute-1.amazonaws.com";
  assertShown({ host, exe: "/Users/a/.hidden/x" });
  assertShown({ host, exe: "/usr/bin/python3" });
  assertHidden({ host, exe: "/Applications/Backup.app/Contents/MacOS/Backup" });
});

Deno.test("every domain that the exporter allowed is expected of an installed program", () => {
  const exe = "/Applications/Any.app/Contents/MacOS/Any";
  for (
    const host of [
      "icloud.com",
      "icloud-content.com",
      "apple.com",
      "cdn-apple.com",
      "mzstatic.com",
      "googleapis.com",
      "google.com",
      "amazonaws.com",
      "live.com",
      "digicert.com",
      "amazontrust.com",
      "apple-cloudkit.com",
      "letsencrypt.org",
      "lencr.org",
      "verisign.com",
      "sectigo.com",
      "appcenter.ms",
      "python.org",
      "pypi.org",
      "sharepoint.com",
      "office.com",
      "cloudapp.net",
      "office365.com",
      "microsoft.com",
      "sfx.ms",
      "outlook.com",
      "windows.net",
      "azurewebsites.net",
      "office.net",
      "skype.com",
      "msecnd.net",
      "exp-tas.com",
      "yahoo.com",
      "networking.apple",
    ]
  ) assertHidden({ host: `a.${host}`, exe });
  assertHidden({ ip: "239.255.255.250", protocol: "udp", port: 1900, exe });
});
