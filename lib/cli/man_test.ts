import { assertEquals, assertStringIncludes } from "@std/assert";
import { manualPage } from "./man.ts";
import { SAMPLE_TABLE } from "./sample_table.ts";
import { isInstalled, runOn } from "./test_tools.ts";
import { TABLE } from "./table.ts";

const PAGES = [manualPage(SAMPLE_TABLE, "1.2.3"), manualPage(TABLE, "1.2.3")];

Deno.test("manualPage has the sections of a manual page, in their order", () => {
  for (const page of PAGES) {
    const headings = [...page.matchAll(/^\.SH (.*)$/gm)].map((match) => match[1]);
    assertEquals(headings, [
      "NAME",
      "SYNOPSIS",
      "DESCRIPTION",
      "COMMANDS",
      "OPTIONS",
      "EXIT STATUS",
      "ENVIRONMENT",
      "FILES",
      "EXAMPLES",
      "SEE ALSO",
    ]);
  }
  assertStringIncludes(PAGES[0] ?? "", '.TH "PROG" 1 "" "prog 1.2.3" "User Commands"\n');
  assertStringIncludes(PAGES[0] ?? "", ".SH NAME\nprog \\- does things\n");
});

Deno.test("manualPage holds no request but its own", () => {
  const known = /^\.(TH|SH|SS|TP|IP|PP|RS|RE|nf|fi|nh|ad l|br)\b/;
  for (const page of PAGES) {
    const requests = page.split("\n").filter((line) => /^[.']/.test(line));
    assertEquals(requests.filter((line) => !known.test(line)), []);
  }
});

Deno.test({
  name: "manualPage is formatted by groff without a warning (ignored where there is no groff)",
  ignore: !isInstalled("groff"),
  fn: () => {
    for (const page of PAGES) {
      const { success, stdout, stderr } = runOn(
        "groff",
        (file) => ["-man", "-ww", "-Tutf8", "-P-cbou", file],
        page,
      );
      assertEquals([success, stderr], [true, ""]);
      assertStringIncludes(stdout, "SYNOPSIS");
    }
    const { stdout } = runOn(
      "groff",
      (file) => ["-man", "-Tutf8", "-P-cbou", file],
      PAGES[0] ?? "",
    );
    const text = stdout.replace(/\s+/g, " ");
    assertStringIncludes(text, 'it\'s a "name" [or] a `number` $HOME \\ %s & <all>');
    assertStringIncludes(text, "-i, --interval TIME How often [default 3s].");
  },
});
