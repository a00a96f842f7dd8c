import { assertEquals } from "@std/assert";
import { compileEnds, compileQuestion, timeOf } from "./question.ts";
import { connection, question, TIME } from "./query_test_tools.ts";

const RECORD = connection({ name: "mia" }, { name: "zyla", ip: "192.0.2.7", port: 443 });

Deno.test("compileEnds takes times from since on, and not until", () => {
  const keeps = (since: number | undefined, until: number | undefined) =>
    compileEnds(question({
      ...(since !== undefined && { since }),
      ...(until !== undefined && { until }),
    }))(RECORD);
  assertEquals(keeps(undefined, undefined), true);
  assertEquals(keeps(TIME, TIME + 1), true);
  assertEquals(keeps(TIME + 1, undefined), false);
  assertEquals(keeps(undefined, TIME), false);
});

Deno.test("timeOf puts a summary into its window, whose end is not in it", () => {
  assertEquals(timeOf(RECORD), TIME);
  const window = { event: "summary", start: TIME - 60_000_000, end: TIME } as const;
  assertEquals(timeOf({ ...RECORD, ...window }), TIME - 1);
  // Of a window that is not over yet.
  assertEquals(timeOf({ ...RECORD, ...window, end: TIME + 5 }), TIME);
  assertEquals(timeOf({ ...RECORD, event: "close", end: TIME }), TIME);
});

Deno.test("compileEnds takes any value of one option, and all of several options", () => {
  const cases: [Parameters<typeof question>[0], boolean][] = [
    [{ to: ["zyla"] }, true],
    [{ to: ["mia"] }, false],
    [{ to: ["mia", "ZYLA"] }, true],
    [{ from: ["mia"] }, true],
    [{ from: ["zyla"] }, false],
    [{ from: ["mia"], to: ["192.0.2.0/24"] }, true],
    [{ from: ["mia"], to: ["192.0.3.0/24"] }, false],
    [{ host: ["mia"] }, true],
    [{ host: ["zyla"] }, true],
    [{ host: ["zyl"] }, false],
    [{ host: ["mia"], to: ["mia"] }, false],
  ];
  for (const [asked, isIt] of cases) {
    assertEquals(compileEnds(question(asked))(RECORD), isIt, JSON.stringify(asked));
  }
});

Deno.test("compileEnds never finds a host where there is no peer", () => {
  const { remote: _remote, ...alone } = RECORD;
  assertEquals(compileEnds(question({ to: ["mia"] }))(alone), false);
  assertEquals(compileEnds(question({ host: ["mia"] }))(alone), true);
});

Deno.test("compileQuestion takes the filters of watch, besides hosts and times", async () => {
  const keeps = async (filters: Record<string, readonly string[]>, to: string[] = []) =>
    (await compileQuestion(question({ to, filters })))(RECORD);
  assertEquals(await keeps({ port: ["443"] }), true);
  assertEquals(await keeps({ port: ["443"] }, ["zyla"]), true);
  assertEquals(await keeps({ port: ["443"] }, ["mia"]), false);
  assertEquals(await keeps({}, ["mia"]), false);
  assertEquals(await keeps({ port: ["80"] }), false);
  assertEquals(await keeps({ port: ["!443"] }), false);
  assertEquals(await keeps({ process: ["curl"] }), false);
  assertEquals(await keeps({ "no-private": [""] }), true);
  assertEquals(await keeps({ "no-private": [] }), true);
});
