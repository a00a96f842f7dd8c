/**
 * The mapping table: every fact of a record, and what each schema calls it. The formats, the documentation and
 * the schemas of the stores are made of it.
 */
import { COURSE_FIELDS } from "./course_fields.ts";
import { END_FIELDS } from "./end_fields.ts";
import { EVENT_FIELDS } from "./event_fields.ts";
import type { Field } from "./field.ts";
import { ORIGIN_FIELDS } from "./origin_fields.ts";
import { OWNER_FIELDS } from "./owner_fields.ts";
import { PROCESS_FIELDS } from "./process_fields.ts";
import { PROTOCOL_FIELDS } from "./protocol_fields.ts";
import { RELATED_FIELDS } from "./related_fields.ts";
import { SUMMARY_FIELDS } from "./summary_fields.ts";
import { VOLUME_FIELDS } from "./volume_fields.ts";

/** All rows. What comes first is unique to the record: forwarders know a file by its first bytes. */
export const FIELDS: readonly Field[] = [
  ...EVENT_FIELDS,
  ...COURSE_FIELDS,
  ...PROTOCOL_FIELDS,
  ...END_FIELDS,
  ...VOLUME_FIELDS,
  ...RELATED_FIELDS,
  ...PROCESS_FIELDS,
  ...OWNER_FIELDS,
  ...SUMMARY_FIELDS,
  ...ORIGIN_FIELDS,
];
