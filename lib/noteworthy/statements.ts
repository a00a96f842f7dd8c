/**
 * Cuts a TOML text into statements: headers and pairs of key and value, each with its line. The parser
 * of TOML tells no lines of what it has understood, so each statement is parsed by itself.
 */

/** One header or one pair, with its comment. */
export interface Statement {
  /** All of its lines, with the last line break. */
  readonly text: string;
  /** Line that it begins on, counted from 1. */
  readonly line: number;
  /** Equals signs outside of strings, lists and tables: more than one is two pairs on one line. */
  readonly equals: number;
}

const QUOTES = ['"""', "'''", '"', "'"];

/** Where the string that begins at `at` ends. One that is not closed ends with its line, or the text. */
function endOfString(text: string, at: number, quote: string): number {
  const escapes = quote.startsWith('"');
  const multiline = quote.length === 3;
  let i = at + quote.length;
  while (i < text.length) {
    if (escapes && text[i] === "\\") i += text[i + 1] === "\n" && !multiline ? 1 : 2;
    else if (!multiline && text[i] === "\n") return i;
    else if (text.startsWith(quote, i)) return endOfQuotes(text, i + quote.length, quote);
    else i++;
  }
  return text.length;
}

/** A multi-line string may end in up to two quotation marks of its own. */
function endOfQuotes(text: string, end: number, quote: string): number {
  if (quote.length === 1) return end;
  let i = end;
  while (i < end + 2 && text[i] === quote[0]) i++;
  return i;
}

function endOfLine(text: string, at: number): number {
  const end = text.indexOf("\n", at);
  return end < 0 ? text.length : end;
}

/** Reads one statement from `at`, which is not blank. */
function readStatement(text: string, at: number, line: number): Statement {
  let depth = 0;
  let equals = 0;
  let i = at;
  for (; i < text.length; i++) {
    const character = text[i];
    if (character === "\n" && depth <= 0) break;
    if (character === "#") i = endOfLine(text, i) - 1;
    else if (character === "[" || character === "{") depth++;
    else if (character === "]" || character === "}") depth--;
    else if (character === "=" && depth === 0) equals++;
    else if (character === '"' || character === "'") {
      const quote = QUOTES.find((each) => text.startsWith(each, i)) ?? character;
      i = endOfString(text, i, quote) - 1;
    }
  }
  return { text: text.slice(at, i + 1), line, equals };
}

/** The statements of a TOML text, without blank lines and comments between them. Never throws. */
export function* statements(text: string): Generator<Statement> {
  let line = 1;
  let at = 0;
  while (at < text.length) {
    const character = text[at];
    if (character === "\n") {
      line++;
      at++;
    } else if (character === "#") at = endOfLine(text, at);
    else if (character === " " || character === "\t" || text.startsWith("\r\n", at)) at++;
    else {
      const statement = readStatement(text, at, line);
      yield statement;
      at += statement.text.length;
      for (const each of statement.text) if (each === "\n") line++;
    }
  }
}
