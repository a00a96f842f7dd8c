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
    const { commandLine, entityId } = process;
    if (commandLine === undefined) return process;
    const known = entityId === undefined ? undefined : this.#known.get(entityId);
    if (known?.given === process) return known.redacted;
    const redacted = known !== undefined && isSame(known.given.commandLine, commandLine)
      ? reused(process, commandLine, known)
      : without(process, redactArguments(commandLine));
    if (entityId !== undefined) {
      if (this.#known.size >= MAX_PROCESSES) this.#known.clear();
      this.#known.set(entityId, { given: process, redacted });
    }
    return redacted;
  }
}

/** A process whose command line is that of the one before. */
function reused(
  process: RecordedProcess,
  commandLine: readonly string[],
  { given, redacted }: Known,
): RecordedProcess {
  return given === redacted ? process : without(process, redacted.commandLine ?? commandLine);
}

function isSame(a: readonly string[] | undefined, b: readonly string[]): boolean {
  if (a?.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** The name of a process may be the beginning of its title. */
function without(process: RecordedProcess, commandLine: readonly string[]): RecordedProcess {
  const { name } = process;
  if (commandLine === process.commandLine) return process;
  return {
    ...process,
    commandLine,
    ...(name !== undefined && { name: redactArguments([name])[0] ?? name }),
  };
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
