/** Writes lines as links of a chain. */
import type { Failure } from "../sinks/line_writer.ts";
import type { Chain } from "./chain.ts";

/** What writes whole lines: see `LineWriter`. */
interface Writer {
  readonly torn: boolean;
  write(bytes: Uint8Array, indivisible?: boolean): Failure | undefined;
}

/** Links what it is given, and hands it to another writer. */
export class ChainedWriter implements Writer {
  readonly #writer: Writer;
  readonly #chain: Chain;

  /** @param writer Of a file that is begun, or gone on with. */
  constructor(writer: Writer, chain: Chain) {
    this.#writer = writer;
    this.#chain = chain;
    chain.begin();
  }

  get torn(): boolean {
    return this.#writer.torn;
  }

  write(bytes: Uint8Array, indivisible = false): Failure | undefined {
    const failure = this.#writer.write(this.#chain.link(bytes), indivisible);
    this.#chain.written(failure === undefined ? Infinity : failure.lines);
    return failure;
  }
}
