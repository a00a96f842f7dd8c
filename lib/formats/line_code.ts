/** Functions that are made of source, for the lines of a format. */
import type { Flow } from "../mapping/flow.ts";
import type { JsonWriter } from "./json_writer.ts";

/** Writes a part of a line, or nothing. */
export type WritePart = (to: JsonWriter, flow: Flow) => void;

/**
 * Puts functions together of statements, which the mapping table gives: nothing of a record is ever source.
 *
 * V8 learns for each place in the source what is called there, and makes it fast. Closures that come from one
 * place share what it has learnt, which is then that anything may be called: a line takes an eighth longer.
 */
export class LineCode {
  readonly #values: unknown[] = [];

  /** A name by which statements refer to a value. */
  name(value: unknown): string {
    return `v${this.#values.push(value) - 1}`;
  }

  /** @param statements They write to `to`, a {@linkcode JsonWriter}, what `flow` tells, a {@linkcode Flow}. */
  compile(statements: readonly string[]): WritePart {
    const names = this.#values.map((_, i) => `v${i}`);
    const make = new Function(...names, `return (to, flow) => {\n${statements.join("\n")}\n};`);
    return make(...this.#values);
  }
}
