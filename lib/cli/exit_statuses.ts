/** Exit statuses in words, for the manual and the reference. */
import { EXIT } from "../exit.ts";

const MEANINGS: Readonly<Record<keyof typeof EXIT, string>> = {
  ok: "All went well, also when there was nothing to report or the reader of the output went away",
  usage: "The command line is wrong",
  data: "Input is malformed beyond use",
  unavailable: "No source of connections is usable",
  software: "A fault of connscribe itself",
  cannotCreate: "An output file cannot be created",
  io: "Output was lost to an I/O error, or a log could not be read to its end",
  temporary:
    "Something is busy, a run of --since-last could not read a log, or convert was cut short: try again later",
  permission: "Not permitted",
  config: "The configuration file is wrong, or the key of --chain",
};

/** Every exit status with its meaning, in ascending order. */
export const EXIT_STATUSES: readonly { readonly code: number; readonly meaning: string }[] =
  (Object.keys(MEANINGS) as (keyof typeof EXIT)[])
    .map((name) => ({ code: EXIT[name], meaning: MEANINGS[name] }))
    .sort((a, b) => a.code - b.code);
