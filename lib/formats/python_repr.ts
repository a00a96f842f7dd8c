/** Python's way to write strings and lists of strings. */

/** What `str.isprintable()` refuses: all separators but the blank, and all of category C. */
const NOT_PRINTABLE = /[\p{C}\p{Z}]/u;
const NOT_PRINTABLE_OR_BACKSLASH = /[\\\p{C}\p{Z}]/gu;
const PLAIN = /^[ -&(-[\]-~]*$/;

function escapeCharacter(character: string): string {
  if (character === " ") return " ";
  if (character === "\\") return "\\\\";
  if (character === "\n") return "\\n";
  if (character === "\r") return "\\r";
  if (character === "\t") return "\\t";
  const code = character.codePointAt(0) ?? 0;
  if (code <= 0xff) return "\\x" + code.toString(16).padStart(2, "0");
  if (code <= 0xffff) return "\\u" + code.toString(16).padStart(4, "0");
  return "\\U" + code.toString(16).padStart(8, "0");
}

/** `repr(text)`: in single quotes, or in double ones when the text has single quotes only. */
export function pythonRepr(text: string): string {
  if (PLAIN.test(text)) return `'${text}'`;
  const body = NOT_PRINTABLE.test(text) || text.includes("\\")
    ? text.replace(NOT_PRINTABLE_OR_BACKSLASH, escapeCharacter)
    : text;
  if (!text.includes("'")) return `'${body}'`;
  return text.includes('"') ? `'${body.replaceAll("'", "\\'")}'` : `"${body}"`;
}

/** `repr(list)` of a list of strings: `['a', "it's"]`. */
export function pythonListRepr(texts: readonly string[]): string {
  return "[" + texts.map(pythonRepr).join(", ") + "]";
}

/** `str(float)` for numbers between 0.0001 and 1e16, and 0: `1.0`, `1658892270.25`. */
export function pythonFloat(number: number): string {
  return Number.isInteger(number) ? `${number}.0` : String(number);
}
