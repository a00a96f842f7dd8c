/** Opens the files that records are written to, as the options say. */
import type { OptionValues } from "../cli/spec.ts";
import { EXIT, ExitError } from "../exit.ts";
import type { Format } from "../formats/format.ts";
import type { FormatName } from "../formats/names.ts";
import { Compressor } from "../sinks/compressor.ts";
import { Disk } from "../sinks/disk.ts";
import { FileTarget } from "../sinks/file_target.ts";
import { ioErrorText } from "../sinks/io_error.ts";
import type { LogFiles } from "../sinks/log_files.ts";
import { cutBack, openForAppending, openForReader } from "../sinks/open_file.ts";
import type { OutTarget } from "../sinks/parse_target.ts";
import { LEAST_SIZE, parseMinFree, parseRotation, type Rotation } from "../sinks/parse_rotation.ts";
import { RenamedFiles } from "../sinks/renamed_files.ts";
import type { Limits } from "../sinks/retention.ts";
import { extensionOf } from "../sinks/segment_name.ts";
import { LOCK, Segments } from "../sinks/segments.ts";
import { FixedTarget, type LineTarget } from "../sinks/target.ts";
import { MOST_STORAGE, parseSize } from "../size.ts";
import type { FileStatus, LogFile, System } from "../system.ts";
import type { Outputs, SinkContext } from "./outputs.ts";

/** What files are opened with. */
export interface FileOpening {
  readonly values: OptionValues;
  readonly system: System;
  readonly context: SinkContext;
  /** Those that are open. */
  readonly outputs: Outputs;
}

/** A file, or a directory of segments. */
export type FilePlace = Extract<OutTarget, { path: string }>;

/** What is written to a file. */
export interface FileFormat {
  readonly name: FormatName | "processes";
  readonly format: Format;
}

/**
 * Whether files may have to be opened, renamed or removed while the run goes on: so that the main thread must
 * go on to be allowed to read and write.
 */
export function isUpkept(
  values: OptionValues,
  { kind }: OutTarget,
  { once, isPast }: Pick<SinkContext, "once" | "isPast">,
): boolean {
  if (kind !== "file") return kind === "segments";
  return isGiven(values, "rotate") || isGiven(values, "min-free") || (!once && !isPast);
}

/** How segments are kept if the options do not say it. */
const SEGMENT_ROTATION: Rotation = { size: 64 * 2 ** 20, everyUs: 3_600_000_000 };
const SEGMENT_TOTAL = 2 ** 30;

/** As many files at least are kept of all that are to be kept, if nobody says how large one is to be. */
const FEWEST_FILES = 4;

/** Files that the kernel makes are what they are. */
const OF_KERNEL = /^\/(?:dev|proc)\//;

/**
 * Opens a file, or a directory of segments.
 *
 * @throws ExitError when it cannot be opened (73) or somebody else writes to it (75), or when options do not
 * go together (64).
 */
export async function openFileTarget(
  target: FilePlace,
  format: FileFormat,
  opening: FileOpening,
): Promise<LineTarget> {
  const { path } = target;
  const { system, outputs: { files } } = opening;
  if (files.has(identityOf(target, system) ?? "")) {
    throw new ExitError(EXIT.usage, `two options name the file "${path}"`);
  }
  const lines = target.kind === "segments"
    ? await openSegments(path, format, opening)
    : await openFile(path, opening);
  const identity = identityOf(target, system);
  if (identity !== undefined) files.add(identity);
  return lines;
}

/** What tells a file or directory that is there from others, however it is spelled. */
function identityOf({ kind, path }: FilePlace, system: Pick<System, "stat">): string | undefined {
  return statusOf(kind === "segments" ? `${path}/${LOCK}` : path, system)?.file;
}

/** What is known of a file; undefined where there is none, or it may not be known. */
export function statusOf(path: string, system: Pick<System, "stat">): FileStatus | undefined {
  try {
    return system.stat(path);
  } catch {
    return undefined;
  }
}

async function openFile(path: string, opening: FileOpening): Promise<LineTarget> {
  const { values, system, context } = opening;
  const { diag, ends } = context;
  const limits = limitsOf(values);
  const rotation = rotationWithin(limits, rotationOf(values));
  const isKept = isUpkept(values, { kind: "file", path }, context);
  if (rotation === undefined) refuseLimits(values);
  else refuseLink(system, path);
  const isPipe = statusOf(path, system)?.isPipe === true;
  const file = isPipe ? await openForReader(system, path, context) : openForAppending(system, path);
  if (ends !== undefined) cutBack(file, path, ends, diag);
  if (!isKept || OF_KERNEL.test(path) || file.status().file === undefined) {
    return new FixedTarget(file, path);
  }
  const files = new RenamedFiles(system, path);
  if (rotation !== undefined) trying(files.name, () => files.mend());
  return await keptTarget(files, file, rotation, limits, opening);
}

