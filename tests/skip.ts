/** Tests that are skipped where they cannot run. In CI a skipped test counts as a failure. */

/** What is not there of these programs: `needs /usr/bin/python3`; undefined if all are. */
export function missing(programs: readonly string[]): string | undefined {
  for (const program of programs) {
    try {
      Deno.statSync(program);
    } catch {
      return `needs ${program}`;
    }
  }
  return undefined;
}

/** `Deno.test`, but with a reason the test is skipped, and its name says why. */
export function testUnless(
  reason: string | undefined,
  name: string,
  test: () => Promise<void>,
): void {
  const ignore = reason !== undefined;
  Deno.test({ name: ignore ? `${name} (skipped: ${reason})` : name, ignore, fn: test });
}
