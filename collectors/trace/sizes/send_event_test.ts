import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { EventDecoder } from "../decode.ts";
import type { SendEvent, TraceEvent } from "../event.ts";
import { type EventFormat, parseFormat } from "../format.ts";
import {
  encodePage,
  encodeRecord,
  existing,
  fixture,
  fixtureText,
  formatsOf,
  layoutOf,
} from "../page_test_tools.ts";

const LAYOUT = layoutOf("6.18");

function sendFormat(kernel: "6.6" | "6.18"): EventFormat {
  return existing(parseFormat(fixtureText(`sizes/${kernel}/format`)));
}

function decoderOf(formats: readonly EventFormat[], sizes = true): EventDecoder {
  return new EventDecoder(formats, LAYOUT, (boot) => boot, sizes);
}

/** The sends of a page, as `thread socket family protocol result`. */
function sends(decoder: EventDecoder, page: Uint8Array): string[] {
  const into: TraceEvent[] = [];
  decoder.decode(page, into);
  return into.filter((event): event is SendEvent => event.type === "send")
    .map(({ tid, socket, family, protocol, result }) =>
      [tid, socket.toString(16), family, protocol, result].join(" ")
    );
}

/** The same from the kernel's text. */
function printed(text: string): string[] {
  const pattern =
    /-(\d+) .* sock_send_length: sk address = fff([0-9a-f]{13}), family = (\w+) protocol = (\w+), length = (\d+), error = (-?\d+), /;
  const families = new Map([["AF_INET", 2], ["AF_INET6", 10], ["0x10", 16]]);
  return text.split("\n").map((line) => pattern.exec(line)).filter((found) => found !== null)
    .map(([, tid, socket = "", family = "", protocol, length, error]) =>
      [
        tid,
        BigInt(`0x${socket}`).toString(16),
        families.get(family),
        Number(protocol),
        Number(length) + Number(error),
      ].join(" ")
    );
}

Deno.test("EventDecoder reads sizes as the kernel prints them", () => {
  const decoder = decoderOf([...formatsOf("6.18"), sendFormat("6.18")]);
  const wanted = printed(fixtureText("sizes/page.txt"));
  assertEquals(sends(decoder, fixture("sizes/page.bin")), wanted);
  assertEquals(wanted.length, 14);
  assertEquals(decoder.lacks, []);
});

Deno.test("EventDecoder passes over sizes where they are not wanted", () => {
  const decoder = decoderOf([...formatsOf("6.18"), sendFormat("6.18")], false);
  const into: TraceEvent[] = [];
  assertEquals(decoder.decode(fixture("sizes/page.bin"), into).unknownIds, 14);
  assertEquals(into.length, 12);
});

Deno.test("EventDecoder says that a kernel tells no sizes", () => {
  assertEquals(decoderOf(formatsOf("6.1")).lacks, [
    "bytes of datagrams: this kernel has no trace event sock:sock_send_length",
  ]);
  assertEquals(decoderOf(formatsOf("6.1"), false).lacks, []);
  const format = sendFormat("6.6");
  const fields = new Map([...format.fields].filter(([name]) => name !== "ret"));
  assertEquals(decoderOf([...formatsOf("6.1"), { ...format, fields }]).lacks, [
    'bytes of datagrams: this kernel\'s sock_send_length has no "ret" of the known form',
  ]);
});

Deno.test("EventDecoder gives any size as it was written", () => {
  const values = fc.record({
    sk: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    family: fc.nat(0xffff),
    protocol: fc.nat(0xffff),
    ret: fc.integer(),
    common_pid: fc.nat(),
  });
  for (const kernel of ["6.6", "6.18"] as const) {
    const format = sendFormat(kernel);
    const decoder = decoderOf([format]);
    fc.assert(
      fc.property(values, (each) => {
        const data = encodeRecord(format, each);
        const page = encodePage(LAYOUT, { time: 0n }, [{ type: "data", delta: 0, data }]);
        const socket = (each.sk & (2n ** 52n - 1n)).toString(16);
        assertEquals(sends(decoder, page), [
          [each.common_pid, socket, each.family, each.protocol, each.ret].join(" "),
        ]);
      }),
      { numRuns: 200 },
    );
  }
});

Deno.test("EventDecoder takes any bytes where a size should stand", () => {
  const format = sendFormat("6.18");
  const decoder = decoderOf([format]);
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 2, maxLength: 40 }), (data) => {
      data.set([format.id & 255, format.id >> 8]);
      const page = encodePage(LAYOUT, { time: 0n }, [{ type: "data", delta: 0, data }]);
      const into: TraceEvent[] = [];
      const { malformed } = decoder.decode(page, into);
      // What is read takes 24 bytes; records are filled up to words of 4 bytes.
      assertEquals(into.length + malformed, 1);
      assertEquals(into.length, data.length > 20 ? 1 : 0);
    }),
    { numRuns: 200 },
  );
});
