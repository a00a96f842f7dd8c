/** Which process it is. */
import { UNKNOWN } from "./cim_words.ts";
import type { Field } from "./field.ts";
import * as ocsf from "./ocsf_words.ts";
import { baseName, integer, NAME, ofEnd, PID, text, time } from "./process_readings.ts";

/** Rows of the mapping table. */
export const PROCESS_FIELDS: readonly Field[] = [
  {
    summary: "Id of the process",
    ...PID,
    scope: "process",
    cells: {
      plain: "pid",
      ecs: "process.pid",
      ocsf: "actor.process.pid",
      cim: "process_id",
      cef: [ofEnd("spid", true, PID), ofEnd("dpid", false, PID)],
      leef: "processId",
    },
  },
  {
    summary: "When the process was started",
    ...time(({ start }) => start),
    scope: "process",
    cells: {
      plain: "process_start",
      ecs: "process.start",
      ocsf: "actor.process.created_time",
      cim: "process_start",
    },
  },
  {
    summary: "Name of the process",
    ...NAME,
    scope: "process",
    cells: {
      plain: "process_name",
      ecs: "process.name",
      ocsf: "actor.process.name",
      cim: [
        {
          name: "app",
          reading: {
            kind: "text",
            value: ({ record: { process } }) => process?.name || process?.executable || UNKNOWN,
          },
          note: "else its executable, else unknown",
        },
        "process_name",
      ],
      cef: [ofEnd("sproc", true, NAME), ofEnd("dproc", false, NAME)],
      leef: "processName",
    },
  },
  {
    summary: "Identity of the process, safe against reuse of its id",
    ...text(({ entityId }) => entityId),
    scope: "process",
    cells: {
      plain: "entity_id",
      ecs: "process.entity_id",
      ocsf: {
        name: "actor.process.uid",
        reading: text(ocsf.processUid),
        note: ocsf.PROCESS_UID_NOTE,
      },
      cim: "process_guid",
      cef: "cs2",
      leef: "processGuid",
    },
  },
  {
    summary: "Path of the executable of the process",
    ...text(({ executable }) => executable),
    scope: "process",
    cells: {
      plain: "executable",
      ecs: "process.executable",
      ocsf: [
        "actor.process.file.path",
        {
          name: "actor.process.file.name",
          summary: "Name of the executable of the process",
          reading: text(({ executable }) =>
            executable === undefined ? undefined : baseName(executable)
          ),
          note: "the last part of the path",
        },
        {
          name: "actor.process.file.type_id",
          summary: "What kind of file the executable is",
          reading: integer(({ executable }) =>
            executable === undefined ? undefined : ocsf.REGULAR_FILE
          ),
          note: "1 Regular File",
        },
      ],
      cim: "process_path",
      cef: "filePath",
      leef: "processPath",
    },
  },
  {
    summary: "Command line of the process",
    kind: "texts",
    value: ({ record: { process } }) => process?.commandLine,
    scope: "process",
    cells: {
      plain: "command_line",
      ecs: [
        {
          name: "process.command_line",
          reading: text(({ commandLine }) => commandLine?.join(" ")),
          note: "words apart by blanks",
          type: "wildcard",
        },
        "process.args",
        {
          name: "process.args_count",
          summary: "Number of words of the command line",
          reading: integer(({ commandLine }) => commandLine?.length),
        },
      ],
      ocsf: {
        name: "actor.process.cmd_line",
        reading: text(({ commandLine }) => commandLine?.join(" ")),
        note: "words apart by blanks",
      },
      cim: {
        name: "process",
        reading: text(({ commandLine }) => commandLine?.join(" ")),
        note: "words apart by blanks",
      },
      cef: {
        name: "cs1",
        reading: text(({ commandLine }) => commandLine?.join(" ")),
        note: "words apart by blanks",
      },
      leef: {
        name: "commandLine",
        reading: text(({ commandLine }) => commandLine?.join(" ")),
        note: "words apart by blanks",
      },
    },
  },
  {
    summary: "Full length of the command line where it is cut, bytes",
    ...integer(({ commandLineBytes }) => commandLineBytes),
    scope: "process",
    cells: {
      plain: "command_line_bytes",
      ecs: "connscribe.process.command_line_bytes",
      ocsf: "unmapped.command_line_bytes",
    },
  },
];
