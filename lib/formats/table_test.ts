import { assert, assertEquals, assertLess, assertMatch, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import { cutText, fitText, textWidth } from "./cell.ts";
import { columnWidths, createTableFormat } from "./table.ts";
import { CURL, hostileConnection, hostileText, SAMPLES } from "./test_records.ts";

const open = SAMPLES["open"]!;

Deno.test("textWidth counts wide characters twice and joiners not at all", () => {
  assertEquals(textWidth("abc"), 3);
  assertEquals(textWidth("天地🦕"), 6);
  assertEquals(textWidth("e\u0301"), 1);
  assertEquals(textWidth("Grüße"), 5);
});

Deno.test("fitText is exactly as wide as asked", () => {
  assertEquals(cutText("abcdef", 4), "abc…");
  assertEquals(cutText("天地天地", 4), "天…");
  assertEquals(fitText("天地天地", 4), "天… ");
  fc.assert(
    fc.property(hostileText, fc.integer({ min: 1, max: 20 }), (text, width) => {
      assertEquals(textWidth(fitText(text, width)), width);
    }),
    { numRuns: 500 },
  );
});

Deno.test("columnWidths fills the terminal, up to a sensible width", () => {
  for (let columns = 80; columns <= 210; columns++) {
    const widths = columnWidths(columns);
    assertEquals(widths.reduce((sum, width) => sum + width, widths.length - 1), columns);
  }
  assertEquals(columnWidths(1000), columnWidths(300));
  assertEquals(columnWidths(20), columnWidths(80));
});

Deno.test("table aligns every row, also with wide and hostile names, and never passes the edge", () => {
  for (const columns of [1, 20, 80, 120, 200]) {
    const format = createTableFormat({ color: false, columns, now: 0 });
    const state = format.header?.indexOf("STATE") ?? -1;
    const names = ["curl", "天地玄黃宇宙洪荒", "🦕🦕🦕", "a\nb\x1b[31m", "x".repeat(300)];
    for (const name of names) {
      const line = format.line({ ...open, process: { ...CURL, name, user: name } });
      assert(textWidth(line.slice(0, -1)) <= columns);
      if (state >= 0) assertEquals(line.slice(state, state + 5), "estab");
      if (columns >= 80) assertMatch(line, /fetch[^ ]*\n$/);
    }
  }
  const format = createTableFormat({ color: false, columns: 100, now: 0 });
  fc.assert(
    fc.property(hostileConnection, (record) => {
      assertLess(textWidth(format.line(record).slice(0, -1)), 101);
    }),
    { numRuns: 500 },
  );
});

Deno.test("table keeps the port where an address does not fit", () => {
  const { line } = createTableFormat({ color: false, columns: 80, now: 0 });
  assertStringIncludes(line(SAMPLES["open from outside, IPv6, at start"]!), " [2001:d…]:50022 ");
  assertStringIncludes(line(open), " 10.0.0.5:43210 93.184.216…:443 ");
});

Deno.test("table cuts nothing where there is no terminal", () => {
  const { line } = createTableFormat({ color: false, now: 0 });
  const name = "x".repeat(300);
  assertStringIncludes(line({ ...open, process: { ...CURL, name } }), ` ${name} fetch.service\n`);
});

Deno.test("table colours do not move a column", () => {
  const plain = createTableFormat({ color: false, columns: 100, now: 0 });
  const colored = createTableFormat({ color: true, columns: 100, now: 0 });
  // deno-lint-ignore no-control-regex
  const strip = (text: string | undefined) => text?.replace(/\x1b\[\d+m/g, "");
  assert(colored.header !== plain.header);
  assertEquals(strip(colored.header), plain.header);
  assertEquals(strip(colored.line(open)), plain.line(open));
});
