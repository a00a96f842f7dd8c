/**
 * The collector `proc`: polls the socket tables of every network namespace and finds the process
 * behind each socket by its inode (proc_pid_fd(5), proc_pid_net(5)).
 */
import type {
  Collector,
  CollectorContext,
  CollectorOptions,
  ProbeResult,
} from "../lib/collector.ts";
import type { Connection } from "../lib/connection.ts";
import { counted } from "../lib/counted.ts";
import { EXIT, ExitError } from "../lib/exit.ts";
import { tableSize } from "../lib/memory.ts";
import { hostIsLittleEndian } from "../lib/procfs/hex_address.ts";
import { ProcessReader } from "../lib/procfs/process.ts";
import { ProcFs } from "../lib/procfs/procfs.ts";
import type { System } from "../lib/system.ts";
import { coverageOf, hidesProcesses, type ProcFindings, TO_SEE_ALL } from "./proc/coverage.ts";
import { type Namespace, Namespaces, type UnreadableNamespace } from "./proc/namespaces.ts";
import { OwnerFinder } from "./proc/owners.ts";
import { NOT_PERMITTED, type Owner, RecordMaker, withoutOwner } from "./proc/records.ts";
import { type Changes, type Socket, SocketMemory, tableName } from "./proc/sockets.ts";
import { SOCKET_TABLES } from "./proc/tables.ts";

/**
 * Records in a batch. More of them outlive a collection of young objects, which then takes longer and
 * more memory.
 */
const BATCH = 100;

/** Why a socket has no process whose holder went away while it was looked at. */
const GONE = "process gone";

/** Sockets that are known, where memory is bounded. */
const MAX_SOCKETS = 262_144;

/** In how many looks the owner of a socket is searched for. */
const MAX_TRIES = 3;

/** Polls /proc. */
export class ProcCollector implements Collector {
  readonly name = "proc";
  readonly #system: System;

  constructor(system: System) {
    this.#system = system;
  }

