/** What a user typed, inside an error text. */
import { quoteJson } from "../formats/escape.ts";

/** Characters that are enough to recognise a word. */
const ENOUGH = 60;

/** The text in quotation marks, cut where it is long, with everything that would not show escaped. */
export function quote(text: string): string {
  return quoteJson(text.length > ENOUGH ? text.slice(0, ENOUGH) + "..." : text);
}
