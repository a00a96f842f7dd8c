/** The options of the command `service`: a part of the command table. */
import { COLLECTORS } from "../../collectors/registry.ts";
import { plainPath, USUAL_LOG_DIRECTORY } from "../service/place.ts";
import { SERVICE_FILE_NAMES } from "../service/names.ts";
import type { OptionSpec } from "./spec.ts";

/** Of `service`. */
export const SERVICE_OPTIONS: readonly OptionSpec[] = [
  {
    name: "print",
    type: "choice",
    choices: SERVICE_FILE_NAMES,
    group: "Service",
    isOwn: true,
    summary: "Which file to print; its first lines say where it goes",
  },
  {
    name: "from",
    type: "choice",
    choices: [
      "auto",
      ...COLLECTORS.map((row) => row.name),
      "trace,conntrack",
      "conntrack,trace",
    ],
    group: "Service",
    isOwn: true,
    summary:
      "For which collector: the unit gets the capabilities that this one needs, and no others. Units of watch take auto unless this is given, exports sum up what watch has written, or on macOS littlesnitch",
  },
  {
    name: "program",
    type: "file",
    placeholder: "PATH",
    check: plainPath,
    group: "Service",
    isOwn: true,
    summary:
      "Absolute path of connscribe; else that of this program, or the usual one where it is not compiled",
  },
  {
    name: "log-directory",
    type: "directory",
    placeholder: "DIR",
    default: USUAL_LOG_DIRECTORY,
    check: plainPath,
    group: "Service",
    isOwn: true,
    summary: "Where the logs go",
  },
];
