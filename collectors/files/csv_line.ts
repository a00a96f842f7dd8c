/** One line of RFC 4180, without line breaks in it. */

const QUOTE = 34;
const COMMA = 44;

/** Where the closing quotation mark of the cell stands; -1 where there is none. Two of them are one of its text. */
function closingQuote(line: string, from: number): number {
  let at = line.indexOf('"', from);
  while (at >= 0 && line.charCodeAt(at + 1) === QUOTE) at = line.indexOf('"', at + 2);
  return at;
}

/**
 * The cells of a line; undefined where a quotation mark is not closed, or something stands behind it. A
 * quotation mark inside a cell that does not begin with one is text.
 */
export function splitCsvLine(line: string): string[] | undefined {
  if (!line.includes('"')) return line.split(",");
  const cells: string[] = [];
  for (let at = 0;; at++) {
    if (line.charCodeAt(at) === QUOTE) {
      const end = closingQuote(line, at + 1);
      if (end < 0) return undefined;
      const text = line.slice(at + 1, end);
      cells.push(text.includes('"') ? text.replaceAll('""', '"') : text);
      at = end + 1;
      if (at < line.length && line.charCodeAt(at) !== COMMA) return undefined;
    } else {
      const comma = line.indexOf(",", at);
      const end = comma < 0 ? line.length : comma;
      cells.push(line.slice(at, end));
      at = end;
    }
    if (at >= line.length) return cells;
  }
}
