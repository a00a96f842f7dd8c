import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import {
  decodeState,
  encodeSlot,
  SLOT_SIZE,
  slotOffset,
  STATE_SIZE,
  type StateRecord,
} from "./state_record.ts";

const OLD: StateRecord = {
  sequence: 6,
  windowUs: 300_000_000,
  key: 'trace by "é",\n',
  done: 1_795_226_400_000_000,
  records: 12,
  ends: [{ file: "4711-1795000000000", size: 123_456 }],
};
const LATER: StateRecord = { ...OLD, sequence: 7, done: 1_795_226_700_000_000, records: 7 };

/** A state file in which these were written, in their order. */
function fileOf(...records: readonly StateRecord[]): Uint8Array {
  const bytes = new Uint8Array(STATE_SIZE);
  for (const at of [0, SLOT_SIZE]) bytes.set(encodeSlot(), at);
  for (const record of records) bytes.set(encodeSlot(record), slotOffset(record.sequence));
  return bytes;
}

Deno.test("decodeState gives the latest record", () => {
  assertEquals(decodeState(fileOf(OLD)), { latest: OLD, isDamaged: false });
  assertEquals(decodeState(fileOf(LATER)), { latest: LATER, isDamaged: false });
  assertEquals(decodeState(fileOf(OLD, LATER)), { latest: LATER, isDamaged: false });
  const { done: _, ends: __, ...first } = OLD;
  assertEquals(decodeState(fileOf(first)), { latest: first, isDamaged: false });
  assertEquals(decodeState(fileOf()), { isDamaged: false });
});

Deno.test("encodeSlot writes a line that a person can read", () => {
  const text = new TextDecoder().decode(encodeSlot(OLD));
  assertEquals(text.length + 1, SLOT_SIZE);
  assert(/^connscribe windows 1 [\w-]{12} \{"sequence":6,.*\} *\n$/.test(text), text);
  assertThrows(() => encodeSlot({ ...OLD, key: "x".repeat(5000) }), RangeError, "no room");
});

Deno.test("decodeState survives a write that is torn at any byte", () => {
  const before = fileOf(OLD, LATER);
  const next = { ...LATER, sequence: 8, done: 1_795_227_000_000_000, key: "longer".repeat(9) };
  const slot = encodeSlot(next);
  for (let length = 0; length <= SLOT_SIZE; length++) {
    const bytes = before.slice();
    bytes.set(slot.subarray(0, length), slotOffset(next.sequence));
    const { latest } = decodeState(bytes);
    const isWhole = length === SLOT_SIZE || latest?.sequence === next.sequence;
    assertEquals(latest, isWhole ? next : LATER);
    if (length < encodedText(next).length) assertEquals(latest, LATER, `${length} bytes`);
  }
});

Deno.test("decodeState survives a file that is cut, zero or garbage from any byte on", () => {
  const whole = fileOf(OLD, LATER);
  const [old, later] = [encodedText(OLD).length, SLOT_SIZE + encodedText(LATER).length];
  for (let length = 0; length < STATE_SIZE; length++) {
    const cut = decodeState(whole.subarray(0, length));
    // What is missing behind the latest record is but blanks.
    assertEquals(cut.isDamaged, length < later);
    assertEquals(cut.latest, length < old ? undefined : length < later ? OLD : LATER);
    for (const filler of [0, 0xff, 0x41]) {
      const { latest, isDamaged } = decodeState(whole.slice().fill(filler, length));
      assert(isDamaged);
      assertEquals(latest, length < SLOT_SIZE ? undefined : OLD);
    }
  }
});

function encodedText(record: StateRecord): string {
  return new TextDecoder("latin1").decode(encodeSlot(record)).trimEnd();
}

Deno.test("decodeState takes no record in which a byte is another one", () => {
  const whole = fileOf(OLD);
  const { length } = encodedText(OLD);
  for (let i = 0; i < length; i++) {
    const bytes = whole.slice();
    bytes[i] = (bytes[i] ?? 0) ^ 1;
    assertEquals(decodeState(bytes), { isDamaged: true }, `byte ${i}`);
  }
});

Deno.test("decodeState takes no record from the other slot", () => {
  const bytes = fileOf();
  bytes.set(encodeSlot(OLD), slotOffset(OLD.sequence + 1));
  assertEquals(decodeState(bytes), { isDamaged: true });
});

Deno.test("decodeState takes no record whose values cannot be", () => {
  const wrong: readonly Partial<Record<keyof StateRecord, unknown>>[] = [
    { windowUs: 0 },
    { done: OLD.done && OLD.done + 1 },
    { done: -300_000_000 },
    { sequence: "6" },
    { key: 1 },
    { records: 0.5 },
    { ends: [{ file: "x" }] },
    { ends: {} },
  ];
  for (const values of wrong) {
    const record = { ...OLD, ...values } as StateRecord;
    const bytes = fileOf();
    bytes.set(encodeSlot(record));
    assertEquals(decodeState(bytes).latest, undefined, JSON.stringify(values));
  }
});

Deno.test("decodeState never throws", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: STATE_SIZE + 9 }), fc.nat(STATE_SIZE), (garbage, at) => {
      assertEquals(decodeState(garbage).latest, undefined);
      const bytes = fileOf(OLD, LATER);
      bytes.set(garbage.subarray(0, STATE_SIZE - at), at);
      decodeState(bytes);
    }),
    { numRuns: 300 },
  );
});

Deno.test("decodeState gives back every record that encodeSlot writes", () => {
  const records = fc.record({
    sequence: fc.nat(),
    windowUs: fc.integer({ min: 1, max: 1e9 }),
    key: fc.string({ unit: "binary", maxLength: 400 }),
    records: fc.nat(),
  });
  fc.assert(
    fc.property(records, fc.nat(1e6), (values, windows) => {
      const record = { ...values, done: windows * values.windowUs };
      const { latest } = decodeState(fileOf(record));
      assertEquals(latest, record);
    }),
    { numRuns: 300 },
  );
});
