/** `--out syslog…`, to a server of the test's own. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { EXIT } from "../../lib/exit.ts";
import {
  readCounted,
  readSyslog,
  type SyslogMessage,
} from "../../lib/sinks/syslog/test_rfc5424.ts";
import { freePort } from "../free_port.ts";
import { ROOT, run, start, TempDir } from "../program.ts";

const HOST = "127.0.0.1";
const LOG = `${ROOT}/fixtures/logs/zeek.log`;
const EXPORT = ["export", "--input", LOG, "--format", "ndjson"] as const;

/** Reads one connection to its end. */
async function receive(listener: Deno.Listener): Promise<SyslogMessage[]> {
  const conn = await listener.accept();
  const bytes = new Uint8Array(await new Response(conn.readable).arrayBuffer());
  return readCounted(bytes).map(readSyslog);
}

function listen(): {
  readonly listener: Deno.Listener;
  readonly port: number;
  readonly target: string;
} {
  const port = freePort();
  const listener = Deno.listen({ hostname: HOST, port });
  return { listener, port, target: `syslog+tcp://${HOST}:${port}` };
}

Deno.test("export sends the same records as syslog that it writes to stdout", async () => {
  const { listener, target } = listen();
  using _ = listener;
  const receiving = receive(listener);
  const options = ["--syslog-facility", "local3", "--syslog-tag", "nets"];
  const sent = await run([...EXPORT, ...options, "--out", target, "--out", "-"]);
  assertEquals([sent.code, sent.stderr], [EXIT.ok, ""]);
  const messages = await receiving;
  assert(messages.length > 3);
  assertEquals(messages.map(({ message }) => message), sent.stdout.trimEnd().split("\n"));
  for (const { pri, appName, msgId, timestamp, message } of messages) {
    assertEquals([pri, appName, msgId], [19 * 8 + 6, "nets", "summary"]);
    assertEquals(timestamp, JSON.parse(message)["@timestamp"]);
  }
});

Deno.test("export says what is lost when nobody takes it, and keeps it with a spool", async () => {
  await using directory = new TempDir();
  const { listener, port, target } = listen();
  listener.close();
  const lost = await run([...EXPORT, "--out", target]);
  assertEquals(lost.code, EXIT.io);
  assertStringIncludes(lost.stderr, `${target} takes nothing: connection refused`);
  assertStringIncludes(lost.stderr, "within 5s of the end");
  const spool = ["--syslog-spool", `${directory.path}/spool`];
  const kept = await run([...EXPORT, ...spool, "--out", target]);
  assertEquals(kept.code, EXIT.ok, kept.stderr);
  assertStringIncludes(kept.stderr, "stay in the spool");
  using again = Deno.listen({ hostname: HOST, port });
  const receiving = receive(again);
  const second = await run([...EXPORT, ...spool, "--out", target]);
  assertEquals(second.code, EXIT.ok, second.stderr);
  const messages = (await receiving).map(({ message }) => message);
  assertEquals(messages.slice(0, messages.length / 2), messages.slice(messages.length / 2));
  const { stdout } = await run(EXPORT);
  assertEquals(messages.slice(0, messages.length / 2), stdout.trimEnd().split("\n"));
});

Deno.test("watch sends reports as syslog, too", async () => {
  const { listener, target } = listen();
  using _ = listener;
  const receiving = receive(listener);
  await using program = start([
    "watch",
    "--from",
    "proc",
    "--for",
    "1s",
    "--out",
    `ndjson:${target}`,
  ]);
  const { code, stderr } = await program.ended();
  assertEquals(code, EXIT.ok, stderr);
  const kinds = (await receiving).map(({ msgId }) => msgId);
  assertEquals([kinds[0], kinds.at(-1)], ["coverage", "stats"]);
});

Deno.test("syslog options that cannot be right are refused", async () => {
  await using directory = new TempDir();
  const plain = `${directory.path}/plain`;
  await Deno.writeTextFile(plain, "no certificate");
  const tls = ["--out", "syslog+tls://localhost:1"];
  const cases: [readonly string[], number, string][] = [
    [["--out", "syslog+tcp://"], EXIT.usage, "it is no target of syslog"],
    [["--out", "syslog+tcp://h:0"], EXIT.usage, "a port is a number"],
    [["--syslog-max", "100"], EXIT.usage, "the minimum is 1K"],
    [["--syslog-queue", "1K"], EXIT.usage, "the minimum is 1M"],
    [["--syslog-tag", "a b"], EXIT.usage, "no APP-NAME"],
    [["--syslog-facility", "nope"], EXIT.usage, "it is not one of"],
    [[...tls, "--syslog-cert", plain], EXIT.usage, "go together"],
    [[...tls, "--syslog-ca", `${plain}.not`], EXIT.config, "no such file"],
    [[...tls, "--syslog-ca", plain], EXIT.config, "is not in PEM"],
  ];
  for (const [args, code, text] of cases) {
    const result = await run([...EXPORT, ...args]);
    assertEquals(result.code, code, result.stderr);
    assertStringIncludes(result.stderr, text);
  }
});

Deno.test("--dry-run says what the worker that sends would be allowed, and opens nothing", async () => {
  const cases: [args: string[], said: string][] = [
    [["syslog:"], '"syslog:/dev/log": call /lib'],
    [["syslog+tcp://h:1"], '"syslog+tcp://h:1": connect to h:1\n'],
    [["syslog+udp://h"], '"syslog+udp://h:514": connect to any host\n'],
    [
      ["syslog+tls://h", "--syslog-ca", "/ca.pem", "--syslog-spool", "/no/spool"],
      '"syslog+tls://h:6514": connect to h:6514; read /ca.pem, /no/spool/syslog%2Btls%3A%2F%2Fh%3A6514; write /no/spool/syslog%2Btls%3A%2F%2Fh%3A6514\n',
    ],
  ];
  for (const [args, said] of cases) {
    const { code, stdout } = await run(["watch", "--dry-run", "--out", ...args]);
    assertEquals(code, EXIT.ok);
    assertStringIncludes(stdout, `permissions of the worker of ${said}`);
  }
});
