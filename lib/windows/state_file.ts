/** The files of a state: how they are opened, locked and made. */
import { EXIT, ExitError } from "../exit.ts";
import { idPrefix } from "../id.ts";
import { ioErrorText } from "../sinks/io_error.ts";
import { MODE, openAdvice } from "../sinks/open_file.ts";
import type { StoredFile, System } from "../system.ts";
import { isoTime } from "../time.ts";
import {
  decodeState,
  encodeSlot,
  SLOT_SIZE,
  STATE_SIZE,
  type StateRecord,
} from "./state_record.ts";

/** A longer key is known by its hash, characters: it has to have room in the file. */
const LONGEST_KEY = 400;

/** A process id in the lock file, and its line feed. */
const PID_WIDTH = 10;

const NOTHING = new Uint8Array(0);

/** Units of a duration, in milliseconds. */
const UNITS = [["d", 86_400_000], ["h", 3_600_000], ["m", 60_000], ["s", 1000]] as const;

/** What a state needs of the system. */
export type StateSystem = Pick<System, "openStored" | "readFile" | "rename" | "syncDir">;

/** What windows are of. */
export interface WindowKind {
  /** Length of a window, microseconds. */
  readonly windowUs: number;
  /** What else makes them the same, such as source and fields, in words: a state is of one such kind. */
  readonly key: string;
}

/**
 * Writes, and turns what goes wrong into an error for the user.
 *
 * @throws {ExitError} 74
 */
export function writing(path: string, write: () => void): void {
  try {
    write();
  } catch (error) {
    throw new ExitError(EXIT.io, `cannot write "${path}": ${ioErrorText(error)}`);
  }
}

function openStored(system: StateSystem, path: string): StoredFile {
  try {
    return system.openStored(path, MODE);
  } catch (error) {
    const problem = ioErrorText(error) + openAdvice(error);
    throw new ExitError(EXIT.cannotCreate, `cannot open "${path}": ${problem}`);
  }
}

/**
 * Takes the lock of a state: that of a file of its own, which stays.
 *
 * @throws {ExitError} 75 while another run has it, 73 if the file cannot be opened, 74 if it cannot be written.
 */
export function openLock(system: StateSystem, statePath: string): StoredFile {
  const path = `${statePath}.lock`;
  const lock = openStored(system, path);
  try {
    let isFree = false;
    writing(path, () => {
      isFree = lock.tryLock();
      if (isFree) lock.writeAt(0, encodePid(Deno.pid));
    });
    if (isFree) return lock;
    throw new ExitError(
      EXIT.temporary,
      `"${statePath}" is locked${holderOf(system, path)}: ` +
        "another run is at work; wait until it has ended, or start runs less often",
    );
  } catch (error) {
    lock.close();
    throw error;
  }
}

function encodePid(pid: number): Uint8Array {
  return new TextEncoder().encode(`${String(pid).padEnd(PID_WIDTH)}\n`);
}

/** ` by process 123`, if the lock file tells. */
function holderOf(system: StateSystem, path: string): string {
  try {
    const text = new TextDecoder().decode(system.readFile(path));
    const [, pid] = /^(\d{1,10}) *\n$/.exec(text) ?? [];
    return pid === undefined ? "" : ` by process ${pid}`;
  } catch {
    return "";
  }
}

/**
 * Opens the file of a state, and makes it where there is none that can be read.
 *
 * @returns The file, and the latest record that is whole.
 * @throws {ExitError} 73 if it cannot be opened, 74 if it cannot be made, 78 if it is the state of windows of
 * another kind, or no state at all and too large for one.
 */
export function openState(
  system: StateSystem,
  path: string,
  asked: WindowKind,
  warn: (message: string) => void,
): { file: StoredFile; record: StateRecord } {
  const { windowUs } = asked;
  const key = asked.key.length > LONGEST_KEY ? idPrefix("key", asked.key) : asked.key;
  const file = openStored(system, path);
  try {
    if (file.size === undefined || file.size > STATE_SIZE) {
      throw new ExitError(EXIT.config, `"${path}" is not a state of connscribe: name another file`);
    }
    const { latest, isDamaged } = decodeState(file.isNew ? NOTHING : system.readFile(path));
    if (latest !== undefined) {
      checkKind(path, latest, { windowUs, key });
      if (isDamaged) warn(damaged(path, latest));
      return { file, record: latest };
    }
    if (!file.isNew) setAside(system, path, file, warn);
  } catch (error) {
    file.close();
    throw error;
  }
  const record = { sequence: 0, windowUs, key, records: 0 };
  if (file.size === 0) return { file: begun(system, path, file, record), record };
  file.close();
  return { file: begun(system, path, openStored(system, path), record), record };
}

/** Keeps what stands in the place of a state, and says so. */
function setAside(
  system: StateSystem,
  path: string,
  file: StoredFile,
  warn: (message: string) => void,
): void {
  if (file.size === 0) return warn(`the state "${path}" is empty: beginning as on a first run`);
  const bad = `${path}.bad`;
  writing(bad, () => system.rename(path, bad));
  warn(`"${path}" holds no state that can be read: kept as "${bad}"; beginning as on a first run`);
}

/** Writes the first record. */
function begun(
  system: StateSystem,
  path: string,
  file: StoredFile,
  record: StateRecord,
): StoredFile {
  // Both slots at once: later writes need no more room on the disk.
  const bytes = new Uint8Array(STATE_SIZE);
  bytes.set(encodeSlot(record));
  bytes.set(encodeSlot(), SLOT_SIZE);
  try {
    writing(path, () => {
      file.writeAt(0, bytes);
      system.syncDir(directoryOf(path));
    });
  } catch (error) {
    file.close();
    throw error;
  }
  return file;
}

function damaged(path: string, { done }: StateRecord): string {
  const until = done === undefined ? "before the first run" : `up to ${isoTime(done)}`;
  return `a record of "${path}" is damaged, as after a crash: the other one counts, ${until}`;
}

function directoryOf(path: string): string {
  const end = path.lastIndexOf("/");
  return end < 0 ? "." : path.slice(0, end) || "/";
}

/** The kind of windows that the state is of must be the one that is asked for. */
function checkKind(
  path: string,
  state: StateRecord,
  asked: WindowKind,
): void {
  const remedy = "name another file, or remove this one to begin as on a first run";
  if (state.windowUs !== asked.windowUs) {
    const [is, wanted] = [windowText(state.windowUs), windowText(asked.windowUs)];
    throw new ExitError(
      EXIT.config,
      `the state "${path}" is of windows of ${is}, not of ${wanted}: give "--window ${is}", ${remedy}`,
    );
  }
  if (state.key !== asked.key) {
    throw new ExitError(
      EXIT.config,
      `the state "${path}" is of "${state.key}", not of "${asked.key}": ` +
        `give the options of the runs before, ${remedy}`,
    );
  }
}

/** As `--window` takes it: `5m`. */
function windowText(windowUs: number): string {
  const ms = windowUs / 1000;
  const [unit, factor] = UNITS.find(([, factor]) => ms % factor === 0) ?? ["ms", 1];
  return `${ms / factor}${unit}`;
}
