/** Python as an independent reader of what the formats write. */

/**
 * Runs a Python program on a text and gives what the program prints, read as JSON.
 * Throws an `Error` when there is no `python3`, or when the program fails.
 */
export async function runPython(program: string, input: string): Promise<unknown> {
  const command = new Deno.Command("python3", {
    args: ["-I", "-c", program],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  });
  let child: Deno.ChildProcess;
  try {
    child = command.spawn();
  } catch (error) {
    throw new Error("this test needs python3 in PATH (3.8 or later): install it", { cause: error });
  }
  // A program that fails stops reading: its own message says more than the broken pipe.
  const written = new Blob([input]).stream().pipeTo(child.stdin).catch(() => {});
  const [{ success, stdout, stderr }] = await Promise.all([child.output(), written]);
  if (!success) throw new Error(`python3 failed: ${new TextDecoder().decode(stderr)}`);
  return JSON.parse(new TextDecoder().decode(stdout));
}
