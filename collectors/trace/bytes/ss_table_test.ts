import { assertEquals, assertRejects } from "@std/assert";
import { FakePrograms } from "../../conntrack/child_test_tools.ts";
import { ExitError } from "../../../lib/exit.ts";
import { readOpenBytes, SlowTableError } from "./ss_table.ts";

const TABLE = new URL("../../../fixtures/trace/ss/table-6.1.txt", import.meta.url).pathname;

const NEVER = new AbortController().signal;

Deno.test("readOpenBytes reads what open connections have carried", async function () {
  await using fakes = new FakePrograms();
  const script = fakes.script(
    `[ "$1" = -V ] && exit; echo "$@" > $0.args; exec cat ${TABLE}`,
    "ss",
  );
  const found = await readOpenBytes({
    system: fakes.system,
    signal: NEVER,
    programs: ["/nonexistent/ss", script],
  });
  assertEquals(fakes.written("ss.args"), "-HtneioO\n");
  assertEquals(found.map(({ local, bytesIn, bytesOut }) => [local.port, bytesIn, bytesOut]), [
    // In CLOSE-WAIT; the next but two is its other end.
    [40005, 3, 0],
    [46406, 70, 100],
    [40006, 0, 0],
    [58834, 0, 3],
    [40001, 100, 70],
    [52922, 0, 0],
    [44160, 70, 100],
    [40988, 70, 100],
    [40004, 100, 70],
    [40002, 100, 70],
    [40003, 100, 70],
    [54294, 70, 100],
  ]);
  assertEquals(found[0], {
    local: { ip: "127.0.0.1", port: 40005 },
    remote: { ip: "127.0.0.1", port: 58834 },
    cookie: 0x588eb,
    bytesIn: 3,
    bytesOut: 0,
  });
});

Deno.test("readOpenBytes enters a namespace", async function () {
  await using fakes = new FakePrograms();
  const ss = fakes.script("exit 0", "ss");
  const enter = fakes.script(`echo "$@" > $0.args`, "enter");
  const options = {
    system: fakes.system,
    signal: NEVER,
    programs: [ss],
    enter: [enter, "--net=/x", "--"],
  };
  assertEquals(await readOpenBytes(options), []);
  assertEquals(fakes.written("enter.args"), `--net=/x -- ${ss} -HtneioO\n`);
});

Deno.test("readOpenBytes says why there is nothing", async function () {
  await using fakes = new FakePrograms();
  const { system } = fakes;
  await assertRejects(
    () => readOpenBytes({ system, signal: NEVER, programs: ["/nonexistent/ss"] }),
    ExitError,
    'there is no "/nonexistent/ss": install iproute2',
  );
  const ss = fakes.script(`echo "Cannot open netlink socket: no" >&2; exit 1`, "ss");
  await assertRejects(
    () => readOpenBytes({ system, signal: NEVER, programs: [ss] }),
    ExitError,
    'ss ended with status 1, saying "Cannot open netlink socket: no"',
  );
});

Deno.test("readOpenBytes gives up what takes longer than 30 s, and leaves no child", async function () {
  await using fakes = new FakePrograms();
  const waits: number[] = [];
  const system = {
    ...fakes.system,
    sleep: (ms: number, signal: AbortSignal) => {
      waits.push(ms);
      return fakes.system.sleep(ms === 30_000 ? 100 : ms, signal);
    },
  };
  const ss = fakes.script(`[ "$1" = -V ] && exit; cat ${TABLE}; exec sleep 100`, "ss");
  await assertRejects(
    () => readOpenBytes({ system, signal: NEVER, programs: [ss] }),
    SlowTableError,
    "within 30 s",
  );
  assertEquals(waits[0], 30_000);
});

Deno.test("readOpenBytes ends when it is told to", async function () {
  await using fakes = new FakePrograms();
  const { system } = fakes;
  const ss = fakes.script(`[ "$1" = -V ] && exit; exec sleep 100`, "ss");
  const signal = AbortSignal.abort();
  await assertRejects(() => readOpenBytes({ system, signal, programs: [ss] }), ExitError, "ended");
});
