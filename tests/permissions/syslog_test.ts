/** From inside: the thread that sends syslog messages may do no more than its target needs. */
import { assertEquals } from "@std/assert";
import { syslogPermissions } from "../../lib/sinks/syslog/open_syslog.ts";
import { parseSyslogTarget } from "../../lib/sinks/syslog/target.ts";
import { TempDir, within } from "../program.ts";
import { ATTEMPTS } from "./attempts.ts";

Deno.test("a worker with the permissions of a syslog sender is refused all else", async () => {
  await using directory = new TempDir();
  const ca = `${directory.path}/ca`;
  const spool = `${directory.path}/spool`;
  await Deno.writeTextFile(ca, "");
  await Deno.writeTextFile(spool, "");
  for (const target of ["syslog+tls://127.0.0.1:2", "syslog+udp://127.0.0.1:2"]) {
    const worker = new Worker(new URL("./intruder_worker.ts", import.meta.url), {
      type: "module",
      deno: {
        permissions: syslogPermissions({
          target: parseSyslogTarget(target),
          tls: { ca },
          spool,
          queueBytes: 1,
        }),
      },
    });
    try {
      const { promise, resolve, reject } = Promise.withResolvers<
        MessageEvent<Record<string, Record<string, string>>>
      >();
      worker.onmessage = resolve;
      worker.onerror = (event) => {
        event.preventDefault();
        reject(new Error(event.message));
      };
      worker.postMessage({ paths: [ca, spool] });
      const { data } = await within(10_000, promise, () => "the worker does not answer");
      assertEquals(data["allowed"], { [ca]: "done", [spool]: "done" });
      const refused = Object.keys(ATTEMPTS).map((name) => [name, "refused"]);
      assertEquals(data["refused"], Object.fromEntries(refused));
    } finally {
      worker.terminate();
    }
  }
});
