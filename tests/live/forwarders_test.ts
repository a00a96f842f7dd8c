/** What packaging/forwarders has for rsyslog, run by a real rsyslogd at both ends. */
import { assert, assertEquals, assertGreater } from "@std/assert";
import { EXIT } from "../../lib/exit.ts";
import { FakeProcfs, FIRST_NETNS, socketTable } from "../fake_procfs.ts";
import { freePort } from "../free_port.ts";
import { eventually, Program, ROOT, start, TempDir } from "../program.ts";
import { missing, testUnless } from "../skip.ts";
import { linesIn } from "./made_flows.ts";

const RSYSLOGD = "/usr/sbin/rsyslogd";
const SKIP = Deno.build.os === "linux" ? missing([RSYSLOGD]) : "needs Linux";

const TCP_ESTABLISHED = 1;

/** Lines that are written while the server is away: some thousands, far more than rsyslogd takes at a time. */
const LINES = 5000;

/** How long lines may take, also where rsyslogd has to find first that the server is back, milliseconds. */
const BACK_MS = 120_000;

/** An rsyslogd that runs a file of packaging/forwarders, changed as that file says. */
class ShippedRsyslogd implements AsyncDisposable {
  readonly #words: readonly string[];
  readonly #pidFile: string;
  #program: Program | undefined;

  constructor(directory: string, file: string, changes: Readonly<Record<string, string>>) {
    const place = `${directory}/${file}`;
    let text = Deno.readTextFileSync(`${ROOT}packaging/forwarders/${file}`);
    for (const [from, to] of Object.entries(changes)) text = text.replaceAll(from, to);
    Deno.mkdirSync(`${place}.work`);
    Deno.writeTextFileSync(place, `global(workDirectory="${place}.work")\n${text}`);
    this.#pidFile = `${place}.pid`;
    this.#words = [RSYSLOGD, "-n", "-f", place, "-i", this.#pidFile];
  }

