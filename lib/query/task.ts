/** What the threads of a search say to each other. Everything crosses by structured clone. */
import type { FormatContext } from "../formats/format.ts";
import type { FormatName } from "../formats/names.ts";
import type { Part } from "../../collectors/files/logs.ts";
import type { Question } from "./question.ts";

/** What becomes of the records that are found. */
export type AnswerSpec =
  /** They are only counted. */
  | { readonly kind: "count" }
  /** A line each. */
  | { readonly kind: "lines"; readonly format: FormatName; readonly context: FormatContext }
  /** Names are counted: see `names.ts`. */
  | { readonly kind: "names"; readonly by: string; readonly maxBytes: number }
  /** Hosts are counted by spans of time: see `hour_taker.ts`. */
  | HoursSpec;

/** What is counted by spans of time. */
export interface HoursSpec {
  readonly kind: "hours";
  /** Length of a span, microseconds. */
  readonly spanUs: number;
  /** The host whose callers are listed, and the one whose callees are. */
  readonly to?: string;
  readonly from?: string;
  readonly maxBytes: number;
  /**
   * A span is closed when a time has passed its end by so much, microseconds: what comes later of it is not
   * counted. Absent: none is.
   */
  readonly latenessUs?: number;
}

/** What is looked for. */
export interface Task {
  readonly question: Question;
  readonly answer: AnswerSpec;
  /** Read every line and tell which ones are malformed, instead of passing over what cannot be an answer. */
  readonly errors: boolean;
  /** How much is read at a time, bytes: a line that is longer is passed over. Absent: 4 MiB. */
  readonly blockBytes?: number;
}

/** What a part has come to. */
export interface PartResult {
  /** Records that are in the answer. */
  matched: number;
  /** Bytes that were read. */
  bytes: number;
  malformed: number;
  /** Lines that were too long to be read. */
  tooLong: number;
  /** Records that the format of the answer cannot tell of. */
  untold: number;
  /** Of malformed lines, if asked for: where they begin, and their text. */
  readonly errors: { readonly at: number; readonly text: string }[];
  /** Of what is counted by hours: the latest time so far, microseconds since the epoch. */
  latest?: number;
  /** What headers say at its end, as a `Header` has it. Absent in formats that have none. */
  header?: readonly string[];
  /** Why not all could be read. */
  problem?: string;
}

/** To a thread. */
export type ToSearcher =
  /** With `tellsRead`, messages tell how much has been read. */
  | { readonly type: "task"; readonly task: Task; readonly tellsRead: boolean }
  | { readonly type: "part"; readonly index: number; readonly part: Part }
  /** So many bytes of lines and runs have been written. */
  | { readonly type: "written"; readonly bytes: number }
  /** There are no more parts. */
  | { readonly type: "finish" };

/** From a thread. */
export type FromSearcher =
  /** Of the answer `lines`: whole lines of UTF-8. */
  | { readonly type: "lines"; readonly index: number; readonly lines: Uint8Array<ArrayBuffer> }
  /** There is nothing more of that part. */
  | { readonly type: "found"; readonly index: number; readonly result: PartResult }
  /** So many more bytes have been read of what is stored. */
  | { readonly type: "read"; readonly bytes: number }
  /** A sorted run of names, of this part alone where one is named. */
  | { readonly type: "run"; readonly run: Uint8Array<ArrayBuffer>; readonly index?: number }
  | { readonly type: "finished" };

/** Bytes of lines and runs that a thread may have given that are not written yet. */
export const MAX_UNWRITTEN = 8 * 1024 * 1024;
