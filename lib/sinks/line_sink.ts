import type { Connection } from "../connection.ts";
import type { Diag } from "../diag.ts";
import type { Format } from "../formats/format.ts";
import type { Ledger } from "../pipeline/stage.ts";
import type { Output } from "../system.ts";
export class LineSink {
  closed = false;
  #header: string | undefined;
  constructor(
    readonly output: Output,
    readonly format: Format,
    readonly ledger: Ledger | undefined,
    readonly diag: Diag,
  ) {
    this.#header = format.header;
  }
  write(batch: readonly Connection[]): void {
    let text = this.#header ?? "";
    this.#header = undefined;
    for (const c of batch) text += this.format.line(c);
    let rest = new TextEncoder().encode(text);
    try {
      while (rest.length) rest = rest.subarray(this.output.write(rest));
      if (this.ledger) this.ledger.emitted += batch.length;
    } catch {
      this.closed = true;
      this.ledger?.drop("closed", batch.length);
    }
  }
  close(): void {}
}
