import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { parseCommandLine } from "./cmdline.ts";
import { processName } from "./name.ts";
import { textOf } from "./text.ts";

const encoder = new TextEncoder();

function name(comm: string | Uint8Array, cmdline: string): string {
  const bytes = typeof comm === "string" ? encoder.encode(comm) : comm;
  const stat = { comm: textOf(bytes), commBytes: bytes.length };
  return processName(stat, parseCommandLine(encoder.encode(cmdline)));
}

Deno.test("processName completes a name that the kernel has cut", () => {
  assertEquals(
    name("a-very-long-pro", "/opt/a-very-long-process-name\0-x\0"),
    "a-very-long-process-name",
  );
  assertEquals(
    name("a-very-long-pro", "a-very-long-process-name\0-x\0"),
    "a-very-long-process-name",
  );
});

Deno.test("processName keeps a short name, whatever the first argument is", () => {
  assertEquals(name("sshd", "/usr/sbin/sshd-session\0-x\0"), "sshd");
  assertEquals(name("a-very-long-pr", "a-very-long-process-name\0-x\0"), "a-very-long-pr");
});

Deno.test("processName keeps a long name that the first argument does not begin with", () => {
  for (
    const cmdline of [
      "",
      "\0",
      "/bin/sh\0a-very-long-process-name\0",
      "/a-very-long-process-name/x\0y\0",
    ]
  ) {
    assertEquals(name("a-very-long-pro", cmdline), "a-very-long-pro");
  }
  assertEquals(name("kworker/u4:2-events_unbound", ""), "kworker/u4:2-events_unbound");
});

Deno.test("processName splits a written-over command line at blanks, as psutil does", () => {
  assertEquals(name("a-very-long-pro", "a-very-long-process: idle   "), "a-very-long-process:");
  assertEquals(name("a-very-long-pro", "a-very-long-process: idle\0"), "a-very-long-process:");
  assertEquals(
    name("a-very-long-pro", "a-very-long-process here\0-x\0"),
    "a-very-long-process here",
  );
});

Deno.test("processName counts bytes and completes a name that was cut within a character", () => {
  const cut = encoder.encode("größenwahnsinn-ä").subarray(0, 15);
  assertEquals(name(cut, "/opt/größenwahnsinn-ä\0-x\0"), "größenwahnsinn-ä");
  const within = encoder.encode("fourteen-bytesé").subarray(0, 15);
  assertEquals(name(within, "/opt/fourteen-bytesétat\0-x\0"), "fourteen-bytesétat");
});

Deno.test("processName never throws", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 20 }), fc.string(), (comm, cmdline) => {
      name(comm, cmdline);
    }),
  );
});
