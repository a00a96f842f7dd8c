/** What is kept of a process: which life of its pid it is, what it runs, and whose child it is. */
import { baseName } from "../../lib/executable_path.ts";
import type { ParentProcess, ProcessIdentity } from "../../lib/connection.ts";
import type { ForkEvent } from "./event.ts";
import type { Owner } from "./happening.ts";
import type { Birth, Reading } from "./readings.ts";

/** What exec may change, or the process itself. */
export type Program = Omit<ProcessIdentity, "pid" | "start" | "parent" | "entityId">;

/**
 * A process image, as execve(2) makes one. A fork shares it: the child runs what its parent runs.
 */
export interface Image {
  /** Path that was given to execve(2); absent where its exec was not seen. */
  readonly filename?: string;
  /** When it was executed, microseconds since the epoch; absent where that was not seen. */
  readonly since?: number;
  /** `comm` at the fork, where nothing else is known. */
  readonly comm?: string;
  /** All there is to know; absent while it was not read. */
  program?: Program;
  /** When {@linkcode program} was read: microseconds since the epoch. */
  readAt: number;
  /** Why {@linkcode program} may say too much of events before {@linkcode readAt}. */
  late?: string;
  /** What ran before its exec, of which user, group, unit and namespace remain. */
  origin?: Program;
  /** What is said while there is no {@linkcode program}. */
  stand?: Program;
}

/** One life of a pid. */
export interface Life {
  readonly pid: number;
  /**
   * Between which clock ticks it began: one tick where /proc has said it, and a second up to the time of
   * its fork where that was seen; from -Infinity where neither is known.
   */
  minTicks: number;
  maxTicks: number;
  /** Absent until it is asked for, and where it is not known. */
  birth?: Birth;
}

/** A process at the moment when it had a child. */
export interface Kin {
  readonly life: Life;
  readonly image: Image;
  process?: ParentProcess;
}

/** A process. */
export interface ProcessEntry {
  readonly life: Life;
  image: Image;
  /** Whether the image is its parent's: it has not been read and has not executed anything. */
  inherited: boolean;
  /** Whether there is nothing more to find out until its next exec. */
  settled: boolean;
  /** Itself as a parent; absent until it is one with its present image. */
  kin?: Kin;
  /** Who made it; as /proc has it where its fork was not seen. */
  parent?: Kin | ParentProcess;
  /** When its first thread ended, in clock ticks. */
  ended?: number;
  /** What was given out. */
  identity?: ProcessIdentity;
  identityOf?: Program;
  owner?: Owner;
}

/** The kernel keeps 15 bytes of a name (TASK_COMM_LEN, with its final NUL). */
const NAME_BYTES = 15;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** What `comm` is after an exec: the base name, cut (begin_new_exec in fs/exec.c). */
export function commOf(filename: string): string {
  const base = filename.slice(filename.lastIndexOf("/") + 1);
  const bytes = encoder.encode(base);
  return bytes.length <= NAME_BYTES ? base : decoder.decode(bytes.subarray(0, NAME_BYTES));
}

/** Paths that name a descriptor or a link of /proc tell nothing of the file behind them. */
function indirect(filename: string): boolean {
  return filename === "" || filename.startsWith("/proc/") || filename.startsWith("/dev/fd/");
}

/** Path of an executable without the kernel's note that it is deleted. */
function pathOf(executable: string | undefined): string | undefined {
  return executable?.replace(/ \(deleted\)$/, "");
}

/**
 * Whether what was read may be what the exec of a file has made: by the name, the executable, `argv[0]`,
 * or, of a script, by an argument.
 */
function executes(filename: string, { name, executable, commandLine = [] }: Program): boolean {
  if (indirect(filename)) return true;
  const base = baseName(filename);
  if (commOf(name) === commOf(filename)) return true;
  const path = pathOf(executable);
  if (path !== undefined && baseName(path) === base) return true;
  const [first = ""] = commandLine;
  // A script comes after its interpreter and perhaps an argument of that.
  return baseName(first) === base || commandLine.slice(1, 3).includes(filename);
}

/** Whether what was read may be this image. */
export function runs(image: Image, program: Program): boolean {
  if (image.filename !== undefined) return executes(image.filename, program);
  return image.program === undefined ||
    pathOf(image.program.executable) === pathOf(program.executable);
}

/** What a reading says of the program. */
function programOf({ identity }: Reading): Program {
  const { pid: _pid, start: _start, parent: _parent, entityId: _id, ...program } = identity;
  return program;
}

function sameArguments(a: readonly string[] = [], b: readonly string[] = []): boolean {
  return a.length === b.length && a.every((argument, index) => argument === b[index]);
}

/** Whether two programs are the same. */
export function samePrograms(a: Program, b: Program): boolean {
  return a.name === b.name && a.executable === b.executable && a.uid === b.uid && a.gid === b.gid &&
    a.cgroup === b.cgroup && a.netns === b.netns && a.commandLineBytes === b.commandLineBytes &&
    a.user === b.user && sameArguments(a.commandLine, b.commandLine);
}

