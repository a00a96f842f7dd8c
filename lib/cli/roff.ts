/** Text in the language of manual pages: man(7), groff_char(7). */

/** Characters that roff would read as something else, and how to write them. */
const SPECIAL: Readonly<Record<string, string>> = {
  "\\": "\\e",
  "-": "\\-",
  "'": "\\(aq",
  "`": "\\(ga",
  "^": "\\(ha",
  "~": "\\(ti",
  '"': "\\(dq",
};

function escapeCharacter(character: string): string {
  const special = SPECIAL[character];
  if (special !== undefined) return special;
  const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase();
  return `\\[u${code.padStart(4, "0")}]`;
}

/**
 * Text as it may stand anywhere in a page: in a line of its own or as an argument of a macro between
 * quotation marks. Line breaks become blanks; other control characters are left out.
 */
export function roff(text: string): string {
  const line = text.replace(/\s+/g, " ").replace(/\p{Cc}/gu, "");
  const escaped = line.replace(/[\\\-'`^~"]|[^\x20-\x7e]/gu, escapeCharacter);
  // A line that begins with a dot is a request; a zero-width character makes it text.
  return escaped.startsWith(".") ? "\\&" + escaped : escaped;
}

/** Text in bold face. */
export function bold(text: string): string {
  return `\\fB${roff(text)}\\fR`;
}

/** Text in italic face. */
export function italic(text: string): string {
  return `\\fI${roff(text)}\\fR`;
}
