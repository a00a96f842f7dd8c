import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { FakePrograms, listLine, newLine, ports } from "./child_test_tools.ts";
import { ExitError } from "../../lib/exit.ts";

const NEVER = new AbortController().signal;

/** Exit status of the `ExitError` that is thrown, and its text. */
async function failure(promise: PromiseLike<unknown>): Promise<[number, string]> {
  const { code, message } = await assertRejects(() => promise, ExitError);
  return [code, message];
}

Deno.test("ConntrackChild yields what the child prints, in its order", async function () {
  await using fakes = new FakePrograms();
  const transport = fakes.transport(`
    echo "$@" > $0.args
    echo "TZ=$TZ LC_ALL=$LC_ALL" > $0.env
    echo '${newLine(1)}'; echo '${newLine(2)}'; sleep 0.05; echo '${newLine(3)}'
    exec sleep 1000`);
  assertEquals(await ports(transport, 3), [1, 2, 3]);
  assertEquals(
    fakes.written("conntrack.args"),
    "-E -e NEW,DESTROY -o timestamp,id,ktimestamp\n",
  );
  assertEquals(fakes.written("conntrack.env"), "TZ=UTC0 LC_ALL=C\n");
  assertEquals([transport.dropped, transport.gaps, fakes.reports], [{}, 0, []]);
});

Deno.test("ConntrackChild asks for updates only where they are wanted", async function () {
  await using fakes = new FakePrograms();
  const transport = fakes.transport(
    `echo "$@" > $0.args; echo '${newLine(1)}'; exec sleep 1000`,
    { updates: true },
  );
  await ports(transport, 1);
  assertMatch(fakes.written("conntrack.args"), /^-E -e NEW,UPDATES,DESTROY /);
});

Deno.test("ConntrackChild counts every line of a flood as an event or as dropped", async function () {
  await using fakes = new FakePrograms();
  await Deno.writeTextFile(
    `${fakes.path}/flood`,
    Array.from({ length: 20_000 }, (_, port) => newLine(port) + "\n" + "rubbish\n").join("") +
      "x".repeat(10_000_000) + "\n" + listLine(1) + "\n" + newLine(20_000),
  );
  const transport = fakes.transport(
    `if [ -e $0.ran ]; then echo '${newLine(30_000)}'; exec sleep 1000; fi
    touch $0.ran; exec cat "\${0%/*}/flood"`,
  );
  const found = await ports(transport, 20_001);
  assertEquals(found.length, 20_001);
  assertEquals(found.at(-1), 30_000);
  // An entry of the table is no event, and the last line has no line feed.
  assertEquals(transport.dropped, { malformed: 20_002, oversize: 1 });
});

Deno.test("ConntrackChild starts a child again that has died, and says what it said last", async function () {
  await using fakes = new FakePrograms();
  const transport = fakes.transport(`
    echo x >> $0.lives
    lives=$(wc -l < $0.lives)
    echo '${newLine(1)}'
    echo "NOTICE: a remark" >&2; echo "life $lives" >&2
    [ $lives -lt 4 ] || exec sleep 1000
    [ $lives -ne 2 ] || kill -KILL $$
    exit $lives`);
  assertEquals((await ports(transport, 4)).length, 4);
  assertEquals(fakes.reports, [
    'conntrack gave 1 events and ended with status 1, saying "life 1"; trying again in 0.1 s',
    'conntrack gave 1 events and was ended by SIGKILL, saying "life 2"; trying again in 0.2 s',
    'conntrack gave 1 events and ended with status 3, saying "life 3"; trying again in 0.4 s',
  ]);
  assertEquals(transport.gaps, 3);
});

Deno.test("ConntrackChild waits longer and longer for a child that dies at once", async function () {
  await using fakes = new FakePrograms();
  const stop = new AbortController();
  const transport = fakes.transport("exit 1", {
    report: () => {
      if (transport.gaps === 5) stop.abort();
    },
  });
  for await (const _ of transport.events(stop.signal)) throw new Error("no event was printed");
  assertEquals(fakes.waits.filter((ms) => ms >= 100 && ms < 2000 && ms !== 1000), [
    100,
    200,
    400,
    800,
    1600,
  ]);
  assertEquals(fakes.children.length, 5);
});

Deno.test("ConntrackChild leaves out, once and for all, the options that a version refuses", async function () {
  await using fakes = new FakePrograms();
  const transport = fakes.transport(`
    echo "$@" >> $0.args
    for word in ktimestamp timestamp; do
      case "$*" in *[,\\ ]$word*) echo "conntrack v0.9: Bad parameter \\\`$word,id'" >&2; exit 2;; esac
    done
    case "$1" in -L) exit 0;; esac
    echo '${newLine(1)}'
    exec sleep 1000`);
  assertEquals(await ports(transport, 1), [1]);
  assertEquals(await transport.dump(), []);
  assertEquals(fakes.written("conntrack.args").trimEnd().split("\n"), [
    "-E -e NEW,DESTROY -o timestamp,id,ktimestamp",
    "-E -e NEW,DESTROY -o timestamp,id",
    "-E -e NEW,DESTROY -o id",
    "-L -f ipv4 -o id,extended",
    "-L -f ipv6 -o id,extended",
  ]);
  assertEquals([fakes.reports, transport.gaps], [[], 0]);
});

