/** The sink that writes records as a tree of Parquet files, by days and hosts. */
import type { Connection } from "../connection.ts";
import type { Diag } from "../diag.ts";
import { EXIT, ExitError } from "../exit.ts";
import { withoutToldCommunityId } from "../formats/community_ids.ts";
import type { Ledger } from "../pipeline/stage.ts";
import { ioErrorText } from "../sinks/io_error.ts";
import type { Sink } from "../sinks/sink.ts";
import type { System } from "../system.ts";
import { ColumnBuffer } from "./columns.ts";
import { ParquetFile, type ParquetSystem } from "./parquet_file.ts";
import { partitionOf } from "./partition.ts";

/** How large things get, so that memory is bounded. */
export interface ParquetLimits {
  /** Records of a row group, at most. */
  readonly groupRows: number;
  /** Memory of all records that are not written yet, bytes, about. */
  readonly bufferBytes: number;
  /** Row groups of a file, at most. */
  readonly fileGroups: number;
  /** Partitions that are written at a time, at most. */
  readonly partitions: number;
}

/** Some hundred megabytes in all, as much as garbage takes, and files of half a million records. */
export const PARQUET_LIMITS: ParquetLimits = {
  groupRows: 16_384,
  bufferBytes: 32 * 2 ** 20,
  fileGroups: 32,
  partitions: 16,
};

/** What the sink works with. */
export interface ParquetContext {
  readonly system: ParquetSystem & Pick<System, "stat" | "makeDir">;
  readonly diag: Pick<Diag, "say">;
  readonly ledger: Ledger;
  /** Seed of Community IDs; absent: there are none. */
  readonly communityIdSeed?: number;
  /** Whether they replace those that a log has told. */
  readonly replacesCommunityIds?: boolean;
  /** Whether files are on the disk before they count. */
  readonly syncs: boolean;
  readonly limits?: ParquetLimits;
}

/** The directory of a partition may be read by its group, as the files in it. */
const DIRECTORY_MODE = 0o750;

/** What is open of a partition. */
interface Partition {
  readonly path: string;
  readonly buffer: ColumnBuffer;
  file?: ParquetFile;
}

/** A record counts as emitted once the file that has it is whole. */
export class ParquetSink implements Sink {
  readonly name: string;
  readonly #directory: string;
  readonly #context: ParquetContext;
  readonly #limits: ParquetLimits;
  /** By path; that which was written to last stands last. */
  readonly #partitions = new Map<string, Partition>();
  #bytes = 0;
  #closed = false;
  #lost = 0;
  #isTroubled = false;

  /**
   * @param directory Without a slash at its end; made if it is not there.
   * @throws ExitError 73 when it cannot be made.
   */
  constructor(directory: string, context: ParquetContext) {
    this.name = `"${directory}"`;
    this.#directory = directory;
    this.#context = context;
    this.#limits = context.limits ?? PARQUET_LIMITS;
    try {
      this.#make(directory);
    } catch (error) {
      throw new ExitError(EXIT.cannotCreate, `cannot write to ${this.name}: ${ioErrorText(error)}`);
    }
  }

  get closed(): boolean {
    return this.#closed;
  }

  get lost(): number {
    return this.#lost;
  }

  write(batch: readonly Connection[]): void {
    if (this.#closed) return this.#context.ledger.drop("closed", batch.length);
    const { replacesCommunityIds = false } = this.#context;
    const told = replacesCommunityIds ? batch.map(withoutToldCommunityId) : batch;
    const parts = Map.groupBy(told, partitionOf);
    for (const [path, records] of parts) {
      const partition = this.#partition(path);
      const { buffer } = partition;
      const before = buffer.bytes;
      buffer.add(records, this.#context.communityIdSeed);
      this.#bytes += buffer.bytes - before;
      if (buffer.rows >= this.#limits.groupRows) this.#writeGroup(partition);
    }
    while (this.#bytes > this.#limits.bufferBytes) this.#writeGroup(this.#largest());
  }

  /** There is no place for reports: each row is a connection. */
  report(): boolean {
    return false;
  }

  flush(): void {
    // A file is written when its records are there.
  }

  sync(): undefined {
    this.#finishAll();
    if (this.#lost > 0) throw new ExitError(EXIT.io, `${this.name} has not taken all`);
  }

  tick(): void {
    // Nothing has to be done now and then.
  }

  reopen(): void {
    // Files that are whole are not written any more.
  }

  close(): void {
    this.#finishAll();
    this.#closed = true;
  }

  #make(directory: string): void {
    const { system } = this.#context;
    const status = system.stat(directory);
    if (status === undefined) system.makeDir(directory, DIRECTORY_MODE);
    else if (!status.isDirectory) throw new Error("it is no directory");
  }

  /** The partition, as that which was written to last. */
  #partition(path: string): Partition {
    const known = this.#partitions.get(path);
    this.#partitions.delete(path);
    const partition = known ?? { path, buffer: new ColumnBuffer() };
    this.#partitions.set(path, partition);
    const [oldest] = this.#partitions.values();
    if (this.#partitions.size > this.#limits.partitions && oldest !== undefined) {
      this.#finish(oldest);
    }
    return partition;
  }

  #largest(): Partition {
    let largest: Partition | undefined;
    for (const partition of this.#partitions.values()) {
      if (partition.buffer.bytes > (largest?.buffer.bytes ?? 0)) largest = partition;
    }
    if (largest === undefined) throw new Error("there is nothing to be written");
    return largest;
  }

  /** Writes what is kept of a partition. */
  #writeGroup(partition: Partition): void {
    const { path, buffer } = partition;
    const { rows, bytes } = buffer;
    if (rows === 0) return;
    this.#bytes -= bytes;
    try {
      partition.file ??= this.#begin(path);
      partition.file.add(buffer);
    } catch (error) {
      // Where the file could not be begun, the records are still there.
      const isKept = buffer.rows > 0;
      if (isKept) buffer.take();
      this.#lose(partition, error, partition.file === undefined || isKept ? rows : 0);
      return;
    }
    if (partition.file.groups >= this.#limits.fileGroups) this.#finishFile(partition);
  }

  #begin(path: string): ParquetFile {
    const [day = "", host = ""] = path.split("/");
    this.#make(`${this.#directory}/${day}`);
    this.#make(`${this.#directory}/${day}/${host}`);
    return new ParquetFile(this.#context.system, `${this.#directory}/${path}`);
  }

  #finishFile(partition: Partition): void {
    const { file } = partition;
    if (file === undefined) return;
    try {
      file.finish(this.#context.syncs);
      this.#context.ledger.emitted += file.rows;
      delete partition.file;
    } catch (error) {
      this.#lose(partition, error, 0);
      return;
    }
    if (this.#isTroubled) this.#context.diag.say("error", `${this.name} can be written again`);
    this.#isTroubled = false;
  }

  #finish(partition: Partition): void {
    this.#writeGroup(partition);
    this.#finishFile(partition);
    this.#partitions.delete(partition.path);
  }

  #finishAll(): void {
    for (const partition of [...this.#partitions.values()]) this.#finish(partition);
  }

  /** Gives up the file of a partition: what is in it is lost, and so many records more. */
  #lose(partition: Partition, error: unknown, more: number): void {
    const count = (partition.file?.rows ?? 0) + more;
    partition.file?.abandon();
    delete partition.file;
    this.#lost += count;
    this.#context.ledger.drop("io", count);
    if (this.#isTroubled) return;
    this.#isTroubled = true;
    this.#context.diag.say(
      "error",
      `cannot write to ${this.name}: ${
        ioErrorText(error)
      }; records are lost and counted until it works again`,
    );
  }
}