  async probe(options: CollectorOptions): Promise<ProbeResult> {
    const procfs = new ProcFs(this.#system, options.procfs, () => {});
    const namespaces = new Namespaces(this.#system, procfs);
    const pids = procfs.pids();
    const { namespaces: found, denied, unreadable } = await namespaces.list(pids);
    const readable = found.filter((namespace) => namespace.read() !== undefined).length;
    if (!hostIsLittleEndian()) {
      return unusable("this machine is big-endian: its socket tables are not understood", []);
    }
    if (readable === 0) {
      return unusable(`no socket table can be read below "${procfs.root}"`, [
        "mount a proc file system there, or name another place with --procfs",
      ]);
    }
    return coverageOf({
      readable,
      unreadable,
      denied,
      pids,
      mayTrace: procfs.mayTrace(),
      knowsBoot: procfs.bootTime() !== undefined,
      root: options.root,
    });
  }

  async *connections(context: CollectorContext): AsyncGenerator<Connection[]> {
    const run = new Run(this.#system, context);
    while (!context.signal.aborted) {
      const began = this.#system.elapsed();
      yield* run.look();
      if (context.options.once) return;
      const spent = (this.#system.elapsed() - began) / 1000;
      const pause = Math.max(context.options.intervalMs - spent, context.options.intervalMs / 10);
      await this.#system.sleep(pause, context.signal);
    }
  }
}

function unreadableText(unreadable: readonly UnreadableNamespace[]): string {
  const [first] = unreadable;
  const names = counted(unreadable.length, "network namespace");
  return `${names} without a process ("${first?.path}": ${first?.reason})`;
}

function unusable(reason: string, remedies: readonly string[]): ProbeResult {
  return { usable: false, reason, misses: [], remedies };
}

/** One run: looks, one after the other, over one memory. */
class Run {
  readonly #system: System;
  readonly #context: CollectorContext;
  readonly #procfs: ProcFs;
  readonly #mayTrace: boolean;
  readonly #namespaces: Namespaces;
  readonly #finder: OwnerFinder;
  readonly #reader: ProcessReader;
  readonly #records: RecordMaker;
  readonly #memory: SocketMemory;
  /** What this look cannot see, by kind. */
  readonly #unseen = new Map<string, string>();
  /** What was said, by kind. */
  readonly #said = new Set<string>();
  #first = true;

  constructor(system: System, context: CollectorContext) {
    const { options } = context;
    this.#system = system;
    this.#context = context;
    // Without an end to them where nothing is said of memory: who asks what is open wants all of it.
    const { tables } = options;
    this.#memory = new SocketMemory(tables && tableSize(MAX_SOCKETS, tables));
    this.#procfs = new ProcFs(system, options.procfs, ({ message }) => {
      if (!this.#said.has("procfs")) context.report("warning", message);
      this.#said.add("procfs");
    });
    this.#mayTrace = this.#procfs.mayTrace();
    this.#namespaces = new Namespaces(system, this.#procfs);
    this.#finder = new OwnerFinder(this.#procfs);
    this.#reader = new ProcessReader(this.#procfs, system, options.host.id);
    this.#records = new RecordMaker(options, this.#procfs.bootId() ?? "");
  }

  /** Reads all that a look needs, and then yields what has changed. */
  async *look(): AsyncGenerator<Connection[]> {
    const pids = this.#procfs.pids();
    const { namespaces, denied, unreadable } = await this.#namespaces.list(pids);
    this.#unseen.clear();
    if (unreadable.length > 0) this.#unseen.set("namespaces", unreadableText(unreadable));
    const time = this.#system.now();
    this.#memory.begin();
    const unread = new Set<string>();
    let readable = 0;
    for (const namespace of namespaces) readable += this.#scan(namespace, unread) ? 1 : 0;
    if (this.#first && readable === 0) throw this.#nothingToRead();
    if (this.#first) this.#cover({ readable, unreadable, denied, pids });
    const changes = this.#memory.finish(unread);
    if (this.#memory.unkept > 0) this.#drop("table_full", this.#memory.unkept);
    yield* this.#batches(changes, time);
    this.#first = false;
  }

  #cover(findings: Omit<ProcFindings, "mayTrace" | "knowsBoot" | "root">): void {
    const { root } = this.#context.options;
    const mayTrace = this.#mayTrace;
    const knowsBoot = this.#procfs.bootTime() !== undefined;
    this.#context.coverage({
      name: "proc",
      ...coverageOf({ ...findings, mayTrace, knowsBoot, root }),
    });
  }

  /**
   * Whether the namespace could be read.
   *
   * @param unread Gets the names of tables that could not be read.
   */
  #scan({ inode, read }: Namespace, unread: Set<string>): boolean {
    const tables = read();
    for (const table of SOCKET_TABLES) {
      const bytes = tables === undefined ? "denied" : tables.get(table.file);
      if (bytes === "denied") unread.add(tableName(inode, table));
      if (bytes === undefined || bytes === "denied") continue;
      const { malformed } = table.scan(bytes, this.#memory.table(inode, table));
      if (malformed > 0) this.#drop("malformed", malformed);
    }
    return tables !== undefined;
  }

  *#batches(changes: Changes, time: number): Generator<Connection[]> {
    const ownerless = [...this.#memory.ownerless(MAX_TRIES)];
    const ownerOf = this.#owners(changes.fresh, ownerless);
    const updated = [...new Set([...changes.changed, ...ownerless])];
    // Before the first batch: nothing is read after that.
    const owners = { fresh: changes.fresh.map(ownerOf), updated: updated.map(ownerOf) };
    this.#sayUnseen();
    let batch: Connection[] = [];
    for (const record of this.#changed({ ...changes, updated }, owners, time)) {
      if (record === undefined) continue;
      batch.push(record);
      if (batch.length === BATCH) {
        yield this.#count(batch);
        batch = [];
      }
    }
    if (batch.length > 0) yield this.#count(batch);
  }

  /**
   * Ends come first: what is opened may have the addresses and ports of what has ended. Only those
   * that came and went while the tables were read end after they were opened.
   */
  *#changed(
    { fresh, updated, ended }: Changes & { readonly updated: readonly Socket[] },
    owners: { readonly fresh: readonly Owner[]; readonly updated: readonly Owner[] },
    time: number,
  ): Generator<Connection | undefined> {
    const shortest = ended.filter((socket) => socket.record === undefined);
    for (const socket of ended) yield this.#records.close(socket, time);
    for (const [index, socket] of fresh.entries()) {
      const owner = owners.fresh[index] ?? GONE;
      const record = this.#records.first(socket, owner, this.#memory, time, this.#first);
      // Without another look nothing asks for it again, and it need not outlive its batch.
      if (!this.#context.options.once) socket.record = record;
      yield record;
    }
    for (const socket of shortest) {
      if (socket.record?.event !== "close") yield this.#records.close(socket, time);
    }
    for (const [index, socket] of updated.entries()) {
      const update = this.#records.update(socket, owners.updated[index] ?? GONE, time);
      if (update !== undefined) socket.record = update;
      yield update;
    }
  }

  #owners(
    fresh: readonly Socket[],
    ownerless: readonly Socket[],
  ): (socket: Socket) => Owner {
    const wanted = new Set<number>();
    for (const socket of fresh) if (socket.inode !== 0) wanted.add(socket.inode);
    for (const socket of ownerless) wanted.add(socket.inode);
    if (wanted.size === 0) return (socket) => withoutOwner(socket, false);
    // Listed anew: the process of a socket may have started since.
    const pids = this.#procfs.pids();
    const { owners, denied } = this.#finder.find(wanted, pids, this.#first);
    const hidden = hidesProcesses(pids, this.#mayTrace);
    if (hidden && owners.size < wanted.size) {
      this.#unseen.set("processes", "the processes of other users (hidepid)");
    } else if (denied > 0 && owners.size < wanted.size) {
      this.#unseen.set("processes", `the sockets of ${counted(denied, "process", "processes")}`);
    }
    const identities = this.#reader.session();
    const confirmed = new Set<number>();
    return (socket) => {
      const holder = owners.get(socket.inode);
      const identity = holder === undefined ? undefined : identities.read(holder.pid);
      // Asked after its identity was read, so it was not another process with its pid.
      const sure = holder !== undefined &&
        (confirmed.has(holder.pid) || this.#finder.holds(holder, socket.inode));
      if (sure) confirmed.add(holder.pid);
      if (sure && typeof identity === "object") return identity;
      socket.tries++;
      if (holder === undefined) return withoutOwner(socket, denied > 0 || hidden);
      return identity === "denied" ? NOT_PERMITTED : GONE;
    };
  }

  #count(batch: Connection[]): Connection[] {
    this.#context.counters.read += batch.length;
    return batch;
  }

  #drop(reason: string, count: number): void {
    const { counters } = this.#context;
    counters.read += count;
    counters.dropped[reason] = (counters.dropped[reason] ?? 0) + count;
  }

  /** Says what cannot be seen: all of it in one line, and again only when there is more to say. */
  #sayUnseen(): void {
    const unsaid = [...this.#unseen].filter(([kind]) => !this.#said.has(kind));
    if (unsaid.length === 0) return;
    for (const [kind] of unsaid) this.#said.add(kind);
    const advice = this.#context.options.root ? "" : `: ${TO_SEE_ALL}`;
    const texts = unsaid.map(([, text]) => text).join("; ");
    this.#context.report("notice", `not permitted to see ${texts}${advice}`);
  }

  #nothingToRead(): ExitError {
    const { root } = this.#procfs;
    return new ExitError(
      EXIT.unavailable,
      `no socket table can be read below "${root}": mount a proc file system there, or name another place with --procfs`,
    );
  }
}
