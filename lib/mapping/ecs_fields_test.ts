/** The fields of ECS that the table names are checked by the field lists that Elastic has published. */
import { assert, assertEquals } from "@std/assert";
import { EcsFlat as NEWEST } from "@elastic/ecs/newest";
import { EcsFlat as OLDEST } from "@elastic/ecs/oldest";
import fc from "fast-check";
import type { Connection } from "../connection.ts";
import { ECS_VERSION, eventAction } from "../formats/ecs.ts";
import { createNdjsonFormat } from "../formats/ndjson.ts";
import { hostileConnection, SAMPLES } from "../formats/test_records.ts";
import { SAMPLE_REPORTS } from "../formats/test_reports.ts";
import { type Column, columnsOf, type Kind } from "./field.ts";
import { FIELDS } from "./fields.ts";

interface EcsField {
  readonly type: string;
  readonly normalize: readonly string[];
}

const LISTS: Readonly<Record<string, Readonly<Record<string, EcsField>>>> = {
  [ECS_VERSION]: OLDEST,
  "9.4.0": NEWEST,
};

/** What values of a kind can be indexed as. */
const TYPES: Readonly<Record<Kind, readonly string[]>> = {
  text: ["keyword", "match_only_text", "wildcard"],
  word: ["keyword"],
  identity: ["keyword"],
  ip: ["ip"],
  integer: ["long"],
  time: ["date"],
  duration: ["long"],
  boolean: ["boolean"],
  texts: ["keyword"],
};

const COLUMNS = columnsOf(FIELDS, "ecs");
const PUBLISHED = COLUMNS.filter(({ name }) => !name.startsWith("connscribe."));

/** ECS has one rule an event; a record may have broken several. */
const SEVERAL = ["rule.description", "rule.name"];

Deno.test("the table names only fields that ECS has, and gives them values of their types", () => {
  for (const [version, list] of Object.entries(LISTS)) {
    const faults = PUBLISHED.flatMap(({ name, kind, type }: Column) => {
      const field = list[name];
      if (field === undefined) return [`${name} is not in ECS ${version}`];
      const types = type === undefined ? TYPES[kind] : [type];
      return types.includes(field.type) ? [] : [`${name} is ${field.type} in ECS ${version}`];
    });
    assertEquals(faults, []);
  }
});

Deno.test("the table gives lists to fields that are lists in ECS, but for the rules", () => {
  const lists = PUBLISHED.filter(({ kind }) => kind === "texts").map(({ name }) => name);
  const named = lists.filter((name) => !LISTS["9.4.0"]?.[name]?.normalize.includes("array"));
  assertEquals(named.sort(), SEVERAL);
  for (const { name, kind } of PUBLISHED) {
    const isList = LISTS["9.4.0"]?.[name]?.normalize.includes("array") === true;
    assert(!isList || kind === "texts", name);
  }
});

Deno.test("ECS has nothing below connscribe, where the fields stand that it does not have", () => {
  const theirs = Object.keys(NEWEST).filter((name) => name.startsWith("connscribe"));
  assertEquals(theirs, []);
  assert(COLUMNS.length > PUBLISHED.length);
});

interface EventWords {
  readonly kind: string;
  readonly category?: readonly string[];
  readonly type: readonly string[];
  readonly outcome?: string;
}

function eventOf(line: string): EventWords {
  const { event }: { event: EventWords } = JSON.parse(line);
  return event;
}

const KINDS = NEWEST["event.kind"].allowed_values.map(({ name }) => name);
const OUTCOMES = NEWEST["event.outcome"].allowed_values.map(({ name }) => name);
const EVENT_TYPES = NEWEST["event.type"].allowed_values.map(({ name }) => name);
const TYPES_OF_NETWORK = NEWEST["event.category"].allowed_values
  .find(({ name }) => name === "network")?.expected_event_types ?? [];

function checkWords(record: Connection, line: string): void {
  const { kind, category, type, outcome } = eventOf(line);
  assert(KINDS.includes(kind), kind);
  assertEquals(category, ["network"]);
  assert(type.length > 0);
  for (const word of type) assert(TYPES_OF_NETWORK.some((name) => name === word), word);
  assert(outcome !== undefined && OUTCOMES.includes(outcome), outcome);
  assertEquals(kind === "alert", (record.noteworthy?.length ?? 0) > 0);
}

Deno.test("event has words that ECS allows, and types that it expects of network", () => {
  assertEquals(TYPES_OF_NETWORK.length > 0, true);
  const { line } = createNdjsonFormat();
  for (const record of Object.values(SAMPLES)) checkWords(record, line(record));
  fc.assert(
    fc.property(hostileConnection, (record) => checkWords(record, line(record))),
    { numRuns: 300 },
  );
});

Deno.test("event of a report has words that ECS allows, and no category: none fits", () => {
  const { report } = createNdjsonFormat();
  assert(report);
  for (const sample of Object.values(SAMPLE_REPORTS)) {
    const { kind, category, type } = eventOf(report(sample));
    assert(KINDS.includes(kind), kind);
    assertEquals(category, undefined);
    for (const word of type) assert(EVENT_TYPES.includes(word), word);
  }
});

/** Words and fields that published rules read (elastic/detection-rules, rules on connections). */
const RULES_READ = [
  "destination.domain",
  "destination.ip",
  "destination.port",
  "event.action",
  "event.category",
  "event.type",
  "host.id",
  "host.os.type",
  "network.transport",
  "process.args",
  "process.entity_id",
  "process.executable",
  "process.name",
  "process.parent.name",
  "source.ip",
];

Deno.test("the table has what published rules read, and their words of event.action", () => {
  const names = COLUMNS.map(({ name }) => name);
  for (const name of RULES_READ) assert(names.includes(name), name);
  const open = SAMPLES["open"]!;
  assertEquals(
    [open, { ...open, initiator: "remote" as const }, SAMPLES["close"]!].map(eventAction),
    ["connection_attempted", "connection_accepted", "disconnect_received"],
  );
});
