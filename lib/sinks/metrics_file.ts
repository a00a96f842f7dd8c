/** The file of `--metrics`: it is replaced as a whole, so that no reader sees a part of it. */
import type { Diag } from "../diag.ts";
import type { System } from "../system.ts";
import { ioErrorText } from "./io_error.ts";
import { writeAll } from "./write_all.ts";

/** A scraper that runs as another user reads it; it holds no more than counts. */
const MODE = 0o644;

/** What it needs of the system. */
export type MetricsSystem = Pick<System, "openAppend" | "rename" | "removeFile">;

/** Writes metrics. It never throws: what cannot be written is said once, until it can be again. */
export class MetricsFile {
  readonly #system: MetricsSystem;
  readonly #path: string;
  readonly #diag: Pick<Diag, "say">;
  #hasFailed = false;

  constructor(system: MetricsSystem, path: string, diag: Pick<Diag, "say">) {
    this.#system = system;
    this.#path = path;
    this.#diag = diag;
  }

  /** Puts the text in the place of what the file held. */
  write(text: string): void {
    try {
      this.#replace(new TextEncoder().encode(text));
      this.#hasFailed = false;
    } catch (error) {
      if (this.#hasFailed) return;
      this.#hasFailed = true;
      this.#diag.say("error", `cannot write metrics to "${this.#path}": ${ioErrorText(error)}`);
    }
  }

  /** The other name does not end in `.prom`, so that node_exporter does not read it. */
  #replace(bytes: Uint8Array): void {
    const path = `${this.#path}.tmp`;
    // Made anew: what somebody else has put there may be a link to another file.
    this.#system.removeFile(path);
    const file = this.#system.openAppend(path, MODE, true);
    try {
      writeAll(file, bytes);
    } finally {
      file.close();
    }
    this.#system.rename(path, this.#path);
  }
}
