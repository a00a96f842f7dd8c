import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { formatIp, parseIp } from "../../../lib/ip.ts";
import type { FlowEvent } from "../flow.ts";
import { decodeEvent } from "./decode.ts";
import { Messages } from "./messages.ts";

const FIXTURES = new URL("../../../fixtures/conntrack/netlink/", import.meta.url);

/** One message each. */
function fixtureMessages(): Uint8Array[] {
  const found: Uint8Array[] = [];
  for (const { name } of Deno.readDirSync(FIXTURES)) {
    if (!name.endsWith(".bin")) continue;
    const bytes = Deno.readFileSync(new URL(name, FIXTURES));
    const messages = new Messages(bytes);
    messages.begin(bytes.length);
    while (messages.next()) found.push(bytes.slice(messages.from - 16, messages.to));
  }
  return found;
}

const MESSAGES = fixtureMessages();

function assertInteger(value: number | undefined, max: number): void {
  if (value !== undefined) {
    assert(Number.isInteger(value) && value >= 0 && value <= max, `${value}`);
  }
}

/** Fails unless the event could have come from a tracker. */
function assertValid(event: FlowEvent): void {
  const { original, reply } = event;
  for (const address of [original.src, original.dst, reply.src, reply.dst]) {
    const bytes = parseIp(address);
    assert(bytes !== undefined && formatIp(bytes) === address, address);
    if (event.ipVersion === 4) assertEquals(bytes.length, 4);
  }
  for (const { sport, dport, icmp, gre } of [original, reply]) {
    for (const value of [sport, dport, icmp?.id, gre?.srckey, gre?.dstkey]) {
      assertInteger(value, 65535);
    }
    for (const value of [icmp?.type, icmp?.code]) assertInteger(value, 255);
  }
  for (const value of [event.timeout, event.mark, event.secmark, event.id, event.use]) {
    assertInteger(value, 2 ** 32 - 1);
  }
  for (const value of [event.zone, event.zoneOrig, event.zoneReply]) assertInteger(value, 65535);
  for (const value of [event.start, event.stop, event.timestampUs]) {
    assertInteger(value, Number.MAX_SAFE_INTEGER);
  }
  for (const text of [event.helper, event.secctx]) {
    assert(text === undefined || /^\P{Cc}+$/u.test(text));
  }
  assert(event.state === undefined || /^[A-Z][A-Z0-9_]+$/.test(event.state));
}

/** Decodes whatever is in the bytes; returns how many events there were. */
function decode(bytes: Uint8Array): number {
  const messages = new Messages(bytes);
  messages.begin(bytes.length);
  let events = 0;
  while (messages.next()) {
    const event = decodeEvent(messages, 5);
    if (event === undefined) continue;
    assertValid(event);
    events++;
  }
  return events;
}

Deno.test("decodeEvent never throws on bytes that are no message", function () {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      decode(bytes);
    }),
    { numRuns: 3000 },
  );
});

Deno.test("decodeEvent never throws and makes nothing up where bytes of a message are changed", function () {
  const change = fc.record({ at: fc.nat(), value: fc.nat(255) });
  const changes = fc.array(change, { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(fc.constantFrom(...MESSAGES), changes, (message, changes) => {
      const bytes = message.slice();
      for (const { at, value } of changes) bytes[at % bytes.length] = value;
      decode(bytes);
    }),
    { numRuns: 3000 },
  );
});

Deno.test("decodeEvent refuses every message that is cut short", function () {
  for (const message of MESSAGES) {
    for (let length = 0; length < message.length; length++) {
      assertEquals(decode(message.subarray(0, length)), 0);
    }
  }
});

Deno.test("decodeEvent refuses a message whose attributes are cut though its header fits", function () {
  let refused = 0;
  for (const message of MESSAGES) {
    for (let length = 20; length < message.length; length++) {
      const bytes = message.slice(0, length);
      new DataView(bytes.buffer).setUint32(0, length, true);
      // Whole attributes may be missing at the end; the event is then a valid one that says less.
      if (decode(bytes) === 0) refused++;
    }
  }
  assert(refused > MESSAGES.length * 100, `${refused}`);
});
