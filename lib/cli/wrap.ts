/** Text in columns. */

/** Width of help texts, in columns. */
export const COLUMNS = 80;

/**
 * Breaks text at blanks into lines of at most `width` characters. A longer word has a line of its own
 * and stays whole.
 */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/\s+/)) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  if (line !== "") lines.push(line);
  return lines;
}

/** A paragraph, every line of it indented. */
export function indent(text: string, by: number): string[] {
  return wrap(text, COLUMNS - by).map((line) => " ".repeat(by) + line);
}

/**
 * Terms and what they mean in two columns; a term that is too wide for its column has a line of its own.
 *
 * @param widest Width of the first column at most.
 */
export function twoColumns(rows: readonly (readonly [string, string])[], widest = 26): string[] {
  const width = Math.max(0, ...rows.map(([term]) => term.length).filter((each) => each <= widest));
  const lines: string[] = [];
  for (const [term, meaning] of rows) {
    const [first = "", ...rest] = wrap(meaning, COLUMNS - width - 4);
    if (term.length > width) {
      lines.push(`  ${term}`);
      lines.push(" ".repeat(width + 4) + first);
    } else {
      lines.push(`  ${term.padEnd(width)}  ${first}`.trimEnd());
    }
    for (const line of rest) lines.push(" ".repeat(width + 4) + line);
  }
  return lines;
}
