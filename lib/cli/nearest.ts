/** Suggestions for words that were mistyped. */
import { closestString } from "@std/text/closest-string";

/** Beyond this many characters it was not a slip of the finger. */
const LONGEST = 40;

/**
 * The candidate that was probably meant: one that begins with the word, or else the nearest one by
 * edit distance, of which one character in three, three at most, may be wrong (two letters in the wrong
 * order count twice). Undefined if none is near.
 */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  if (word.length < 2 || word.length > LONGEST) return undefined;
  const longer = candidates.filter((candidate) => candidate.startsWith(word));
  if (longer.length === 1) return longer[0];
  // A stranger at exactly the largest distance allowed: what is farther away loses against it.
  const allowed = Math.min(3, Math.ceil(word.length / 3));
  const stranger = word + "\0".repeat(allowed);
  const closest = closestString(word, [...candidates, stranger]);
  return closest === stranger ? undefined : closest;
}

/** `: did you mean "NAME"?`, or nothing where no candidate is near. */
export function didYouMean(word: string, candidates: readonly string[], prefix = ""): string {
  const found = nearest(word, candidates);
  return found === undefined ? "" : `: did you mean "${prefix}${found}"?`;
}
