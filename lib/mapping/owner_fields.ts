/** Whose the process is, where it runs, and how it was found. */
import type { Field } from "./field.ts";
import * as ocsf from "./ocsf_words.ts";
import { baseName, idText, integer, ofEnd, text, time, UID, USER } from "./process_readings.ts";
import { ATTRIBUTIONS } from "../record_words.ts";

const USER_FIELDS: readonly Field[] = [
  {
    summary: "Id of the user of the process",
    ...integer(({ uid }) => uid),
    scope: "process",
    cells: {
      plain: "uid",
      ecs: [
        { name: "process.user.id", reading: UID, note: "as text" },
        { name: "user.id", reading: UID, note: "as text" },
      ],
      ocsf: [
        { name: "actor.process.user.uid", reading: UID, note: "as text" },
        { name: "actor.user.uid", reading: UID, note: "as text" },
      ],
      cim: "user_id",
      cef: [ofEnd("suid", true, UID), ofEnd("duid", false, UID)],
      leef: "uid",
    },
  },
  {
    summary: "Name of the user of the process",
    ...USER,
    scope: "process",
    cells: {
      plain: "user",
      ecs: ["process.user.name", "user.name"],
      ocsf: ["actor.process.user.name", "actor.user.name"],
      cim: "user",
      cef: [ofEnd("suser", true, USER), ofEnd("duser", false, USER)],
      leef: "usrName",
    },
  },
  {
    summary: "Id of the group of the process",
    ...integer(({ gid }) => gid),
    scope: "process",
    cells: {
      plain: "gid",
      ecs: { name: "process.group.id", reading: idText(({ gid }) => gid), note: "as text" },
      ocsf: "unmapped.gid",
      cim: "group_id",
      leef: "groupID",
    },
  },
  {
    summary: "Id of the parent process",
    ...integer(({ parent }) => parent?.pid),
    scope: "process",
    cells: {
      plain: "parent_pid",
      ecs: "process.parent.pid",
      ocsf: "actor.process.parent_process.pid",
      cim: "parent_process_id",
      cef: "cn3",
      leef: "parentProcessId",
    },
  },
  {
    summary: "When the parent process was started",
    ...time(({ parent }) => parent?.start),
    scope: "process",
    cells: {
      plain: "parent_start",
      ecs: "process.parent.start",
      ocsf: "actor.process.parent_process.created_time",
    },
  },
  {
    summary: "Name of the parent process",
    ...text(({ parent }) => parent?.name),
    scope: "process",
    cells: {
      plain: "parent_name",
      ecs: "process.parent.name",
      ocsf: "actor.process.parent_process.name",
      cim: "parent_process_name",
      leef: "parentProcessName",
    },
  },
  {
    summary: "Path of the executable of the parent process",
    ...text(({ parent }) => parent?.executable),
    scope: "process",
    cells: {
      plain: "parent_executable",
      ecs: "process.parent.executable",
      ocsf: [
        "actor.process.parent_process.file.path",
        {
          name: "actor.process.parent_process.file.name",
          summary: "Name of the executable of the parent process",
          reading: text(({ parent }) =>
            parent?.executable === undefined ? undefined : baseName(parent.executable)
          ),
          note: "the last part of the path",
        },
        {
          name: "actor.process.parent_process.file.type_id",
          summary: "What kind of file that executable is",
          reading: integer(({ parent }) =>
            parent?.executable === undefined ? undefined : ocsf.REGULAR_FILE
          ),
          note: "1 Regular File",
        },
      ],
      cim: "parent_process_path",
      cef: "cs3",
      leef: "parentProcessPath",
    },
  },
  {
    summary: "Identity of the parent process",
    ...text(({ parent }) => parent?.entityId),
    scope: "process",
    cells: {
      plain: "parent_entity_id",
      ecs: "process.parent.entity_id",
      ocsf: {
        name: "actor.process.parent_process.uid",
        reading: text(({ parent }) => ocsf.processUid(parent)),
        note: ocsf.PROCESS_UID_NOTE,
      },
      cim: "parent_process_guid",
    },
  },
];

const PLACE_FIELDS: readonly Field[] = [
  {
    summary: "systemd unit of the process",
    ...text(({ unit }) => unit),
    scope: "process",
    cells: { plain: "unit", ecs: "connscribe.unit", ocsf: "unmapped.unit", cim: "unit" },
  },
  {
    summary: "systemd unit of the process below the service manager of its user",
    ...text(({ userUnit }) => userUnit),
    scope: "process",
    cells: {
      plain: "user_unit",
      ecs: "connscribe.user_unit",
      ocsf: "unmapped.user_unit",
      cim: "user_unit",
    },
  },
  {
    summary: "Path of the control group of the process",
    ...text(({ cgroup }) => cgroup),
    scope: "process",
    cells: { plain: "cgroup", ecs: "connscribe.cgroup", ocsf: "unmapped.cgroup" },
  },
  {
    summary: "Id of the container of the process",
    ...text(({ containerId }) => containerId),
    scope: "process",
    cells: {
      plain: "container_id",
      ecs: "container.id",
      ocsf: "actor.process.container.uid",
      cim: "container_id",
    },
  },
  {
    summary: "Inode number of the network namespace of the process",
    ...integer(({ netns }) => netns),
    scope: "process",
    cells: {
      plain: "process_netns",
      ecs: "connscribe.process.netns",
      ocsf: "unmapped.process_netns",
    },
  },
];

const ATTRIBUTION_FIELDS: readonly Field[] = [
  {
    summary: "How the process was found",
    kind: "word",
    value: ({ record }) => record.attribution,
    words: ATTRIBUTIONS,
    scope: "words",
    cells: {
      plain: "attribution",
      ecs: "connscribe.attribution.kind",
      ocsf: "unmapped.attribution",
      cim: "attribution",
    },
  },
  {
    summary: "Why there is no process, or why it is not exact",
    kind: "text",
    value: ({ record }) => record.attributionReason,
    scope: "record",
    cells: {
      plain: "attribution_reason",
      ecs: "connscribe.attribution.reason",
      ocsf: "unmapped.attribution_reason",
    },
  },
];

/** Rows of the mapping table. */
export const OWNER_FIELDS: readonly Field[] = [
  ...USER_FIELDS,
  ...PLACE_FIELDS,
  ...ATTRIBUTION_FIELDS,
];