  /** Has rsyslogd itself look whether it understands the file. Throws where it complains. */
  async validate(): Promise<void> {
    await using program = new Program([...this.#words.filter((word) => word !== "-n"), "-N1"]);
    const { code, stderr } = await program.ended();
    const complaints = stderr.split("\n").filter((line) => !/^$|version |End of config/.test(line));
    assertEquals({ code, complaints }, { code: 0, complaints: [] });
  }

  async start(): Promise<void> {
    await Deno.remove(this.#pidFile).catch(() => {});
    this.#program = new Program(this.#words);
    await eventually(
      () => Deno.stat(this.#pidFile).then(() => true, () => undefined),
      "rsyslogd does not start",
    );
  }

  async stop(signal: "SIGTERM" | "SIGKILL" = "SIGTERM"): Promise<void> {
    this.#program?.signal(signal);
    await this.#program?.ended();
    this.#program = undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#program?.[Symbol.asyncDispose]();
  }
}

/** Both ends, in a directory of the test's own. */
class Pipeline implements AsyncDisposable {
  readonly log: string;
  readonly host: ShippedRsyslogd;
  readonly server: ShippedRsyslogd;
  readonly #central: string;

  constructor(directory: string) {
    const port = { 'port="6514"': `port="${freePort()}"` };
    this.log = `${directory}/log`;
    this.#central = `${directory}/central`;
    Deno.mkdirSync(this.log);
    this.host = new ShippedRsyslogd(directory, "rsyslog.conf", {
      ...port,
      "/var/log/connscribe": this.log,
      "siem.example.com": "127.0.0.1",
    });
    this.server = new ShippedRsyslogd(directory, "rsyslog-central.conf", {
      ...port,
      "/var/log/connscribe-central": this.#central,
    });
  }

  /** Lines that the server has written, of all hosts and days. */
  received(): string[] {
    try {
      return [...Deno.readDirSync(this.#central)].flatMap(({ name }) =>
        linesIn(`${this.#central}/${name}`, /\.ndjson$/)
      );
    } catch {
      // Nothing is there yet, or the last line is not whole yet.
      return [];
    }
  }

  /** Waits until so many different lines have arrived. */
  async has(count: number): Promise<Set<string>> {
    return await eventually(
      () => {
        const lines = new Set(this.received());
        return lines.size >= count ? lines : undefined;
      },
      `fewer than ${count} lines have arrived`,
      BACK_MS,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.host[Symbol.asyncDispose]();
    await this.server[Symbol.asyncDispose]();
  }
}

/**
 * An argument of a process, and how long it makes its record, but for the name of this host: below the usual
 * limit of rsyslog (8k), above it, and far above it.
 */
const ARGUMENTS: readonly (readonly [argument: string, bytes: number])[] = [
  ["x".repeat(3252), 7900],
  ["y".repeat(4000), 9400],
  ["\x1b".repeat(4000), 49_400],
];

/** How much the length of a record depends on the name of the host, bytes. */
const NAME_ROOM = 300;

/** A host with a connection of a process for each of {@linkcode ARGUMENTS}. */
function fakeHost(directory: string): FakeProcfs {
  const procfs = new FakeProcfs(directory);
  const sockets = ARGUMENTS.map((_, i) => ({
    local: ["10.0.0.5", 40_000 + i] as const,
    remote: ["192.0.2.7", 443] as const,
    state: TCP_ESTABLISHED,
    inode: 11 + i,
  }));
  procfs.addNamespace(FIRST_NETNS, { tcp: socketTable(sockets) });
  for (const [i, [argument]] of ARGUMENTS.entries()) {
    procfs.addProcess({ pid: 100 + i, comm: "client", argv: ["c", argument], sockets: [11 + i] });
  }
  return procfs;
}

testUnless(SKIP, "rsyslogd understands the files for rsyslog", async () => {
  await using directory = new TempDir();
  await using pipeline = new Pipeline(directory.path);
  await pipeline.host.validate();
  await pipeline.server.validate();
});

testUnless(
  SKIP,
  "by rsyslog.conf each line arrives once and whole, over a restart too",
  async () => {
    await using directory = new TempDir();
    await using pipeline = new Pipeline(directory.path);
    const { log, host, server } = pipeline;
    await Deno.mkdir(`${directory.path}/proc`);
    const { root } = fakeHost(`${directory.path}/proc`);
    await server.start();
    await host.start();
    const watch = async () => {
      const args = ["watch", "--procfs", root, "--format", "ndjson", "--out", `${log}/`];
      await using program = start([...args, "--interval", "200ms", "--for", "1s"]);
      const { code, stderr } = await program.ended();
      assertEquals({ code, stderr }, { code: EXIT.ok, stderr: "" });
      return linesIn(log, /\.ndjson$/);
    };

    const first = await watch();
    const sizes = first.map((line) => new TextEncoder().encode(line).length);
    for (const [, bytes] of ARGUMENTS) {
      assert(sizes.some((size) => Math.abs(size - bytes) < NAME_ROOM), `${bytes}: ${sizes}`);
    }
    await pipeline.has(first.length);
    assertEquals(pipeline.received().sort(), first.toSorted());

    await host.stop();
    const all = await watch();
    assertGreater(all.length, first.length);
    await host.start();
    await pipeline.has(all.length);
    await host.stop();
    await server.stop();
    assertEquals(pipeline.received().sort(), all.toSorted());
  },
);

for (
  const { signal, lost } of [{ signal: "SIGTERM", lost: 1 }, {
    signal: "SIGKILL",
    lost: 0,
  }] as const
) {
  testUnless(
    SKIP,
    `${signal} to rsyslogd while the server is away loses ${lost} at most`,
    async () => {
      await using directory = new TempDir();
      await using pipeline = new Pipeline(directory.path);
      const { log, host, server } = pipeline;
      const lines = Array.from({ length: LINES }, (_, i) => `{"event":{"id":"e-${i}"}}`);
      const path = `${log}/connscribe-h-20261121T000000Z-000001.ndjson`;
      await Deno.writeTextFile(path, lines.map((line) => line + "\n").join(""));
      await host.start();
      // Once it has read some of the file, it notes so.
      const work = `${directory.path}/rsyslog.conf.work`;
      await eventually(
        () =>
          [...Deno.readDirSync(work)].some(({ name }) => name.startsWith("imfile")) || undefined,
        "it reads nothing",
      );
      await host.stop(signal);
      await server.start();
      await host.start();
      const received = await pipeline.has(LINES - lost);
      assertEquals(received.difference(new Set(lines)).size, 0);
    },
  );
}
