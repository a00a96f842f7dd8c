/** What is shown of malformed lines. */

/** So many of a log, or of a part of one, are shown at most. */
export const ERRORS_SHOWN = 1000;

/** Of one, so many characters are shown at most. */
export const ERROR_LENGTH = 200;

/**
 * A sentence that shows a malformed line.
 *
 * @param name What the log is called, in quotes.
 * @param at Where the line begins, bytes from the beginning of the log.
 */
export function malformedText(name: string, at: number, line: string): string {
  return `${name} at byte ${at} is malformed: ${JSON.stringify(line.slice(0, ERROR_LENGTH))}`;
}
