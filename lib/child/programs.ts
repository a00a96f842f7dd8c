/** Programs that may be at one of several places. */
import { EXIT, ExitError } from "../exit.ts";

/**
 * Does something with the first program that is there.
 *
 * @param programs Absolute paths.
 * @param remedy What to do where there is none: ends the error text.
 * @throws ExitError 69 when there is none, 77 when it may not be run. Other errors of `run` as they are.
 */
export async function withProgram<T>(
  programs: readonly string[],
  remedy: string,
  run: (program: string) => T | Promise<T>,
): Promise<T> {
  for (const program of programs) {
    try {
      return await run(program);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) continue;
      if (
        error instanceof Deno.errors.PermissionDenied || error instanceof Deno.errors.NotCapable
      ) throw new ExitError(EXIT.permission, `may not run "${program}": ${error.message}`);
      throw error;
    }
  }
  const where = programs.map((program) => `"${program}"`).join(" or ");
  throw new ExitError(EXIT.unavailable, `there is no ${where}: ${remedy}`);
}
