/**
 * Types of the @std functions that connscribe uses. The npm package that `deno.json` maps `@std/*` to
 * carries no types; without these declarations every import of it would silently be `any`
 * (`lib/std_test.ts` guards against that).
 */

declare module "@std/cli/parse-args" {
  /** Options of {@linkcode parseArgs}, as far as they are used here. */
  export interface ParseOptions {
    boolean?: readonly string[];
    string?: readonly string[];
    collect?: readonly string[];
    alias?: Record<string, string>;
    "--"?: boolean;
    stopEarly?: boolean;
    unknown?: (arg: string, key?: string, value?: unknown) => unknown;
  }
  /** What was found: option values by name, operands under `_`, all after `--` under `"--"`. */
  export interface Args {
    [name: string]: unknown;
    _: (string | number)[];
    "--"?: string[];
  }
  export function parseArgs(args: readonly string[], options?: ParseOptions): Args;
}

declare module "@std/csv/stringify" {
  export interface StringifyOptions {
    headers?: boolean;
    separator?: string;
    columns?: readonly string[];
    bom?: boolean;
    quoteStyle?: "all" | "minimal";
  }
  export function stringify(
    data: readonly (readonly unknown[])[],
    options?: StringifyOptions,
  ): string;
}

declare module "@std/csv/parse" {
  export interface ParseOptions {
    separator?: string;
    skipFirstRow?: false;
    lazyQuotes?: boolean;
  }
  export function parse(input: string, options?: ParseOptions): string[][];
}

declare module "@std/text/closest-string" {
  /** The string of `possible` with the least edit distance to `given`. Throws when `possible` is empty. */
  export function closestString(given: string, possible: readonly string[]): string;
}

declare module "@std/toml/parse" {
  /** Throws a `SyntaxError` that names the line and column. */
  export function parse(toml: string): Record<string, unknown>;
}

declare module "@std/assert" {
  export class AssertionError extends Error {}
  export function assert(value: unknown, message?: string): asserts value;
  export function assertEquals<T>(actual: T, expected: T, message?: string): void;
  export function assertNotEquals<T>(actual: T, expected: T, message?: string): void;
  export function assertStrictEquals<T>(
    actual: unknown,
    expected: T,
    message?: string,
  ): asserts actual is T;
  export function assertExists<T>(actual: T, message?: string): asserts actual is NonNullable<T>;
  export function assertMatch(actual: string, expected: RegExp, message?: string): void;
  export function assertNotMatch(actual: string, expected: RegExp, message?: string): void;
  export function assertStringIncludes(actual: string, expected: string, message?: string): void;
  export function assertGreater<T>(actual: T, expected: T, message?: string): void;
  export function assertGreaterOrEqual<T>(actual: T, expected: T, message?: string): void;
  export function assertLess<T>(actual: T, expected: T, message?: string): void;
  export function assertThrows<E extends Error = Error>(
    fn: () => unknown,
    errorClass?: new (...args: never[]) => E,
    includes?: string,
    message?: string,
  ): E;
  export function assertRejects<E extends Error = Error>(
    fn: () => PromiseLike<unknown>,
    errorClass?: new (...args: never[]) => E,
    includes?: string,
    message?: string,
  ): Promise<E>;
}
