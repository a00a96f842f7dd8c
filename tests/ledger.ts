/** The account of all records that `--verbose` gives on the last line of stderr. */
import { assert, assertEquals } from "@std/assert";

/** Where the records of a run went. */
export interface Account {
  readonly read: number;
  readonly emitted: number;
  readonly filtered: number;
  readonly dropped: number;
  /** Of those that were dropped: how many by that reason. */
  reason(name: string): number;
}

/** Reads the account and asserts that it adds up: `read = emitted + folded + filtered + dropped`. */
export function accountOf(stderr: string): Account {
  const line = stderr.trimEnd().split("\n").at(-1) ?? "";
  const match = /read (\d+), emitted (\d+)(?:, folded (\d+))?, filtered (\d+), dropped (\d+)/
    .exec(line);
  assert(match, `no account of the records: ${line}`);
  const [, read = 0, emitted = 0, folded = 0, filtered = 0, dropped = 0] = match
    .map((number = "0") => Number(number));
  assertEquals(read, emitted + folded + filtered + dropped, line);
  const reason = (name: string) => Number(new RegExp(`${name} (\\d+)`).exec(line)?.[1] ?? 0);
  return { read, emitted, filtered, dropped, reason };
}