async function openSegments(
  directory: string,
  { name, format }: FileFormat,
  opening: FileOpening,
): Promise<LineTarget> {
  const { values, system, context: { diag, host, isCopy = false, ends = [] } } = opening;
  if (name === "processes" || (format.header !== undefined && !values.flag("no-header"))) {
    throw new ExitError(
      EXIT.usage,
      `the format "${name}" begins with a head line, by which forwarders take a new segment for an old one: use ndjson, or a FILE`,
    );
  }
  const limits = { ...(!isCopy && { maxTotal: SEGMENT_TOTAL }), ...limitsOf(values) };
  const rotation = rotationWithin(limits, rotationOf(values), SEGMENT_ROTATION);
  const segments = Segments.open(system, directory, { host, extension: extensionOf(name) });
  try {
    const file = trying(segments.name, () => {
      const torn = segments.mend((last, path) => cutBack(last, path, ends, diag));
      if (torn > 0) {
        diag.say(
          "warning",
          `the last segment in ${segments.name} ended in the middle of a line, as after a crash: ${torn} bytes were cut off`,
        );
      }
      return segments.next(system.now());
    });
    return await keptTarget(segments, file, rotation, limits, opening);
  } catch (error) {
    segments[Symbol.dispose]();
    throw error;
  }
}

async function keptTarget(
  files: LogFiles & Partial<Disposable>,
  file: LogFile,
  rotation: Rotation | undefined,
  limits: Limits,
  { values, system, context, outputs }: FileOpening,
): Promise<LineTarget> {
  const { diag, ends, interrupted } = context;
  const { compress } = rotation ?? {};
  const minFree = values.has("min-free") ? parseMinFree(values.text("min-free") ?? "0") : undefined;
  const isMinFree = minFree !== undefined && Object.values(minFree).some((value) => value > 0);
  const options = {
    directory: files.directory,
    ...(isMinFree && { minFree }),
    compresses: compress !== undefined,
  };
  const disk = isMinFree || options.compresses ? await Disk.open(options) : undefined;
  outputs.hasFiles = true;
  if (!outputs.keep.includes("read")) outputs.keep.push("read", "write");
  const sync = values.has("sync") ? values.text("sync") : "window";
  return new FileTarget(files, file, { system, diag }, {
    ...(rotation !== undefined && { rotation }),
    // Of a run that is broken off the next one takes back what is in one file.
    rotatesAtStart: ends !== undefined,
    limits: { ...limits, ...(rotation?.keep !== undefined && { keep: rotation.keep }) },
    // What is converted was asked for: none of it makes room for the rest.
    keepsAll: context.isCopy ?? false,
    syncs: sync !== "none",
    ...(disk !== undefined && { room: disk }),
    ...(disk !== undefined && compress !== undefined && {
      compressor: new Compressor(files, compress, {
        ...{ system, diag, interrupted },
        compress: disk.compress,
      }),
    }),
    atEnd() {
      disk?.[Symbol.dispose]();
      files[Symbol.dispose]?.();
    },
  });
}

/** @throws ExitError 73 with what went wrong. */
function trying<T>(name: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw new ExitError(EXIT.cannotCreate, `cannot write to ${name}: ${ioErrorText(error)}`);
  }
}

function isGiven(values: OptionValues, name: string): boolean {
  return values.has(name) && values.given(name);
}

function rotationOf(values: OptionValues): Rotation | undefined {
  const text = values.has("rotate") ? values.text("rotate") : undefined;
  return text === undefined ? undefined : parseRotation(text);
}

/**
 * When another file is begun, so that all together can be as small as they are to be: the file that is
 * written on and the one before it always stay.
 *
 * @param usual What holds where nothing is asked for.
 * @throws ExitError 64 when the files that are asked for are larger than that.
 */
function rotationWithin(
  { maxTotal }: Limits,
  asked: Rotation | undefined,
  usual?: Rotation,
): Rotation | undefined {
  if (asked === undefined && usual === undefined) return undefined;
  const rotation = { ...usual, ...asked };
  if (maxTotal === undefined) return rotation;
  if (asked?.size === undefined) {
    const size = Math.max(Math.floor(maxTotal / FEWEST_FILES), LEAST_SIZE);
    return { ...rotation, size: Math.min(size, rotation.size ?? Infinity) };
  }
  if (asked.size * 2 <= maxTotal) return rotation;
  throw new ExitError(
    EXIT.usage,
    `two files of the size of "--rotate" are ${
      asked.size * 2
    } bytes, and "--max-total" is ${maxTotal}: make the one smaller or the other larger`,
  );
}

function limitsOf(values: OptionValues): Limits {
  const total = values.has("max-total") ? values.text("max-total") : undefined;
  const ageMs = values.has("max-age") ? values.duration("max-age") : undefined;
  return {
    ...(total !== undefined && { maxTotal: parseSize(total, MOST_STORAGE) }),
    ...(ageMs !== undefined && { maxAgeUs: ageMs * 1000 }),
  };
}

/** @throws ExitError 73 where rotation would give another name to a link, and not to the file. */
function refuseLink(system: Pick<System, "readLink">, path: string): void {
  let target: string;
  try {
    target = system.readLink(path);
  } catch {
    // It is none.
    return;
  }
  throw new ExitError(
    EXIT.cannotCreate,
    `"${path}" is a symbolic link, which "--rotate" would rename in place of the file: name the file itself, "${target}"`,
  );
}

/** @throws ExitError 64 when there are limits of files that are never done with. */
function refuseLimits(values: OptionValues): void {
  for (const option of ["max-total", "max-age"]) {
    if (values.has(option) && values.source(option) === "command line") {
      throw new ExitError(
        EXIT.usage,
        `the option "--${option}" goes with "--rotate" or a directory only`,
      );
    }
  }
}