Deno.test("ConntrackChild does without -o where nothing of it is known", async function () {
  await using fakes = new FakePrograms();
  const transport = fakes.transport(`
    echo "$@" >> $0.args
    [ $# -lt 5 ] || { echo "Bad parameter \\\`\${5##*,}'" >&2; exit 2; }
    echo '${newLine(1)}'
    exec sleep 1000`);
  assertEquals(await ports(transport, 1), [1]);
  assertMatch(fakes.written("conntrack.args"), /\n-E -e NEW,DESTROY\n$/);
});

Deno.test("ConntrackChild tries again where an option is refused that was not asked for", async function () {
  await using fakes = new FakePrograms();
  const transport = fakes.transport(`
    [ -e $0.ran ] && { echo '${newLine(1)}'; exec sleep 1000; }
    touch $0.ran; echo "Bad parameter \\\`NEW,DESTROY'" >&2; exit 2`);
  assertEquals(await ports(transport, 1), [1]);
  assertEquals(fakes.reports, [
    'conntrack gave 0 events and ended with status 2, saying "Bad parameter `NEW,DESTROY\'"; trying again in 0.1 s',
  ]);
});

Deno.test("ConntrackChild looks for the program at several places", async function () {
  await using fakes = new FakePrograms();
  const transport = fakes.transport("", {
    programs: [
      `${fakes.path}/none`,
      fakes.script(`echo '${newLine(7)}'; exec sleep 1000`, "second"),
    ],
  });
  assertEquals(await ports(transport, 1), [7]);
});

Deno.test("ConntrackChild gives up where there is no conntrack", async function () {
  await using fakes = new FakePrograms();
  const transport = fakes.transport("", { programs: ["/nonexistent/a", "/nonexistent/b"] });
  const text = 'there is no "/nonexistent/a" or "/nonexistent/b": install conntrack ' +
    "(the package is conntrack or conntrack-tools), or name it with --conntrack PATH";
  assertEquals(await failure(transport.events(NEVER).next()), [69, text]);
  assertEquals(await failure(transport.dump()), [69, text]);
});

Deno.test("ConntrackChild gives up where conntrack may not be run", async function () {
  await using fakes = new FakePrograms();
  const transport = fakes.transport("", { programs: [fakes.path] });
  const [code, message] = await failure(transport.events(NEVER).next());
  assertEquals(code, 77);
  assert(message.startsWith(`may not run "${fakes.path}": `), message);
});

Deno.test("ConntrackChild gives up where conntrack may not listen", async function () {
  await using fakes = new FakePrograms();
  const transport = fakes.transport(`case "$1" in
    -L) echo "conntrack v1.4.7: sorry, you must be root or get CAP_NET_ADMIN capability" >&2;;
    *) echo "mnl_socket_bind: Operation not permitted" >&2; echo "Can't open netlink socket" >&2;;
    esac; exit 1`);
  const text = "conntrack may not read connection tracking: run as root, or with CAP_NET_ADMIN";
  assertEquals(await failure(transport.events(NEVER).next()), [77, text]);
  assertEquals(await failure(transport.dump()), [77, text]);
  assertEquals(transport.gaps, 0);
});

Deno.test("ConntrackChild goes on trying where the program cannot be run now", async function () {
  await using fakes = new FakePrograms();
  const stop = new AbortController();
  let message = "";
  const transport = fakes.transport("", {
    programs: ["/usr/sbin/conntrack"],
    system: {
      ...fakes.system,
      spawn: () => {
        throw new Error("Resource temporarily unavailable (os error 11)");
      },
    },
    report: (_level, text) => {
      message = text;
      stop.abort();
    },
  });
  for await (const _ of transport.events(stop.signal)) throw new Error("there was no child");
  assertEquals(
    message,
    "cannot run conntrack: Resource temporarily unavailable (os error 11); trying again in 0.1 s",
  );
});

Deno.test("ConntrackChild ends the child when its events are not wanted any more", async function () {
  await using fakes = new FakePrograms();
  const transport = fakes.transport(`while :; do echo '${newLine(1)}'; done`);
  for await (const _ of transport.events(NEVER)) break;
  await assertRejects(async function () {
    for await (const _ of transport.events(NEVER)) throw new RangeError("the pipeline broke");
  }, RangeError);
  assertEquals(fakes.children.length, 2);
});

Deno.test("ConntrackChild ends at once when the signal has aborted before", async function () {
  await using fakes = new FakePrograms();
  const transport = fakes.transport("exec sleep 1000");
  for await (const _ of transport.events(AbortSignal.abort())) throw new Error("no event");
  assertEquals(fakes.children.length, 0);
});
