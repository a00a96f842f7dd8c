/** Opens the tree of Parquet files that `convert --format parquet` writes. */
import type { OptionValues } from "../cli/spec.ts";
import { SYSLOG_OPTIONS } from "../cli/syslog_options.ts";
import { EXIT, ExitError } from "../exit.ts";
import { ParquetSink } from "../parquet/parquet_sink.ts";
import type { System } from "../system.ts";
import { formatContext } from "./chosen_format.ts";
import { Outputs, outSpecs, type SinkContext } from "./outputs.ts";
import { refuse } from "./refuse.ts";

/** What says how lines are written and kept: there are none. */
const OF_LINES = [
  "template",
  "time-format",
  "processes",
  "no-header",
  "color",
  "rotate",
  "max-total",
  "max-age",
  "min-free",
  "chain",
  ...SYSLOG_OPTIONS.map(({ name }) => name),
];

/**
 * Opens it.
 *
 * @throws ExitError 64 when options do not go together, 73 when the directory cannot be made.
 */
export function openParquet(values: OptionValues, system: System, context: SinkContext): Outputs {
  refuse(values, OF_LINES, 'does not go with "--format parquet"');
  const [spec, another] = outSpecs(values, system);
  if (spec?.target.kind !== "segments" || another !== undefined || spec.format !== undefined) {
    throw new ExitError(
      EXIT.usage,
      '"--format parquet" writes a tree of files: name one directory with "--out DIR/"',
    );
  }
  const { communityIdSeed, replacesCommunityIds = false } = formatContext(
    values,
    { isTerminal: false },
    system,
  );
  const outputs = new Outputs();
  outputs.sinks.push(
    new ParquetSink(spec.target.path, {
      system,
      diag: context.diag,
      ledger: context.ledger,
      syncs: values.text("sync") !== "none",
      ...(communityIdSeed !== undefined && { communityIdSeed }),
      replacesCommunityIds,
    }),
  );
  outputs.keep.push("read", "write");
  return outputs;
}
