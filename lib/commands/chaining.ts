/** Chains the lines of files, as the options say. */
import { ChainedTarget } from "../chain/chained_target.ts";
import { readKey } from "../chain/key.ts";
import { Mac } from "../chain/mac.ts";
import type { OptionValues } from "../cli/spec.ts";
import { EXIT, ExitError } from "../exit.ts";
import type { FormatName } from "../formats/names.ts";
import type { OutTarget } from "../sinks/parse_target.ts";
import type { LineTarget } from "../sinks/target.ts";
import type { System } from "../system.ts";
import type { SinkContext } from "./outputs.ts";

/** Chains the lines of a file or of segments. */
export type ChainFiles = (
  lines: LineTarget,
  place: Extract<OutTarget, { path: string }>,
) => LineTarget;

/** An output that is asked for. */
export interface ChainedOutput {
  readonly target: OutTarget;
  readonly format: FormatName;
}

/**
 * What chains the lines of files.
 *
 * @throws ExitError 64 where the outputs cannot be chained, 78 where the key is wrong.
 */
export async function chaining(
  values: OptionValues,
  outputs: readonly ChainedOutput[],
  system: System,
  { diag, ends }: Pick<SinkContext, "diag" | "ends">,
): Promise<ChainFiles> {
  const files = outputs.filter(({ target }) => "path" in target);
  if (files.length === 0) {
    throw new ExitError(EXIT.usage, '"--chain" needs a file: name one with "--out"');
  }
  const other = files.find(({ format }) => format !== "ndjson");
  if (other !== undefined) {
    throw new ExitError(
      EXIT.usage,
      `"--chain" goes with "--format ndjson" only, not with "${other.format}"`,
    );
  }
  const mac = await Mac.load(readKey(system, values.text("chain") ?? ""));
  return (lines, place) =>
    ChainedTarget.open(lines, mac, place, ends !== undefined, { system, diag });
}
