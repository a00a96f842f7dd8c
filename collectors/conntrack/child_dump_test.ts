import { assertEquals, assertRejects } from "@std/assert";
import { ExitError } from "../../lib/exit.ts";
import { FakePrograms, listLine, newLine, ports } from "./child_test_tools.ts";

Deno.test("ConntrackChild.dump lists the flows of both families", async function () {
  await using fakes = new FakePrograms();
  const transport = fakes.transport(`
    echo "$@" >> $0.args
    case "$3" in
      ipv4) echo '${listLine(1)}'; echo '${newLine(9)}'; echo rubbish; echo '${listLine(2)}';;
      ipv6) echo '${listLine(3, ["fd00::1", "fd00::2"])}';;
    esac
    echo "conntrack v1.4.7 (conntrack-tools): 3 flow entries have been shown." >&2`);
  const flows = await transport.dump();
  assertEquals(
    flows.map(({ event, ipVersion, original }) => [event, ipVersion, original.sport]),
    [["dump", 4, 1], ["dump", 4, 2], ["dump", 6, 3]],
  );
  assertEquals(fakes.written("conntrack.args").trimEnd().split("\n"), [
    "-L -f ipv4 -o id,extended,ktimestamp",
    "-L -f ipv6 -o id,extended,ktimestamp",
  ]);
  assertEquals(transport.dropped, { malformed: 2 });
});

Deno.test("ConntrackChild.dump gives no part of the table for the whole", async function () {
  await using fakes = new FakePrograms();
  const transport = fakes.transport(
    `echo '${listLine(1)}'; echo "Operation failed: Interrupted system call" >&2; exit 1`,
  );
  const { code, message } = await assertRejects(() => transport.dump(), ExitError);
  assertEquals(code, 75);
  assertEquals(
    message,
    'cannot list the tracked flows: conntrack -L ended with status 1, saying "Operation failed: Interrupted system call"',
  );
});

Deno.test("ConntrackChild.dump gives nothing where it could not read to the end", async function () {
  await using fakes = new FakePrograms();
  const transport = fakes.transport(`echo '${listLine(1)}'; sleep 1000 & echo $! > $0.pid`);
  try {
    assertEquals((await assertRejects(() => transport.dump(), ExitError)).code, 75);
  } finally {
    Deno.kill(Number(fakes.written("conntrack.pid")), "SIGKILL");
  }
});

Deno.test("ConntrackChild.dump ends a child that hangs when the signal aborts", async function () {
  await using fakes = new FakePrograms();
  const stop = new AbortController();
  const transport = fakes.transport(`echo '${listLine(1)}'; touch $0.up; exec sleep 1000`);
  const dump = transport.dump(stop.signal);
  stop.abort();
  assertEquals((await assertRejects(() => dump, ExitError)).code, 75);
  assertEquals((await assertRejects(() => transport.dump(stop.signal), ExitError)).code, 75);
});

Deno.test("ConntrackChild.dump can be taken while events are read", async function () {
  await using fakes = new FakePrograms();
  const transport = fakes.transport(`
    case "$1" in -L) echo '${listLine(5)}'; exit 0;; esac
    echo '${newLine(1)}'; exec sleep 1000`);
  const stop = new AbortController();
  for await (const _ of transport.events(stop.signal)) {
    assertEquals((await transport.dump()).length, 2);
    stop.abort();
  }
});

/** A table with one event socket. */
function table(drops: number, inode: number, groups = "00000005"): Uint8Array {
  return new TextEncoder().encode(
    "sk               Eth Pid        Groups   Rmem     Wmem     Dump  Locks    Drops    Inode\n" +
      `000000002f1ea878 12  3433960571 ${groups} 0        0        0     2        ${drops}    ${inode}\n` +
      `000000002f1ea879 12  17         00000000 0        0        0     2        400    ${inode}\n` +
      `000000002f1ea880 12  18         ${groups} 0        0        0     2        500    999\n`,
  );
}

Deno.test("ConntrackChild.lost adds up what the kernel could not deliver to each child", async function () {
  await using fakes = new FakePrograms();
  const warning = "WARNING: We have hit ENOBUFS! We are losing events.";
  const lost: (number | undefined)[] = [];
  const transport = fakes.transport(
    `[ ! -e $0.up ] || { echo '${newLine(2)}'; exec sleep 1000; }
    touch $0.up; echo '${newLine(1)}'; echo '${warning}' >&2
    while [ ! -e $0.seen ]; do sleep 0.01; done; exit 1`,
    {
      files: {
        netlinkTable: (pid) => {
          const [first] = fakes.children;
          const drops = pid === first?.pid ? 70 : 3;
          if (transport.gaps > 0) Deno.writeTextFileSync(`${fakes.path}/conntrack.seen`, "");
          return table(drops, pid);
        },
        socketInodes: (pid) => [5, pid],
      },
    },
  );
  assertEquals(transport.lost(), undefined);
  const stop = new AbortController();
  for await (const [event] of transport.events(stop.signal)) {
    // Of the first child, only its warning makes the count known in time.
    if (event?.original.sport === 1) continue;
    lost.push(transport.lost());
    assertEquals(transport.listening, true);
    stop.abort();
  }
  lost.push(transport.lost());
  assertEquals(lost, [73, 73]);
  // The warning and the death.
  assertEquals(transport.gaps, 2);
  assertEquals(transport.listening, false);
});

Deno.test("ConntrackChild.lost is unknown where the socket cannot be found", async function () {
  await using fakes = new FakePrograms();
  const script = `echo '${newLine(1)}'; exec sleep 1000`;
  for (
    const files of [
      { netlinkTable: () => undefined, socketInodes: () => [7] },
      { netlinkTable: () => table(1, 7), socketInodes: () => [] },
      { netlinkTable: () => table(1, 7, "00000007"), socketInodes: () => [7] },
      { netlinkTable: () => new TextEncoder().encode("rubbish"), socketInodes: () => [7] },
    ]
  ) {
    const transport = fakes.transport(script, { files });
    await ports(transport, 1);
    assertEquals(transport.lost(), undefined);
  }
});
