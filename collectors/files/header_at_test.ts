import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { assertCovering } from "../../lib/test_coverage.ts";
import { withDirectory } from "./files_test_tools.ts";
import { logFormat } from "./formats.ts";
import { HEADED_FORMATS, someHeadedLog } from "./headed_logs_test_tools.ts";
import { headerAt } from "./header_at.ts";
import { headLines } from "./head_lines.ts";
import { LogFile } from "./log_file.ts";

const encoder = new TextEncoder();

for (const name of HEADED_FORMATS) {
  Deno.test(`Header of a reader brings another one to where it is: ${name}`, async () => {
    const format = await logFormat(name);
    let changes = 0;
    assertCovering(
      fc.property(someHeadedLog(name), fc.nat(), fc.boolean(), (text, seed, isFirst) => {
        const lines = text.split("\n").slice(0, -1);
        const at = seed % lines.length;
        const reader = format.reader(isFirst ? lines.slice(0, 1) : []);
        for (const line of lines.slice(0, at)) reader.read(line, 0);
        const copy = format.reader(reader.header?.lines ?? []);
        assertEquals(copy.header?.lines, reader.header?.lines);
        if (at > 0 && reader.header?.isWhole) changes++;
        for (const line of lines.slice(at)) {
          assertEquals(copy.read(line, 7), reader.read(line, 7));
        }
      }),
      { numRuns: 200 },
      () => assert(changes > 50, `${changes}`),
    );
  });

  Deno.test(`headerAt tells what reading from the beginning tells: ${name}`, async () => {
    const format = await logFormat(name);
    await withDirectory(async (directory) => {
      const path = `${directory}a.log`;
      const padding = fc.constantFrom(0, 0, 300_000);
      await fc.assert(
        fc.asyncProperty(someHeadedLog(name), fc.nat(), padding, async (text, seed, pad) => {
          const lines = text.split("\n").slice(0, -1);
          const before = lines.slice(0, 1 + seed % lines.length);
          // So that what is searched first begins somewhere after it.
          const padded = [...before, `${"#".repeat(99)}\n`.repeat(pad / 100), ""].join("\n");
          const bytes = encoder.encode(padded);
          await Deno.writeFile(path, bytes);
          const head = headLines(bytes);
          const reader = format.reader(head);
          for (const line of before) reader.read(line, 0);
          using file = await LogFile.open(path);
          const found = await headerAt(file, format, head, bytes.length);
          assertEquals(found, reader.header?.lines);
        }),
        { numRuns: 60 },
      );
    });
  });
}

Deno.test("headerAt looks as far back as it must", async () => {
  const format = await logFormat("zeek");
  await withDirectory(async (directory) => {
    const path = `${directory}conn.log`;
    const names = "ts uid id.orig_h id.orig_p id.resp_h id.resp_p";
    const header = [
      "#separator \\x3b",
      "#unset_field;none",
      `#fields;${names.replaceAll(" ", ";")}`,
    ];
    const first = ["#separator \\x09", `#fields\t${names.replaceAll(" ", "\t")}`, ""].join("\n");
    const rest = `${"1565647204;C1;10.0.0.1;1;10.0.0.2;2".padEnd(999)}\n`;
    await Deno.writeTextFile(path, first + [...header, ""].join("\n"));
    for (let i = 0; i < 20; i++) {
      await Deno.writeTextFile(path, rest.repeat(1000), { append: true });
    }
    using file = await LogFile.open(path);
    assertEquals(await headerAt(file, format, first.split("\n"), file.size), header);
  });
});
