import { assertEquals } from "@std/assert";
import { type Context, FinTrail } from "./fin.ts";
import { parseSsLine, type SsTotals } from "./ss_line.ts";

/** A socket as it was recorded, with what its application sent and was sent. */
interface Ending {
  readonly ending: string;
  readonly side: string;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** `state` old new tid interrupted atomic; `destroy` tid interrupted atomic; `receive_reset`; `send_reset`. */
  readonly events: readonly (readonly (string | number | boolean)[])[];
  readonly line: string;
}

const ENDINGS: readonly Ending[] = JSON.parse(
  Deno.readTextFileSync(new URL("../../../fixtures/trace/ss/endings.json", import.meta.url)),
);

const SOFTIRQ = { tid: 1, interrupted: true, atomic: true };
const CALL = { tid: 1, interrupted: false, atomic: false };
const SHUT = { ...CALL, atomic: true };
const OTHER = { ...CALL, tid: 2 };
const UNKNOWN = { tid: 1, interrupted: false };

function trail(events: Ending["events"], atomicKnown = true): FinTrail {
  const trail = new FinTrail();
  for (const [type, ...values] of events) {
    const [tid, interrupted, atomic] = values.slice(-3);
    const context = {
      tid: Number(tid),
      interrupted: interrupted === true,
      ...(atomicKnown && { atomic: atomic === true }),
    };
    if (type === "state") trail.transition(Number(values[0]), Number(values[1]), context);
    else if (type === "destroy") trail.destroyed(context);
    else if (type === "receive_reset") trail.broken();
    else trail.resetSent();
  }
  return trail;
}

function totalsOf(ending: Ending): SsTotals {
  const totals = parseSsLine(ending.line);
  if (totals === undefined) throw new Error(`not parsed: ${ending.line}`);
  return totals;
}

/** From FIN_WAIT2 to CLOSE. */
function closing(context: Context): FinTrail {
  const trail = new FinTrail();
  trail.transition(1, 4, CALL);
  trail.transition(4, 5, SOFTIRQ);
  trail.transition(5, 7, context);
  return trail;
}

for (const ending of new Set(ENDINGS.map(({ ending }) => ending))) {
  Deno.test(`FinTrail finds the exact bytes of both ends: ${ending}`, function () {
    for (const recorded of ENDINGS.filter((one) => one.ending === ending)) {
      const { bytesIn, bytesOut, events } = recorded;
      const found = trail(events).bytes(totalsOf(recorded));
      assertEquals(found, { bytesIn, bytesOut }, JSON.stringify(recorded));
    }
  });
}

Deno.test("FinTrail gives no wrong number where the context is not known", function () {
  for (const recorded of ENDINGS) {
    const { bytesIn } = trail(recorded.events, false).bytes(totalsOf(recorded));
    assertEquals(bytesIn ?? recorded.bytesIn, recorded.bytesIn, JSON.stringify(recorded));
  }
});

Deno.test("FinTrail cannot decide before the end", function () {
  assertEquals(new FinTrail().finCounted(0), undefined);
  const open = new FinTrail();
  open.transition(2, 1, CALL);
  assertEquals(open.finCounted(0), undefined);
  open.transition(1, 8, SOFTIRQ);
  assertEquals(open.finCounted(0), true);
});

Deno.test("FinTrail knows sockets that were there before the trace", function () {
  const one = new FinTrail();
  one.transition(9, 7, SOFTIRQ);
  assertEquals(one.finCounted(0), true);
});

Deno.test("FinTrail tells the ways from FIN_WAIT2 to CLOSE apart", function () {
  const add = (what: string, trail: FinTrail, queue: number, expected: boolean | undefined) =>
    assertEquals(trail.finCounted(queue), expected, what);
  const destroyed = (trail: FinTrail, context: Context) => (trail.destroyed(context), trail);
  add("FIN after close(2)", destroyed(closing(SOFTIRQ), SOFTIRQ), 1, true);
  add("no FIN yet", destroyed(closing(SOFTIRQ), SOFTIRQ), 0, false);
  const softirq = { tid: 1, interrupted: true };
  add("no FIN yet, context not known", destroyed(closing(softirq), softirq), 0, false);
  add("FIN was read", destroyed(closing(SOFTIRQ), CALL), 0, true);
  add("close(2) in FIN_WAIT2", destroyed(closing(SHUT), CALL), 0, false);
  add("FIN came during a call", destroyed(closing(CALL), CALL), 0, true);
  add("FIN came in another thread", destroyed(closing(UNKNOWN), OTHER), 0, true);
  add("context not known", destroyed(closing(UNKNOWN), CALL), 0, undefined);
  add("destruction not seen", closing(SOFTIRQ), 0, undefined);
});

Deno.test("FinTrail counts no FIN where a reset ends FIN_WAIT2", function () {
  const received = new FinTrail();
  received.transition(4, 5, SOFTIRQ);
  received.broken();
  received.transition(5, 7, SOFTIRQ);
  received.destroyed(CALL);
  assertEquals(received.finCounted(7), false);
  const sent = closing(CALL);
  sent.resetSent();
  sent.destroyed(CALL);
  assertEquals(sent.finCounted(7), false);
});

Deno.test("FinTrail takes counts that were cleared for unknown", function () {
  const ends = { ip: "127.0.0.1", port: 1 };
  const totals = { state: "UNCONN", receiveQueue: 0, local: ends, remote: ends };
  const reset = new FinTrail();
  reset.transition(2, 1, CALL);
  reset.transition(1, 7, CALL);
  const cleared = { ...totals, bytesSent: 0, bytesReceived: 0, segmentsIn: 0 };
  assertEquals(reset.bytes(cleared), {});
  const refused = new FinTrail();
  refused.transition(2, 7, SOFTIRQ);
  assertEquals(refused.bytes(cleared), { bytesIn: 0, bytesOut: 0 });
  assertEquals(reset.bytes({ ...totals, bytesReceived: 3, segmentsIn: 2 }), { bytesIn: 3 });
});