/** The program with the arguments of another one, where they are the same: so they are kept once. */
function sharing(program: Program, other: Program | undefined): Program {
  const { commandLine } = other ?? {};
  if (commandLine === undefined || program.commandLine === undefined) return program;
  return sameArguments(commandLine, program.commandLine) ? { ...program, commandLine } : program;
}

/** What can be told of an exec whose process was never read. */
function executed(filename: string, origin: Program | undefined): Program {
  const { executable, commandLine: _argv, commandLineBytes: _bytes, name: _name, ...kept } =
    origin ?? { name: "" };
  const path = filename === "/proc/self/exe" ? executable : filename;
  const known = path !== undefined && path.startsWith("/") && !indirect(path);
  return { name: commOf(filename), ...(known && { executable: path }), ...kept };
}

/** What the image runs, as far as it is known; undefined where nothing is. */
export function programIn(image: Image): Program | undefined {
  if (image.program !== undefined || image.stand !== undefined) return image.program ?? image.stand;
  if (image.filename !== undefined) image.stand = executed(image.filename, image.origin);
  else if (image.comm !== undefined) image.stand = { name: image.comm };
  return image.stand;
}

/** Whether a reading may be of this life: it began when this one did. */
export function fits({ minTicks, maxTicks }: Life, startTicks: number): boolean {
  return startTicks >= minTicks && startTicks <= maxTicks;
}

/**
 * The image that a child has from its parent. Where it was read after the fork, the child may never have
 * run what the parent did then.
 */
function inheritedImage(image: Image, time: number): Image {
  return image.late !== undefined && time < image.readAt ? { ...image, readAt: Infinity } : image;
}

/** By how much a process may begin before its fork is traced, in clock ticks. */
const FORK_TICKS = 100;

/**
 * The life of a process whose fork is traced at a tick.
 *
 * @param ended When the one ended that had the pid before; Infinity where that was not traced, so that
 * a reading may be of that one.
 */
export function forkedLife(pid: number, ticks: number, ended: number | undefined): Life {
  const earliest = ended === Infinity ? ticks - 1 : ended ?? -Infinity;
  return { pid, minTicks: Math.max(ticks - FORK_TICKS, earliest), maxTicks: ticks };
}

/** The process as it is now, as the parent of a child. */
function kinOf(entry: ProcessEntry): Kin {
  return entry.kin ??= { life: entry.life, image: entry.image };
}

/** Takes over when a process began, and no more. */
export function bear({ life }: ProcessEntry, { startTicks, identity }: Reading): void {
  life.minTicks = startTicks;
  life.maxTicks = startTicks;
  life.birth = { start: identity.start, entityId: identity.entityId };
}

/** Takes over what was read of a process and of its present image. */
export function learn(entry: ProcessEntry, reading: Reading): void {
  bear(entry, reading);
  entry.settled = true;
  const { image } = entry;
  const read = programOf(reading);
  if (reading.identity.parent !== undefined) entry.parent ??= reading.identity.parent;
  // Of one that has ended, the kernel keeps neither the executable nor the arguments.
  const ended = read.executable === undefined && read.commandLine === undefined;
  if (ended && image.filename !== undefined) {
    image.origin = { ...image.origin, ...read };
    delete image.stand;
    return;
  }
  if (ended && image.program?.executable !== undefined) return;
  const same = image.program !== undefined && samePrograms(image.program, read);
  if (same && !entry.inherited) return;
  const program = same ? image.program ?? read : sharing(read, image.program ?? image.origin);
  if (entry.inherited) {
    entry.image = { program, readAt: reading.at };
    entry.inherited = false;
    delete entry.kin;
    return;
  }
  image.program = program;
  image.readAt = reading.at;
  delete image.origin;
}

/** One of which nothing is known but that it was there. @param maxTicks When it began at the latest. */
export function stranger(pid: number, maxTicks: number): ProcessEntry {
  const life: Life = { pid, minTicks: -Infinity, maxTicks };
  return { life, image: { readAt: 0 }, inherited: false, settled: false };
}

/** The image of one that has executed a file. @param time Microseconds since the epoch. */
export function executedImage(before: Image, filename: string, time: number): Image {
  const origin = before.program ?? before.origin;
  return { filename, since: time, readAt: 0, ...(origin !== undefined && { origin }) };
}

/** A child that runs what its parent does. @param parent Undefined where it is not known. */
export function forked(
  parent: ProcessEntry | undefined,
  life: Life,
  { comm, time }: Pick<ForkEvent, "comm" | "time">,
): ProcessEntry {
  return {
    life,
    image: parent === undefined ? { comm, readAt: 0 } : inheritedImage(parent.image, time),
    inherited: true,
    settled: false,
    ...(parent !== undefined && { parent: kinOf(parent) }),
  };
}

/** A process, or the answer where there is none. */
export type Found = ProcessEntry | Owner;

/** Whether there is one. */
export function isProcess(found: Found): found is ProcessEntry {
  return "life" in found;
}
