import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { COLLECTORS } from "../../collectors/registry.ts";
import { currentReference, reference, referenceIsCurrent, replaceReference } from "./reference.ts";
import { SAMPLE_TABLE } from "./sample_table.ts";

Deno.test("reference escapes what Markdown would read as something else", () => {
  const text = reference(SAMPLE_TABLE, []);
  assertStringIncludes(
    text,
    '| `-p`, `--protocol NAME` | Only this protocol: it\'s a "name" \\[or\\] a \\`number\\` $HOME \\\\ %s & \\<all\\> \\[repeatable; ! in front negates\\] | `watch` |',
  );
  assertStringIncludes(
    text,
    "| `copy FROM [TO]` | Copy. From where. To where \\[one of disk, tape\\] |",
  );
});

Deno.test("reference gives every row of a table as many cells as its head", () => {
  const cells = (line: string) => line.match(/(?<!\\)\|/g)?.length;
  for (const text of [reference(SAMPLE_TABLE, COLLECTORS), currentReference()]) {
    for (const table of text.split("\n\n").filter((block) => block.startsWith("|"))) {
      const [head = "", ...rows] = table.split("\n");
      for (const row of rows) assertEquals(cells(row), cells(head), row);
    }
  }
});

Deno.test("reference names every collector", () => {
  for (const { name } of COLLECTORS) assertStringIncludes(currentReference(), `| \`${name}\` |`);
});

Deno.test("replaceReference changes what stands between the markers and nothing else", () => {
  const before = "a\n<!-- reference:begin -->\nOUTDATED\n<!-- reference:end -->\nb $& $1\n";
  const after = replaceReference(before, currentReference());
  assert(
    after.startsWith("a\n<!-- reference:begin -->") &&
      after.endsWith("<!-- reference:end -->\nb $& $1\n"),
  );
  assertEquals(after.includes("OUTDATED"), false);
  assertEquals(referenceIsCurrent(before), false);
  assertEquals(referenceIsCurrent(after), true);
  assertEquals(replaceReference(after, currentReference()), after);
  for (
    const text of ["", "<!-- reference:begin -->", "<!-- reference:end --><!-- reference:begin -->"]
  ) {
    assertThrows(() => replaceReference(text, ""), RangeError);
  }
});

Deno.test("README.md holds the reference as deno task docs writes it", () => {
  const readme = Deno.readTextFileSync(new URL("../../README.md", import.meta.url));
  assert(referenceIsCurrent(readme), "run: deno task docs");
});
