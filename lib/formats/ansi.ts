/** Colours of a terminal: SGR sequences (ECMA-48 8.3.117) and nothing else. */

/** SGR parameters that are used. */
export const SGR = {
  bold: 1,
  dim: 2,
  red: 31,
  green: 32,
  yellow: 33,
  blue: 34,
  magenta: 35,
} as const;

/** Colours a text with one of {@linkcode SGR}. */
export type Paint = (sgr: number, text: string) => string;

/** A function that colours, or that gives the text back where colours are not wanted. */
export function createPaint(color: boolean): Paint {
  if (!color) return (_sgr, text) => text;
  return (sgr, text) => text === "" ? "" : `\x1b[${sgr}m${text}\x1b[0m`;
}
