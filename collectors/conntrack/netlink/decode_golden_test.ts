import { assertEquals } from "@std/assert";
import type { FlowEvent } from "../flow.ts";
import { parseFlowLine } from "../parse.ts";
import { common } from "./compare_test_tools.ts";
import { decodeEntry, decodeEvent, isFlowMessage } from "./decode.ts";
import { Messages } from "./messages.ts";

const FIXTURES = new URL("../../../fixtures/conntrack/netlink/", import.meta.url);

/** Time of the messages that bear none. */
const RECEIVED = 1_795_239_000_000_000;

function fixtureNames(): string[] {
  return [...Deno.readDirSync(FIXTURES)].map(({ name }) => name)
    .filter((name) => name.endsWith(".bin")).map((name) => name.slice(0, -4)).sort();
}

/** All flows of a file, `null` for a message that cannot be read. */
function decodeFile(name: string): (FlowEvent | null)[] {
  const bytes = Deno.readFileSync(new URL(`${name}.bin`, FIXTURES));
  const messages = new Messages(bytes);
  const flows: (FlowEvent | null)[] = [];
  messages.begin(bytes.length);
  while (messages.next()) {
    if (!isFlowMessage(messages)) continue;
    const entry = name.endsWith("_dump");
    flows.push((entry ? decodeEntry(messages) : decodeEvent(messages, RECEIVED)) ?? null);
  }
  assertEquals(messages.bad, false);
  return flows;
}

function commonOf(flow: FlowEvent | null | undefined): unknown {
  return flow && common(flow);
}

for (const name of fixtureNames()) {
  Deno.test(`decodeEvent and decodeEntry give the expected flows of ${name}.bin`, function () {
    const flows = decodeFile(name);
    const golden = new URL(`${name}.json`, FIXTURES);
    if (Deno.env.get("UPDATE_GOLDEN") === "1") {
      const text = "[\n" + flows.map((flow) => JSON.stringify(flow)).join(",\n") + "\n]\n";
      Deno.writeTextFileSync(golden, text);
    }
    assertEquals(flows, JSON.parse(Deno.readTextFileSync(golden)));
  });

  Deno.test(`decodeEvent and decodeEntry agree with conntrack's text on ${name}`, function () {
    const text = Deno.readTextFileSync(new URL(`${name}.out`, FIXTURES)).trimEnd();
    const printed = text.split("\n").map((line) => commonOf(parseFlowLine(line, "utc")));
    const decoded = decodeFile(name).map(commonOf);
    // Of the table, conntrack was asked twice: one IP version after the other.
    const key = (flow: unknown) => JSON.stringify(Object.entries(flow ?? {}).sort());
    const order = (flows: unknown[]) =>
      name.endsWith("_dump") ? flows.sort((a, b) => key(a) < key(b) ? -1 : 1) : flows;
    assertEquals(order(decoded), order(printed));
  });
}
