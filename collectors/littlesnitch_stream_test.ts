import { assert, assertEquals, assertMatch } from "@std/assert";
import { testUnless } from "../tests/skip.ts";
import { HEADER, rowOf } from "./littlesnitch/traffic_test_tools.ts";
import { LACK, runScript, standIn } from "./littlesnitch_test_tools.ts";

/** 2021-01-02T10:00:00Z. */
const BEGIN = Date.UTC(2021, 0, 2, 10) * 1000;

testUnless(
  LACK,
  "LittleSnitchCollector streams what was and what comes, until it is told to end",
  async () => {
    const live = Array.from({ length: 20 }, (_, i) => rowOf({ port: `${i}` }) + "\n").join("");
    const body = `printf '%s' '${live}' > $0.live\n` + standIn('LITTLESNITCH_LIVE="$0.live"');
    const { records, counters, error, reports, args } = await runScript(
      body,
      { begin: BEGIN, stream: true },
      ({ records }) => records.length >= 23,
    );
    assertEquals([records.length, error, reports], [23, undefined, []]);
    assertEquals(records.slice(3).map(({ remote }) => remote?.port), [...Array(20).keys()]);
    assertEquals(counters, { read: 23, dropped: {}, degraded: {} });
    assertMatch(args, /^log-traffic -b .* --stream\n$/);
  },
);

Deno.test("LittleSnitchCollector starts a stream again that has died, without what was read", async () => {
  const body = `
    echo "$@" >> $0.args
    echo '${HEADER}'; echo '${rowOf()}'; echo "lost contact" >&2
    [ -e $0.third ] && exec sleep 1000
    [ -e $0.second ] && touch $0.third && exit 0
    touch $0.second; exit 9`;
  const { records, error, reports, covered, args } = await runScript(
    body,
    { begin: BEGIN, stream: true },
    ({ records }) => records.length >= 3,
  );
  assertEquals([records.length, error], [3, undefined]);
  assertEquals(reports, [
    'warning: littlesnitch log-traffic ended with status 9, saying "lost contact"; trying again in ' +
    "0.1 s, and what comes until then is missed",
    "warning: littlesnitch log-traffic ended; trying again in 0.2 s, and what comes until then is missed",
  ]);
  const [first = "", ...others] = args.trim().split("\n");
  assertMatch(first, / -b /);
  assertEquals(others, ["log-traffic --stream", "log-traffic --stream"]);
  assert(covered.length >= 1);
});

Deno.test("LittleSnitchCollector ends a stream whose leave is taken away", async () => {
  const body = `
    echo '${HEADER}'; echo '${rowOf()}'
    echo 'Please enable access in Little Snitch.app > Preferences > Security.'
    exit 1`;
  const { records, counters, error } = await runScript(body, { stream: true });
  assertEquals([records.length, error?.[0]], [1, 77]);
  assertEquals(counters, { read: 1, dropped: {}, degraded: {} });
});

Deno.test("LittleSnitchCollector ends a stream that floods, when it is told to", async () => {
  const body = `echo '${HEADER}'; exec yes '${rowOf()}'`;
  const { records, counters, error } = await runScript(
    body,
    { stream: true },
    ({ records }) => records.length > 5000,
  );
  assertEquals([counters.read, counters.dropped, error], [records.length, {}, undefined]);
});
