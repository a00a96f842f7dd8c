import { assertEquals } from "@std/assert";
import { concat, message, number } from "./encode_test_tools.ts";
import { errorNumber, MESSAGE, Messages } from "./messages.ts";

/** The types of the messages in the first `length` bytes. */
function typesOf(bytes: Uint8Array, length = bytes.length): { types: number[]; bad: boolean } {
  const messages = new Messages(bytes);
  messages.begin(length);
  const types: number[] = [];
  while (messages.next()) types.push(messages.type);
  return { types, bad: messages.bad };
}

Deno.test("Messages reads the headers of all messages of a datagram", function () {
  const first = message(
    { type: 256, flags: 0x600, sequence: 7, portid: 4_000_000_000 },
    number(4, 1),
  );
  const messages = new Messages(concat(first, message({ type: 258 }, new Uint8Array(0))));
  messages.begin(36);
  assertEquals(messages.next(), true);
  const { type, flags, sequence, portid, from, to } = messages;
  assertEquals([type, flags, sequence, portid], [256, 0x600, 7, 4_000_000_000]);
  assertEquals([from, to], [16, 20]);
  assertEquals([messages.next(), messages.type, messages.from, messages.to], [true, 258, 36, 36]);
  assertEquals([messages.next(), messages.bad], [false, false]);
});

Deno.test("Messages takes no more than the length of the datagram, and never more than the buffer", function () {
  const two = concat(message({ type: 20 }, number(4, 1)), message({ type: 21 }, number(4, 1)));
  assertEquals(typesOf(two, 0), { types: [], bad: false });
  assertEquals(typesOf(two, 20), { types: [20], bad: false });
  assertEquals(typesOf(two, 39), { types: [20], bad: true });
  assertEquals(typesOf(two, 1000), { types: [20, 21], bad: false });
});

Deno.test("Messages ends at a length that cannot be", function () {
  const good = message({ type: 20 }, number(4, 1));
  for (const length of [0, 1, 15, 21, 2 ** 31, 2 ** 32 - 1]) {
    const bad = message({ type: 21 }, number(4, 1));
    new DataView(bad.buffer).setUint32(0, length, true);
    assertEquals(typesOf(concat(good, bad)), { types: [20], bad: true }, `${length}`);
  }
  assertEquals(typesOf(concat(good, new Uint8Array(3))), { types: [20], bad: true });
});

Deno.test("errorNumber gives the number of errno(3), or 0", function () {
  function errorOf(payload: Uint8Array): number {
    const messages = new Messages(message({ type: MESSAGE.error }, payload));
    messages.begin(100);
    messages.next();
    return errorNumber(messages);
  }
  assertEquals(errorOf(new Uint8Array(Int32Array.of(-22).buffer)), 22);
  assertEquals(errorOf(new Uint8Array(4)), 0);
  assertEquals(errorOf(new Uint8Array(2)), 0);
});
