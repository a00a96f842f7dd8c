import { assertEquals } from "@std/assert";
import { FakePrograms } from "../../conntrack/child_test_tools.ts";
import { SsEvents } from "./ss_events.ts";

/** A line of a socket of that port. */
function line(port: number): string {
  return `UNCONN 0 0 10.0.0.1:${port} 10.0.0.2:80 ino:0 sk:${port} cwnd:10 segs_in:1`;
}

/** Follows a script until so many lines have come, or so many gaps. */
async function follow(fakes: FakePrograms, body: string, { lines = 1, gaps = 99 } = {}) {
  const stop = new AbortController();
  const ports: number[] = [];
  const said: string[] = [];
  const script = fakes.script(body, "ss");
  const events = new SsEvents({
    system: fakes.system,
    command: () => [script, "-x"],
    onLine: ({ local }) => {
      ports.push(local.port);
      if (ports.length >= lines) stop.abort();
    },
    onGap: (what) => {
      said.push(what);
      if (said.length >= gaps) stop.abort();
    },
  });
  const reason = await events.run(stop.signal);
  assertEquals(events.pid, undefined);
  return { ports, said, reason };
}

Deno.test("SsEvents gives each line, and leaves out what is none", async function () {
  await using fakes = new FakePrograms();
  const found = await follow(
    fakes,
    `echo "$@" > $0.args; echo '${line(1)}'; echo rubbish; head -c 100000 /dev/zero; echo
    echo '${line(2)}'; exec sleep 1000`,
    { lines: 2 },
  );
  assertEquals(found, { ports: [1, 2], said: [], reason: undefined });
  assertEquals(fakes.written("ss.args"), "-x -EHtneioO\n");
});

Deno.test("SsEvents starts a child again that has lost lines", async function () {
  await using fakes = new FakePrograms();
  const found = await follow(
    fakes,
    `echo '${line(1)}'
    [ -e $0.ran ] && exec sleep 1000; touch $0.ran
    echo "Failed to find cgroup2 mount" >&2
    echo "netlink receive error No buffer space available (105)" >&2; exit 255`,
    { lines: 2 },
  );
  assertEquals(found, {
    ports: [1, 1],
    said: [
      "ss gave 1 lines and ended with status 255, saying " +
      '"netlink receive error No buffer space available (105)"; trying again in 0.1 s',
    ],
    reason: undefined,
  });
});

Deno.test("SsEvents waits longer and longer for a child that dies at once", async function () {
  await using fakes = new FakePrograms();
  const { said } = await follow(fakes, "kill -KILL $$", { gaps: 3 });
  assertEquals(
    said,
    [0.1, 0.2, 0.4].map((s) => `ss gave 0 lines and ended with SIGKILL; trying again in ${s} s`),
  );
});

Deno.test("SsEvents gives up on an ss that does not know -E", async function () {
  await using fakes = new FakePrograms();
  const { reason, said } = await follow(
    fakes,
    `echo "ss: invalid option -- 'E'" >&2; echo "Usage: ss [ OPTIONS ]" >&2; exit 255`,
  );
  assertEquals([reason, said], [
    `ss is too old to follow sockets: it says "ss: invalid option -- 'E'"`,
    [],
  ]);
});

Deno.test("SsEvents gives up where it is not permitted", async function () {
  await using fakes = new FakePrograms();
  const { reason } = await follow(
    fakes,
    `echo "nsenter: reassociate to namespace 'ns/net' failed: Operation not permitted" >&2; exit 1`,
  );
  assertEquals(
    reason,
    "ss gave 0 lines and ended with status 1, saying " +
      `"nsenter: reassociate to namespace 'ns/net' failed: Operation not permitted"`,
  );
});

Deno.test("SsEvents gives up where there is no program", async function () {
  await using fakes = new FakePrograms();
  const events = new SsEvents({
    system: fakes.system,
    command: () => ["/nonexistent/stdbuf", "/nonexistent/ss"],
    onLine: () => {},
    onGap: () => {},
  });
  const reason = await events.run(new AbortController().signal);
  assertEquals(reason?.startsWith('cannot run "/nonexistent/stdbuf": '), true, reason);
});
