import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { FORMAT_NAMES } from "../formats/names.ts";
import { columnsOf, SCHEMAS } from "../mapping/field.ts";
import { FIELDS } from "../mapping/fields.ts";
import { FORMAT_NOTES } from "./format_notes.ts";
import { formatsDocument } from "./formats_document.ts";
import { cell, code } from "./markdown.ts";

const TEXT = await formatsDocument();

function sectionOf(name: string): string {
  const [, text = ""] = TEXT.split(`\n## ${name}\n`);
  return text.split("\n## ")[0] ?? "";
}

Deno.test("formatsDocument gives every row of a table as many cells as its head", () => {
  const cells = (line: string) => line.match(/(?<!\\)\|/g)?.length;
  const tables = TEXT.trimEnd().split("\n\n").filter((block) => block.startsWith("|"));
  assert(tables.length > 15);
  for (const table of tables) {
    const [head = "", ...rows] = table.split("\n");
    for (const row of rows) assertEquals(cells(row), cells(head), row);
  }
});

Deno.test("formatsDocument has a section with an example for each format", () => {
  for (const name of FORMAT_NAMES) assertMatch(sectionOf(name), /```text\n[^]+\n```\n/, name);
});

Deno.test("formatsDocument names every field of every schema", () => {
  for (const schema of SCHEMAS) {
    const name = FORMAT_NAMES.find((name) => {
      return FORMAT_NOTES[name].schema === schema && sectionOf(name).includes("| field |");
    });
    assert(name !== undefined, schema);
    for (const column of columnsOf(FIELDS, schema)) {
      assertStringIncludes(sectionOf(name), `| ${code(column.name)} |`, schema);
    }
  }
});

Deno.test("formatsDocument says which formats have no place for reports", () => {
  const [, list = ""] = /no place for them: (.*)\.\n/.exec(sectionOf("Reports")) ?? [];
  const names = list.split(", ").map((name) => name.replaceAll("`", ""));
  for (const name of ["csv", "lognet", "littlesnitch-stats"]) assert(names.includes(name), name);
  for (const name of ["ndjson", "ocsf", "text"]) assertEquals(names.includes(name), false, name);
});

Deno.test("cell and code keep what Markdown would read as something else", () => {
  assertEquals(cell("a|b_c *d* <e>\n[f] `g` \\"), "a\\|b\\_c \\*d\\* \\<e\\> \\[f\\] \\`g\\` \\\\");
  assertEquals(code("a|b"), "`a\\|b`");
});
