/** What the threads of a search say to each other. Everything crosses by structured clone. */
import type { FormatContext } from "../formats/format.ts";
import type { FormatName } from "../formats/names.ts";
import type { LogFormatName } from "../../collectors/files/log_format.ts";
import type { Question } from "./question.ts";

/** What becomes of the records that are found. */
export type AnswerSpec =
  /** They are only counted. */
  | { readonly kind: "count" }
  /** A line each. */
  | { readonly kind: "lines"; readonly format: FormatName; readonly context: FormatContext }
  /** Names are counted: see `names.ts`. */
  | { readonly kind: "names"; readonly by: string; readonly maxBytes: number };

/** What is looked for. */
export interface Task {
  readonly question: Question;
  readonly answer: AnswerSpec;
  /** Read every line and tell which ones are malformed, instead of passing over what cannot be an answer. */
  readonly errors: boolean;
}

/** A part of a log: all lines that begin in it. */
export interface Part {
  readonly path: string;
  readonly format: LogFormatName;
  /** The first lines of the log, or the header that holds where the part begins. */
  readonly head: readonly string[];
  /** Bytes from the beginning of the log; absent where it can only be read as a whole. */
  readonly range?: { readonly begin: number; readonly end: number };
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
  /** Of the answer `lines`: whole lines of UTF-8. */
  readonly lines: Uint8Array<ArrayBuffer>[];
  /** Of malformed lines, if asked for: where they begin, and their text. */
  readonly errors: { readonly at: number; readonly text: string }[];
  /** Why not all could be read. */
  problem?: string;
}

/** To a thread. */
export type ToSearcher =
  | { readonly type: "task"; readonly task: Task }
  | { readonly type: "part"; readonly index: number; readonly part: Part }
  /** There are no more parts. */
  | { readonly type: "finish" };

/** From a thread. */
export type FromSearcher =
  | { readonly type: "found"; readonly index: number; readonly result: PartResult }
  /** A sorted run of names. */
  | { readonly type: "run"; readonly run: Uint8Array<ArrayBuffer> }
  | { readonly type: "finished" };
