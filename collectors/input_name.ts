/** What is read, for people. */

/** The name of a file, or of standard input, whose path is `-`. */
export function inputName(path: string): string {
  return path === "-" ? "standard input" : JSON.stringify(path);
}
