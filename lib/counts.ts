/** Counts by name. A name may be any text, `constructor` and `__proto__` too. */

/** Counts by name. */
export type Counts = Readonly<Record<string, number>>;

/** The count of that name; 0 where there is none. */
export function countOf(counts: Counts, name: string): number {
  return Object.hasOwn(counts, name) ? counts[name] ?? 0 : 0;
}

/** How much each count has grown; without those that have not. */
export function growth(now: Counts, before: Counts): Counts {
  const grown = Object.entries(now)
    .map(([name, count]): [string, number] => [name, count - countOf(before, name)]);
  return Object.fromEntries(grown.filter(([, more]) => more > 0));
}

/** Sum of all counts. */
export function sumOf(counts: Counts): number {
  let sum = 0;
  for (const count of Object.values(counts)) sum += count;
  return sum;
}
