/** What the live tests share: when they can run, and how they find a socket in what was written. */
import { assert, assertEquals } from "@std/assert";
import { PYTHON } from "../program.ts";
import { missing, testUnless } from "../skip.ts";
import type { SocketFacts } from "../actor.ts";
import { type RecordFormat, type Row, type Snapshot, snapshots } from "../read_back.ts";

/** Programs that the live tests use. */
const PROGRAMS = [PYTHON, "/usr/bin/nsenter", "/usr/bin/unshare", "/usr/bin/setpriv"] as const;

function reasonToSkip(): string | undefined {
  if (Deno.build.os !== "linux") return "needs Linux";
  return Deno.uid() === 0 ? missing(PROGRAMS) : "needs root";
}

const SKIP = reasonToSkip();

/** A test against this kernel; skipped where it cannot run. */
export function liveTest(name: string, test: () => Promise<void>): void {
  testUnless(SKIP, name, test);
}

/** Formats that say which event a record is. */
export function saysEvents(format: RecordFormat): boolean {
  return format !== "lognet";
}

/** Whether the row has these ends. */
export function isBetween(
  row: Row,
  local: readonly [string, number],
  remote?: readonly [string, number],
): boolean {
  const same = (end: Row["local"] | null, wanted: readonly [string, number]) =>
    end !== null && end[0] === wanted[0] && end[1] === wanted[1];
  return same(row.local, local) &&
    (remote === undefined ? row.remote === null : same(row.remote, remote));
}

/** The only row with these ends; throws when there is none or there are several. */
export function rowOf(
  { format, rows, stdout }: Pick<Snapshot, "format" | "rows" | "stdout">,
  facts: Pick<SocketFacts, "local" | "remote">,
  protocol = "tcp",
): Row {
  const found = rows.filter((row) =>
    row.protocol === protocol && isBetween(row, facts.local, facts.remote)
  );
  const what = `${protocol} ${facts.local.join(" port ")}`;
  assertEquals(found.length, 1, `${format}: rows of ${what} in\n${stdout}`);
  const [row] = found;
  assert(row);
  return row;
}

/** What a test expects of a socket's record. */
export interface Expected {
  readonly facts: Pick<SocketFacts, "pid" | "local" | "remote">;
  readonly protocol?: string;
  /** Not in `lognet`. */
  readonly event?: string;
  readonly direction?: string;
  readonly initiator?: string | null;
  readonly state?: string;
  readonly name?: string;
  readonly argv?: readonly string[];
}

/** Asserts that a snapshot has exactly one record of the socket, with the right process. */
export function assertRecord(snapshot: Snapshot, expected: Expected): Row {
  const { facts, protocol, event, direction, initiator, state, name, argv } = expected;
  const { format } = snapshot;
  const row = rowOf(snapshot, facts, protocol);
  assertEquals(row.pid, facts.pid, `${format}: pid`);
  if (state !== undefined && (format !== "lognet" || protocol !== "udp")) {
    assertEquals(row.state?.split(",")[0], state, `${format}: state`);
  }
  if (name !== undefined) assertEquals(row.name, name, `${format}: name`);
  if (argv !== undefined) assertEquals(row.argv, argv, `${format}: argv`);
  if (!saysEvents(format)) return row;
  if (event !== undefined) assertEquals(row.event, event, `${format}: event`);
  if (direction !== undefined) assertEquals(row.direction, direction, `${format}: direction`);
  if (initiator !== undefined) assertEquals(row.initiator, initiator, `${format}: initiator`);
  return row;
}

/** Takes a snapshot in every format and asserts all of that of each of them. */
export async function assertEverywhere(expected: readonly Expected[]): Promise<Snapshot[]> {
  const taken = await snapshots();
  for (const snapshot of taken) {
    for (const each of expected) assertRecord(snapshot, each);
  }
  return taken;
}

/** The field of an ndjson record, by its path: `connscribe.attribution.kind`. */
export function fieldOf(row: Row, path: string): unknown {
  let value: unknown = row.whole;
  for (const name of path.split(".")) {
    value = typeof value === "object" && value !== null
      ? Object.entries(value).find(([key]) => key === name)?.[1]
      : undefined;
  }
  return value;
}
