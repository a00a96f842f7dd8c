import { assertEquals } from "@std/assert";
import { parseFlowLine } from "./parse.ts";

const FIXTURES = new URL("../../fixtures/conntrack/", import.meta.url);

/** Lines that are no events, by file: other output formats, and one line that conntrack has cut. */
const MALFORMED: Readonly<Record<string, number>> = { "save.out": 12, "xml.out": 8, "cut.out": 1 };

function fixtureNames(): string[] {
  return [...Deno.readDirSync(FIXTURES)].map((entry) => entry.name)
    .filter((name) => name.endsWith(".out")).sort();
}

for (const name of fixtureNames()) {
  Deno.test(`parseFlowLine gives the expected events of ${name}`, function () {
    const lines = Deno.readTextFileSync(new URL(name, FIXTURES)).trimEnd().split("\n");
    // UTC, so that the result does not depend on the time zone of the machine.
    const events = lines.map((line) => parseFlowLine(line, "utc") ?? null);
    const golden = new URL(name.replace(/\.out$/, ".json"), FIXTURES);
    if (Deno.env.get("UPDATE_GOLDEN") === "1") {
      const text = "[\n" + events.map((event) => JSON.stringify(event)).join(",\n") + "\n]\n";
      Deno.writeTextFileSync(golden, text);
    }
    assertEquals(events, JSON.parse(Deno.readTextFileSync(golden)));
    assertEquals(events.filter((event) => event === null).length, MALFORMED[name] ?? 0);
  });
}
