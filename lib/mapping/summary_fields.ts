/** What a summary stands for, and what rules say. */
import * as cim from "./cim_words.ts";
import type { Connection } from "../connection.ts";
import type { Field, Reading } from "./field.ts";
import * as ocsf from "./ocsf_words.ts";

function isCounted(record: Connection): boolean {
  const { count, denied, first, last, records, remotes, samples } = record;
  return count !== undefined || denied !== undefined || first !== undefined ||
    last !== undefined || records !== undefined || remotes !== undefined || samples !== undefined;
}

function isNoteworthy({ noteworthy }: Connection): boolean {
  return noteworthy !== undefined;
}

const COUNT_FIELDS: readonly Field[] = [
  {
    summary: "Of a summary: how many connections it stands for",
    kind: "integer",
    value: ({ record }) => record.count,
    scope: "record",
    only: isCounted,
    cells: {
      plain: "count",
      ecs: "connscribe.count",
      ocsf: "count",
      cim: "count",
      cef: "cnt",
      leef: "count",
    },
  },
  {
    summary: "Of a summary: how many of them were denied",
    kind: "integer",
    value: ({ record }) => record.denied,
    scope: "record",
    only: isCounted,
    cells: {
      plain: "denied",
      ecs: "connscribe.denied",
      ocsf: "unmapped.denied",
      cim: "denied",
      cef: "cn2",
      leef: "denied",
    },
  },
  {
    summary: "Of a summary: the time of the first event in it",
    kind: "time",
    value: ({ record }) => record.first,
    scope: "record",
    only: isCounted,
    cells: { plain: "first", ecs: "connscribe.first", ocsf: "unmapped.first", cim: "first" },
  },
  {
    summary: "Of a summary: the time of the last event in it",
    kind: "time",
    value: ({ record }) => record.last,
    scope: "record",
    only: isCounted,
    cells: { plain: "last", ecs: "connscribe.last", ocsf: "unmapped.last", cim: "last" },
  },
  {
    summary: "Of a summary: how many records it was made of",
    kind: "integer",
    value: ({ record }) => record.records,
    scope: "record",
    only: isCounted,
    cells: {
      plain: "records",
      ecs: "connscribe.records",
      ocsf: "unmapped.records",
      cim: "records",
    },
  },
  {
    summary: "Of a summary: how many remote addresses it stands for",
    kind: "integer",
    value: ({ record }) => record.remotes,
    scope: "record",
    only: isCounted,
    cells: {
      plain: "remotes",
      ecs: "connscribe.remotes",
      ocsf: "unmapped.remotes",
      cim: "remotes",
    },
  },
  {
    summary: "Of a summary: ids of some of its connections",
    kind: "texts",
    value: ({ record }) => record.samples,
    scope: "record",
    only: isCounted,
    cells: { plain: "samples", ecs: "connscribe.samples", ocsf: "unmapped.samples" },
  },
  {
    summary: "Of a summary: it stands for all for which there was no room of their own",
    kind: "boolean",
    value: ({ record }) => record.other,
    scope: "words",
    cells: { plain: "other", ecs: "connscribe.other", ocsf: "unmapped.other", cim: "other" },
  },
];

const RULES: Reading = {
  kind: "texts",
  value: ({ record }) => record.noteworthy?.map(({ rule }) => rule),
};

const REASONS: Reading = {
  kind: "texts",
  value: ({ record }) => record.noteworthy?.map(({ reason }) => reason),
};

const NOTEWORTHY_FIELDS: readonly Field[] = [
  {
    summary: "Whether a rule found it noteworthy",
    kind: "word",
    value: ({ record: { noteworthy } }) => noteworthy?.length ? "alert" : "event",
    scope: "words",
    cells: {
      ecs: { name: "event.kind", words: ["alert", "event"], note: "alert where one did" },
      ocsf: { name: "severity_id", reading: ocsf.SEVERITY, note: "2 Low; else 1 Informational" },
    },
  },
  {
    summary: "The rules by which it is noteworthy",
    ...RULES,
    scope: "record",
    only: isNoteworthy,
    cells: {
      plain: "rules",
      ecs: "rule.name",
      ocsf: "unmapped.rules",
      cim: { name: "rule", reading: cim.RULES, note: "apart by commas" },
      cef: { name: "cs5", reading: cim.RULES, note: "apart by commas" },
      leef: { name: "rule", reading: cim.RULES, note: "apart by commas" },
    },
  },
  {
    summary: "The reasons that the rules give, in the same order",
    ...REASONS,
    scope: "record",
    only: isNoteworthy,
    cells: {
      plain: "reasons",
      ecs: "rule.description",
      ocsf: "unmapped.reasons",
      cim: { name: "reason", reading: cim.REASONS, note: "apart by commas" },
      cef: { name: "msg", reading: cim.REASONS, note: "apart by commas" },
      leef: { name: "reason", reading: cim.REASONS, note: "apart by commas" },
    },
  },
];

/** Rows of the mapping table. */
export const SUMMARY_FIELDS: readonly Field[] = [
  ...COUNT_FIELDS,
  ...NOTEWORTHY_FIELDS,
];
