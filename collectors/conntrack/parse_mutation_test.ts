import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { formatIp, parseIp } from "../../lib/ip.ts";
import { assertCovering } from "../../lib/test_coverage.ts";
import type { FlowEvent, FlowTuple } from "./flow.ts";
import { parseFlow, parseFlowLine } from "./parse.ts";
import { classifyStderr } from "./stderr.ts";

const FIXTURES = new URL("../../fixtures/conntrack/", import.meta.url);

function fixtureLines(): Uint8Array[] {
  const encoder = new TextEncoder();
  return [...Deno.readDirSync(FIXTURES)].filter(({ name }) => name.endsWith(".out"))
    .flatMap(({ name }) => Deno.readTextFileSync(new URL(name, FIXTURES)).trimEnd().split("\n"))
    .map((line) => encoder.encode(line));
}

const LINES = fixtureLines();

function assertInteger(value: number | undefined, max: number): void {
  if (value !== undefined) {
    assert(Number.isInteger(value) && value >= 0 && value <= max, `${value}`);
  }
}

function assertTuple(tuple: FlowTuple): void {
  for (const address of [tuple.src, tuple.dst]) {
    const bytes = parseIp(address);
    assert(bytes !== undefined && formatIp(bytes) === address, address);
  }
  const { sport, dport, icmp, gre } = tuple;
  assertEquals(sport === undefined, dport === undefined);
  for (const value of [sport, dport, icmp?.id, gre?.srckey, gre?.dstkey]) {
    assertInteger(value, 65535);
  }
  for (const value of [icmp?.type, icmp?.code]) assertInteger(value, 255);
}

/** Fails unless the event could have come from a tracker. */
function assertValid(event: FlowEvent): void {
  assert(["new", "update", "destroy", "dump"].includes(event.event));
  assert(event.ipVersion === 4 || event.ipVersion === 6);
  assertInteger(event.protocolNumber, 255);
  assertTuple(event.original);
  assertTuple(event.reply);
  assertEquals(event.original.sport === undefined, event.reply.sport === undefined);
  const { timeout, mark, secmark, deltaTime, use, id, userspace } = event;
  for (const value of [timeout, mark, secmark, deltaTime, use, id, userspace?.portid]) {
    assertInteger(value, 2 ** 32 - 1);
  }
  for (const value of [event.zone, event.zoneOrig, event.zoneReply]) assertInteger(value, 65535);
  for (const counters of [event.originalCounters, event.replyCounters]) {
    assertInteger(counters?.packets, 2 ** 64);
    assertInteger(counters?.bytes, 2 ** 64);
  }
  for (const time of [event.timestampUs, event.start, event.stop]) {
    assertInteger(time, Number.MAX_SAFE_INTEGER);
  }
  JSON.stringify(event, function (_, value: unknown) {
    assert(value !== undefined && value !== "");
    assert(typeof value !== "string" || !/\p{Cc}/u.test(value), JSON.stringify(value));
    return value;
  });
}

/** One change to the bytes of a line; places are fractions of its length. */
interface Mutation {
  readonly kind: "replace" | "insert" | "remove" | "repeat" | "cut" | "graft";
  readonly at: number;
  readonly span: number;
  readonly bytes: Uint8Array;
  readonly line: number;
}

function mutate(line: Uint8Array, { kind, at, span, bytes, line: other }: Mutation): Uint8Array {
  const from = Math.floor(line.length * at);
  const to = Math.min(line.length, from + span);
  const graft = LINES[other] ?? bytes;
  const middle = {
    replace: bytes,
    insert: [...bytes, ...line.subarray(from, to)],
    remove: [],
    repeat: [...line.subarray(from, to), ...line.subarray(from, to)],
    cut: [],
    graft: graft.subarray(Math.floor(graft.length * at)),
  }[kind];
  const tail = kind === "cut" || kind === "graft" ? [] : line.subarray(to);
  return Uint8Array.from([...line.subarray(0, from), ...middle, ...tail]);
}

const mutations = fc.array(
  fc.record<Mutation>({
    kind: fc.constantFrom("replace", "insert", "remove", "repeat", "cut", "graft"),
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    span: fc.nat(8),
    bytes: fc.oneof(
      fc.uint8Array({ minLength: 1, maxLength: 8 }),
      fc.stringMatching(/^[0-9a-f:. =\[\]]{1,8}$/).map((text) => new TextEncoder().encode(text)),
    ),
    line: fc.nat(LINES.length - 1),
  }),
  { minLength: 1, maxLength: 4 },
);

Deno.test("parseFlowLine makes of a broken line a valid event or none", function () {
  const outcomes = { event: 0, malformed: 0 };
  assertCovering(
    fc.property(fc.nat(LINES.length - 1), mutations, (index, mutations) => {
      const line = mutations.reduce(mutate, LINES[index] ?? new Uint8Array());
      const event = parseFlowLine(line);
      outcomes[event === undefined ? "malformed" : "event"]++;
      if (event !== undefined) assertValid(event);
    }),
    { numRuns: 5000 },
    () => assert(outcomes.event > 100 && outcomes.malformed > 100, JSON.stringify(outcomes)),
  );
});

Deno.test("parseFlowLine takes any bytes", function () {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      const event = parseFlowLine(bytes);
      if (event !== undefined) assertValid(event);
    }),
    { numRuns: 1000 },
  );
});

Deno.test("parseFlowLine refuses 64 KiB of one thing", function () {
  const start = "[NEW] udp      17 30 src=";
  for (const unit of ["a", "1", " ", "[", "src=", "fd99::", "1.", "\0", "\xff", "é", "[NEW] "]) {
    assertEquals(parseFlowLine(unit.repeat(65536 / unit.length)), undefined);
    assertEquals(parseFlowLine(start + unit.repeat(65536 / unit.length)), undefined);
  }
});

Deno.test("parseFlow never looks beyond the end of its line", function () {
  for (const line of LINES) {
    for (let end = 0; end <= line.length; end++) {
      const alone = parseFlowLine(line.slice(0, end));
      assertEquals(parseFlow(line, 0, end), alone);
    }
  }
});

Deno.test("classifyStderr takes any text", function () {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 200 }), (text) => {
      assertEquals(typeof classifyStderr(text).kind, "string");
    }),
    { numRuns: 500 },
  );
});
