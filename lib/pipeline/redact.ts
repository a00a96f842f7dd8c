/** The stage that replaces secrets in command lines, before anything else sees the records. */
import type { RecordedProcess } from "../connection.ts";
import { redactArguments } from "../redact/arguments.ts";
import type { Batches } from "./stage.ts";

/** How many processes are remembered. */
const MAX_PROCESSES = 4096;

/** A process as it came last, and as it went. */
interface Known {
  readonly given: RecordedProcess;
  readonly redacted: RecordedProcess;
}

/** Redacts processes: a command line once, as long as it stays the same. */
export class Redactor {
  /** By entity id. The records of a batch share the object of a process; another batch has another one. */
  readonly #known = new Map<string, Known>();

  /** The process without secrets; the same object where it has none. */
  process(process: RecordedProcess): RecordedProcess {
    const { commandLine = [], entityId, name = "", parent: { name: parent = "" } = {} } = process;
    if (commandLine.length === 0 && !isLong(name) && !isLong(parent)) return process;
    const known = entityId === undefined ? undefined : this.#known.get(entityId);
    if (known?.given === process) return known.redacted;
    const words = redactedAs(commandLine, known) ?? redactArguments(commandLine);
    const redacted = withNames(
      words === commandLine ? process : { ...process, commandLine: words },
    );
    if (entityId !== undefined) {
      if (this.#known.size >= MAX_PROCESSES) this.#known.clear();
      this.#known.set(entityId, { given: process, redacted });
    }
    return redacted;
  }
}

/** What became of the same command line before. */
function redactedAs(
  commandLine: readonly string[],
  known: Known | undefined,
): readonly string[] | undefined {
  if (known === undefined || !isSame(known.given.commandLine ?? [], commandLine)) return undefined;
  const { given, redacted } = known;
  return given.commandLine === redacted.commandLine ? commandLine : redacted.commandLine;
}

function isSame(a: readonly string[], b: readonly string[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** The kernel keeps 15 bytes of a name; a longer one is from the arguments (`lib/procfs/name.ts`). */
const KERNEL_NAME = 15;

function isLong(name: string): boolean {
  return name.length > KERNEL_NAME;
}

/** The name of a process, or of its parent, may be the beginning of a title. */
function withNames(process: RecordedProcess): RecordedProcess {
  const { name, parent } = process;
  const own = withName(process, name);
  const parents = parent && withName(parent, parent.name);
  return parents === undefined || parents === parent ? own : { ...own, parent: parents };
}

function withName<Named extends { readonly name?: string }>(
  named: Named,
  name: string | undefined,
): Named {
  if (name === undefined || !isLong(name)) return named;
  const [redacted = name] = redactArguments([name]);
  return redacted === name ? named : { ...named, name: redacted };
}

/** Replaces secrets in the command lines of all records. */
export async function* redactStage(batches: Batches): Batches {
  const redactor = new Redactor();
  for await (const batch of batches) {
    for (let i = 0; i < batch.length; i++) {
      const connection = batch[i];
      if (connection?.process === undefined) continue;
      const process = redactor.process(connection.process);
      if (process !== connection.process) batch[i] = { ...connection, process };
    }
    yield batch;
  }
}
