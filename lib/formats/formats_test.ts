import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { createFormat, createProcessesFormat } from "./formats.ts";
import type { Format } from "./format.ts";
import { FORMAT_NAMES } from "./names.ts";
import { hostileConnection, SAMPLES, TIME } from "./test_records.ts";

/** The golden lines must not depend on the time zone of the machine. */
function maskLocalTime(text: string): string {
  return text.replace(/^\d{4}-\d\d-\d\d\|\d\d:\d\d:\d\d/gm, "<local time>")
    .replace(/^#Date: .*/gm, "#Date: <local time>");
}

function render(format: Format): string {
  let text = format.header ?? "";
  for (const [kind, record] of Object.entries(SAMPLES)) {
    text += `--- ${kind}\n${format.line(record)}`;
  }
  return maskLocalTime(text);
}

for (const name of FORMAT_NAMES) {
  Deno.test(`${name} renders each kind of record as its golden lines`, async (t) => {
    const format = await createFormat(name, {
      color: false,
      columns: 132,
      now: TIME,
      communityIdSeed: 0,
    });
    await t.assertSnapshot(render(format), { serializer: String });
  });
}

Deno.test("lognet renders the processes as its golden lines", async (t) => {
  const format = await createProcessesFormat({ color: false, now: TIME });
  await t.assertSnapshot(render(format), { serializer: String });
});

for (const name of ["text", "table"] as const) {
  Deno.test(`${name} renders colours as its golden lines`, async (t) => {
    const format = await createFormat(name, { color: true, columns: 80, now: TIME });
    await t.assertSnapshot(render(format));
  });
}

Deno.test("no format lets a record break its line or reach the terminal", async () => {
  const context = { color: false, columns: 100, now: TIME };
  const formats = await Promise.all(FORMAT_NAMES.map((name) => createFormat(name, context)));
  formats.push(await createProcessesFormat(context));
  fc.assert(
    fc.property(hostileConnection, (record) => {
      for (const [index, { line }] of formats.entries()) {
        const text = line(record);
        if (text === "") continue;
        const end = FORMAT_NAMES[index] === "csv" ? "\r\n" : "\n";
        assert(text.endsWith(end));
        const whole = text.slice(0, -end.length);
        // Its columns stand apart by tabs.
        const body = FORMAT_NAMES[index] === "zeek" ? whole.replaceAll("\t", "") : whole;
        // Control characters, separators of lines, bidirectional controls; zero width and byte order mark.
        assert(!/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}\u200b\ufeff]/u.test(body), text);
        assert(body.isWellFormed());
      }
    }),
    { numRuns: 1000 },
  );
});

Deno.test("formats agree on how many lines a record has", async () => {
  for (const name of FORMAT_NAMES) {
    if (name === "lognet") continue;
    const { line } = await createFormat(name, { color: false, now: TIME });
    for (const record of Object.values(SAMPLES)) assertEquals(line(record).split("\n").length, 2);
  }
});

Deno.test("formats of JSON have no halves of surrogate pairs, which databases refuse", async () => {
  for (const name of ["ndjson", "ocsf", "zeek-json"] as const) {
    const { line } = await createFormat(name, { color: false, now: TIME });
    const ofName = (name: string) => line({ ...SAMPLES["close"]!, application: name, id: name });
    assertEquals(ofName("a\ud83eb\udc00"), ofName("a\ufffdb\ufffd"));
    assertEquals(ofName("\ud83e\udd95"), ofName("🦕"));
  }
});
