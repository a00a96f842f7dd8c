/**
 * One visible, reversible way to write text that may hold anything, for the formats of lines.
 * What is escaped: the backslash, control characters (C0, DEL, C1), line and paragraph separators,
 * invisible format characters (bidirectional controls, zero width space, byte order mark, tags;
 * Unicode category Cf) and lone surrogates. All else stays: also emoji and the joiners inside them.
 */

/** Printable ASCII without a backslash: by far the most common, and quick to test for. */
const PLAIN = /^[ -[\]-~]*$/;
/** What is not printable ASCII, and what JSON escapes: looking for one is quicker than testing that all are plain. */
const SPECIAL_IN_JSON = /[^ !#-[\]-~]/;
const HIDDEN = /[[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]--[\u200c\u200d]]/v;
const ALL_HIDDEN = /[[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]--[\u200c\u200d]]/gv;
const ALL_HIDDEN_OR_BACKSLASH = /[[\\\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]--[\u200c\u200d]]/gv;

/** Characters that mean something to a shell, and every kind of blank. */
const SHELL_SPECIAL = /[\s"'`$&|;<>()[\]{}*?!#\\~]/;

const ESCAPE = /\\(?:\\|n|r|t|x([0-9a-f]{2})|u([0-9a-f]{4})|U([0-9a-f]{8}))/g;

function escapeCharacter(character: string): string {
  if (character === "\\") return "\\\\";
  if (character === "\n") return "\\n";
  if (character === "\r") return "\\r";
  if (character === "\t") return "\\t";
  const code = character.codePointAt(0) ?? 0;
  if (code <= 0xff) return "\\x" + code.toString(16).padStart(2, "0");
  if (code <= 0xffff) return "\\u" + code.toString(16).padStart(4, "0");
  return "\\U" + code.toString(16).padStart(8, "0");
}

/**
 * Escapes what would not show, with the escapes of a Python string literal: `\\`, `\n`, `\r`, `\t`,
 * `\xHH`, `\uHHHH`, `\UHHHHHHHH`. The result has no control character and no line break, and
 * {@linkcode unescapeControl} gives the text back.
 */
export function escapeControl(text: string): string {
  return escapeHidden(text, escapeCharacter);
}

/** {@linkcode escapeControl} with other escapes, given a character at a time. */
export function escapeHidden(text: string, escape: (character: string) => string): string {
  return PLAIN.test(text) ? text : text.replace(ALL_HIDDEN_OR_BACKSLASH, escape);
}

/**
 * {@linkcode escapeControl} for messages to people: text in which all would show stays as it is, backslashes
 * included.
 */
export function escapeMessage(text: string): string {
  return HIDDEN.test(text) ? escapeControl(text) : text;
}

/** The inverse of {@linkcode escapeControl}. What is not an escape stays as it is. */
export function unescapeControl(text: string): string {
  return text.replace(ESCAPE, (escape, two?: string, four?: string, eight?: string) => {
    const digits = two ?? four ?? eight;
    if (digits !== undefined) {
      const code = parseInt(digits, 16);
      return code <= 0x10ffff ? String.fromCodePoint(code) : escape;
    }
    return escape === "\\n" ? "\n" : escape === "\\r" ? "\r" : escape === "\\t" ? "\t" : "\\";
  });
}

/**
 * The text as a word of a shell's command line: as it is where that is safe, else `'…'`, and
 * `$'…'` (bash, zsh, ksh) where something would not show or is a single quote. So a line of words
 * apart by blanks stays apart.
 */
export function quoteWord(text: string): string {
  if (HIDDEN.test(text) || text.includes("'")) {
    return "$'" + escapeControl(text).replaceAll("'", "\\'") + "'";
  }
  return text === "" || SHELL_SPECIAL.test(text) ? `'${text}'` : text;
}

function escapeInJson(character: string): string {
  let escaped = "";
  for (let i = 0; i < character.length; i++) {
    escaped += "\\u" + character.charCodeAt(i).toString(16).padStart(4, "0");
  }
  return escaped;
}

/**
 * The text as a JSON string literal (RFC 8259) in which everything that would not show is escaped
 * too, so that no terminal takes it for a command. `JSON.parse` gives the text back, but for halves of
 * surrogate pairs, which become U+FFFD: databases refuse them.
 */
export function quoteJson(text: string): string {
  if (!SPECIAL_IN_JSON.test(text)) return '"' + text + '"';
  return JSON.stringify(text.toWellFormed()).replace(ALL_HIDDEN, escapeInJson);
}
