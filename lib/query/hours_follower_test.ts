import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import { HOUR, hoursSpec, naiveHours } from "./hours_test_tools.ts";
import { HoursFollower } from "./hours_follower.ts";
import { OpenSpans } from "./open_spans.ts";
import type { HoursSpec } from "./task.ts";

const SECOND = 1_000_000;
const BEGIN = 1_565_654_400_000_000;

/** How a log is followed. */
interface Follow {
  readonly spec?: Partial<HoursSpec>;
  /** Bytes that come at a time. Absent: all. */
  readonly chunk?: number;
  readonly blockBytes?: number;
  readonly errors?: boolean;
  readonly runBytes?: number;
  /** Called before more is read, with the answer up to then. */
  readonly onRead?: (answer: string) => void;
}

/** Follows a text, and prints what is open at its end. */
async function follow(text: string | Uint8Array<ArrayBuffer>, options: Follow = {}) {
  const { spec, chunk = 1e9, blockBytes, errors = false, runBytes = 1e6, onRead } = options;
  using spans = OpenSpans.open(runBytes);
  let answer = "";
  const said: string[] = [];
  const follower = new HoursFollower({
    ...{ path: "a.log", spec: hoursSpec({ latenessUs: 300 * SECOND, ...spec }), errors, spans },
    diag: { say: (_level, message) => void said.push(message) },
    answers: { closed: false, text: (lines) => void (answer += lines) },
    ...(blockBytes !== undefined && { blockBytes }),
  });
  const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;
  let at = 0;
  await follower.follow({
    read(into) {
      onRead?.(answer);
      const part = bytes.subarray(at, at + Math.min(chunk, into.length));
      into.set(part);
      at += part.length;
      return part.length;
    },
  });
  const complete = answer;
  follower.print(Infinity);
  return { answer, complete, said, follower };
}

/** A line of connspy, so many seconds after the beginning. */
function line(seconds: number, from = "mia", to = "zyla"): string {
  return `${BEGIN / SECOND + seconds} ${from} ${to}\n`;
}

const FIRST = "1565654400.0\tMOST\tmia\n";
const SECOND_HOUR = "1565658000.0\tMOST\tmia\n";

Deno.test("HoursFollower prints a span as soon as the log has passed it by the lateness, and once", async () => {
  const seen: string[] = [];
  const text = line(0) + line(3899) + line(3900) + line(3599) + line(7500);
  const { answer, complete, follower } = await follow(text, {
    chunk: line(3899).length,
    onRead: (answer) => seen.push(answer),
  });
  assertEquals(complete, FIRST + SECOND_HOUR);
  assertEquals(answer, complete + "1565661600.0\tMOST\tmia\n");
  assert(seen.includes(FIRST), "before the next hour has passed");
  assertEquals([follower.counted, follower.late], [4, 1]);
});

Deno.test("HoursFollower reads other formats, and lines with --errors, the same way", async () => {
  const json = (seconds: number, count = 1) =>
    JSON.stringify({
      "@timestamp": new Date(BEGIN / 1000 + seconds * 1000).toISOString(),
      event: { id: `c${seconds}` },
      source: { domain: "mia" },
      destination: { domain: "zyla" },
      connscribe: {
        ...{ connection: { id: "c" }, event: "summary", direction: "unknown", count },
        ...{ outcome: "unknown", initiator: "local", attribution: { kind: "none" } },
        collector: "connspy",
      },
    }) + "\n";
  const text = json(1, 3) + json(3900) + json(2);
  const { answer, follower } = await follow(text, { chunk: 7, blockBytes: 4000 });
  assertEquals(answer, FIRST + SECOND_HOUR);
  assertEquals([follower.counted, follower.late, follower.malformed], [2, 1, 0]);
  const shown = await follow(line(0) + "rub\u001bbish\n" + line(3900), { errors: true });
  assertEquals(shown.answer, FIRST + SECOND_HOUR);
  const place = `"a.log" at byte ${line(0).length} is malformed: "rub\\u001bbish"`;
  assertEquals([shown.follower.malformed, shown.said], [1, [place]]);
});

Deno.test("HoursFollower counts malformed lines and ones that are too long", async () => {
  const text = line(0).repeat(5) + "rubbish\n" + "a".repeat(300) + "\n" + line(1);
  const { answer, said, follower } = await follow(text, { blockBytes: 100, chunk: 50 });
  assertEquals([answer, said], [FIRST, []]);
  assertEquals([follower.counted, follower.malformed, follower.tooLong], [6, 1, 1]);
});

Deno.test("HoursFollower waits for a line that tells the format", async () => {
  const { answer } = await follow(`# a comment\n\n${line(0)}`, { chunk: 5 });
  assertEquals(answer, FIRST);
  assertEquals((await follow("")).answer, "");
  assertEquals((await follow("\n \n")).answer, "");
});

Deno.test("HoursFollower refuses what is no log that it knows", async () => {
  const error = await assertRejects(() => follow("some text\n".repeat(100)), Error);
  assertStringIncludes(error.message, 'cannot tell the format of "a.log"');
  const binary = await assertRejects(() => follow(new Uint8Array(100)), Error);
  assertEquals(binary.message, 'cannot read "a.log": it is no text');
});

Deno.test("HoursFollower prints every record that is not late in one span, however it comes", async () => {
  const call = fc.record({
    step: fc.constantFrom(0, 1, 100, 4000),
    back: fc.constantFrom(0, 0, 10, 310, 5000),
    from: fc.constantFrom("mia", "bob", "zyla"),
    to: fc.constantFrom("zyla", "x"),
  });
  const property = fc.asyncProperty(
    fc.array(call, { minLength: 1, maxLength: 60 }),
    fc.constantFrom(0, 60, 300).map((seconds) => seconds * SECOND),
    fc.constantFrom(SECOND, 600 * SECOND, HOUR),
    fc.record({
      chunk: fc.integer({ min: 1, max: 300 }),
      blockBytes: fc.integer({ min: 60, max: 400 }),
      errors: fc.boolean(),
      runBytes: fc.constantFrom(0, 1e6),
    }),
    async (calls, latenessUs, spanUs, options) => {
      const spec = hoursSpec({ latenessUs, spanUs, to: "zyla", from: "mia" });
      let now = 10_000;
      let latest = 0;
      let late = 0;
      let text = "";
      const wanted = [];
      for (const { step, back, from, to } of calls) {
        now += step;
        text += line(now - back, from, to);
        const time = BEGIN + (now - back) * SECOND;
        if ((Math.floor(time / spanUs) + 1) * spanUs <= latest - latenessUs) late++;
        else wanted.push({ time, from, to });
        latest = Math.max(latest, time);
      }
      const { answer, complete, follower } = await follow(text, { spec, ...options });
      assertEquals(answer.split("\n").slice(0, -1), naiveHours(wanted, spec));
      const isComplete = ({ time }: { time: number }) =>
        (Math.floor(time / spanUs) + 1) * spanUs <= latest - latenessUs;
      assertEquals(complete.split("\n").slice(0, -1), naiveHours(wanted.filter(isComplete), spec));
      assertEquals([follower.counted, follower.late], [wanted.length, late]);
    },
  );
  await fc.assert(property, { numRuns: 150 });
});
