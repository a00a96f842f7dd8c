/** What tests of the command line share. */
import type { Output } from "../system.ts";

/** An output that keeps what it is given, a few bytes at a time, as a pipe may do. */
export class MemoryOutput implements Output {
  readonly isTerminal = false;
  text = "";

  /** @param failure What every write throws. */
  constructor(readonly failure?: Error) {}

  write(bytes: Uint8Array): number {
    if (this.failure !== undefined) throw this.failure;
    const taken = bytes.subarray(0, 7);
    this.text += new TextDecoder().decode(taken);
    return taken.length;
  }
}

/** Whether the program is installed. */
export function isInstalled(program: string): boolean {
  try {
    new Deno.Command(program, { args: ["--version"], stdout: "null", stderr: "null" }).outputSync();
    return true;
  } catch {
    return false;
  }
}

/** Runs a program on an input file that holds `text`, and gives what it says. */
export function runOn(
  program: string,
  args: (file: string) => readonly string[],
  text: string,
): { readonly success: boolean; readonly stdout: string; readonly stderr: string } {
  const file = Deno.makeTempFileSync();
  try {
    Deno.writeTextFileSync(file, text);
    const command = new Deno.Command(program, { args: [...args(file)], stdin: "null" });
    const { success, stdout, stderr } = command.outputSync();
    const decoder = new TextDecoder();
    return { success, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
  } finally {
    Deno.removeSync(file);
  }
}
