/** Property tests that fail where they have become vacuous. */
import fc from "fast-check";

/** Where the runs begin that are the same every time. */
const SEED = 1;

/**
 * Checks a property in `numRuns` runs: half of them are the same every time, the other half are of
 * a new seed. After the first half `assertCovered` asserts, by what the property has counted, that
 * these runs reach what they are for. That is a fact of the test and the code, not luck.
 */
export function assertCovering<T>(
  property: fc.IAsyncProperty<T>,
  options: { readonly numRuns: number },
  assertCovered: () => void,
): Promise<void>;
export function assertCovering<T>(
  property: fc.IProperty<T>,
  options: { readonly numRuns: number },
  assertCovered: () => void,
): void;
export function assertCovering<T>(
  property: fc.IProperty<T> | fc.IAsyncProperty<T>,
  options: { readonly numRuns: number },
  assertCovered: () => void,
): Promise<void> | void {
  const half = { numRuns: Math.ceil(options.numRuns / 2) };
  const first = fc.assert(property, { ...half, seed: SEED });
  const second = () => {
    assertCovered();
    return fc.assert(property, half);
  };
  return first === undefined ? second() : first.then(second);
}
