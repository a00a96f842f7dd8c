/** Logs for the tests of Zeek's formats. */

/** The lines of a log in fixtures/logs. */
export function linesOf(name: string): string[] {
  const text = Deno.readTextFileSync(new URL(`../../fixtures/logs/${name}`, import.meta.url));
  return text.trimEnd().split("\n");
}
