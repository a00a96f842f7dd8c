/** A disk of a few KiB, in memory. */
import { runOther, TempDir } from "./program.ts";

/** It goes when it is disposed of. Making it takes root. */
export class SmallDisk implements AsyncDisposable {
  readonly #directory: TempDir;

  private constructor(directory: TempDir) {
    this.#directory = directory;
  }

  static async mount(kib: number): Promise<SmallDisk> {
    const disk = new SmallDisk(new TempDir());
    await runOther(["mount", "-t", "tmpfs", "-o", `size=${kib}k`, "tmpfs", disk.path]);
    return disk;
  }

  get path(): string {
    return this.#directory.path;
  }

  /** Makes it another size, with all that is on it. */
  async resize(kib: number): Promise<void> {
    await runOther(["mount", "-o", `remount,size=${kib}k`, this.path]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await runOther(["umount", this.path]);
    await this.#directory[Symbol.asyncDispose]();
  }
}
