/**
 * Makes the kernel track the connections of this network namespace, for as long as that is wanted: with
 * one nftables table of our own (nft(8)). Its rule only has to be there; no packet ever comes to it, for
 * nothing jumps to its chain.
 */
import type { Level } from "../../lib/collector.ts";
import { EXIT, ExitError } from "../../lib/exit.ts";
import type { RunResult, System } from "../../lib/system.ts";
import { withProgram } from "../../lib/child/programs.ts";

const INSTALL =
  "install nftables, or add a rule that uses connection tracking by other means, with iptables for one";

const OWN_TABLE = /^table inet (connscribe_([1-9]\d{0,9}))$/;
const NOT_PERMITTED = /Operation not permitted|Permission denied|must be root/;

/** What {@linkcode activateTracking} needs. */
export interface ActivationOptions {
  readonly system: Pick<System, "run">;
  /** Absolute paths of nft: the first one that is there is used. */
  readonly programs: readonly string[];
  /** Process id of connscribe: it is part of the table's name. */
  readonly pid: number;
  /** Whether there is a process with that id: its table is left alone. */
  readonly alive: (pid: number) => boolean;
  /** Tells what was added and removed. */
  readonly report: (level: Level, message: string) => void;
}

/** The table, while it is there. */
export interface Activation extends AsyncDisposable {
  /** Its name, in the family inet. */
  readonly table: string;
}

/**
 * Adds the table, so that connections over IPv4 and IPv6 are tracked, and removes those of dead processes.
 * Whoever is given the activation disposes of it: then the table goes.
 *
 * @throws ExitError 69 when there is no nft or it fails, 77 when it may not be run or not change rules.
 */
export async function activateTracking(options: ActivationOptions): Promise<Activation> {
  const { pid, alive, report } = options;
  const table = `connscribe_${pid}`;
  const leftovers: string[] = [];
  const tables = succeeded(await nft(options, "list tables"), "list the nftables tables");
  for (const line of new TextDecoder().decode(tables.stdout).split("\n")) {
    const [, name = "", owner] = OWN_TABLE.exec(line.trim()) ?? [];
    if (name !== "" && name !== table && !alive(Number(owner))) leftovers.push(name);
  }
  // One of our name is of a dead process that had our id; the three are one transaction.
  const add = `add table inet ${table}; delete table inet ${table}; ` +
    `add table inet ${table} { chain tracking { ct state new; }; }`;
  succeeded(await nft(options, add), `add the nftables table "${table}"`);
  report("notice", `added the nftables table "${table}", which makes the kernel track connections`);
  // Last, so that tracking does not stop where they kept it up.
  for (const name of leftovers) await remove(options, name);
  return { table, [Symbol.asyncDispose]: () => remove(options, table) };
}

async function remove(options: ActivationOptions, table: string): Promise<void> {
  const { pid, report } = options;
  try {
    const result = await nft(options, `delete table inet ${table}`);
    succeeded(result, `remove the nftables table "${table}"`);
    const whose = table === `connscribe_${pid}` ? "" : " of a dead process";
    report("notice", `removed the nftables table "${table}"${whose}`);
  } catch (error) {
    report("warning", error instanceof Error ? error.message : String(error));
  }
}

function nft({ system, programs }: ActivationOptions, command: string): Promise<RunResult> {
  return withProgram(programs, INSTALL, (program) => system.run(program, [command]));
}

function succeeded(result: RunResult, what: string): RunResult {
  if (result.code === 0) return result;
  const [why = ""] = result.stderr.trim().split("\n");
  if (NOT_PERMITTED.test(result.stderr)) {
    throw new ExitError(EXIT.permission, `may not ${what}: run as root, or with CAP_NET_ADMIN`);
  }
  throw new ExitError(EXIT.unavailable, `cannot ${what}: nft said "${why.slice(0, 200)}"`);
}
