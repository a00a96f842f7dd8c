/** Python as an independent reader of what the formats write. */

/** The system's own. */
export const PYTHON = "/usr/bin/python3";

/**
 * Runs a Python program on a text and gives what the program prints, read as JSON.
 * Throws an `Error` when the program fails.
 */
export async function runPython(program: string, input: string): Promise<unknown> {
  const child = new Deno.Command(PYTHON, {
    args: ["-I", "-c", program],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  // A program that fails stops reading: its own message says more than the broken pipe.
  const written = new Blob([input]).stream().pipeTo(child.stdin).catch(() => {});
  const [{ success, stdout, stderr }] = await Promise.all([child.output(), written]);
  if (!success) throw new Error(`python3 failed: ${new TextDecoder().decode(stderr)}`);
  return JSON.parse(new TextDecoder().decode(stdout));
}
