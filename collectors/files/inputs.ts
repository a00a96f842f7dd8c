/** The logs that operands of the command line name. */
import { expandGlob, isGlob } from "./glob.ts";
import { readProblem } from "./log_file.ts";
import { inputName } from "../input_name.ts";

/** A log to read. */
export interface Input {
  /** `-` is standard input. */
  readonly path: string;
}

/** What operands name. */
export interface Inputs {
  /** In the order of the operands; those of a pattern in the order of their names. Each file once. */
  readonly inputs: Input[];
  /** Why others cannot be read: sentences for people. */
  readonly problems: string[];
}

/**
 * Finds the logs that operands name: paths, patterns (`expandGlob`) of what has no such name itself, and `-`
 * for standard input. No pipe is opened.
 */
export function expandInputs(operands: readonly string[]): Inputs {
  const found = new Found();
  for (const operand of operands) {
    if (operand === "-" || !isGlob(operand)) found.add(operand);
    else found.addGlob(operand);
  }
  return { inputs: found.inputs, problems: [...found.problems] };
}

class Found {
  readonly inputs: Input[] = [];
  readonly problems = new Set<string>();
  readonly #known = new Set<string>();

  addGlob(pattern: string): void {
    const { paths, unreadable } = expandGlob(pattern);
    for (const path of paths) this.add(path);
    for (const { path, error } of unreadable) this.problems.add(readProblem(path, error));
    if (paths.length === 0 && unreadable.length === 0) {
      this.problems.add(`cannot read ${inputName(pattern)}: no file has such a name`);
    }
  }

  add(path: string): void {
    try {
      const identity = path === "-" ? path : identityOf(path);
      if (this.#known.has(identity)) return;
      this.#known.add(identity);
      this.inputs.push({ path });
    } catch (error) {
      this.problems.add(readProblem(path, error));
    }
  }
}

/** What tells a file from others. Throws where it cannot be read. */
function identityOf(path: string): string {
  const { isDirectory, isSocket, dev, ino } = Deno.statSync(path);
  if (isDirectory) {
    throw new Error(`it is a directory: name its files, as in ${JSON.stringify(inside(path))}`);
  }
  if (isSocket === true) throw new Error("it is a socket");
  return ino === null ? `path ${path}` : `${dev} ${ino}`;
}

function inside(directory: string): string {
  return directory.endsWith("/") ? `${directory}*` : `${directory}/*`;
}
