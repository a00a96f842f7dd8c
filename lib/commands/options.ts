/** Turns option values into what a collector is asked to do. */
import { expandGlob, isGlob } from "../../collectors/files/glob.ts";
import { LOG_FORMAT_NAMES, type LogFormatName } from "../../collectors/files/log_format.ts";
import type { OptionValues } from "../cli/spec.ts";
import type {
  CollectorOptions,
  CollectorPlace,
  ConntrackOptions,
  LittleSnitchOptions,
  TraceOptions,
} from "../collector.ts";
import { parseSize } from "../size.ts";
import type { System } from "../system.ts";

/** Where the proc file system is mounted. */
export function procfsRoot(values: OptionValues): string {
  return (values.text("procfs") ?? "/proc").replace(/(?<=.)\/+$/, "");
}

/** What permissions depend on. */
export function collectorPlace(values: OptionValues): CollectorPlace {
  const littlesnitch = littleSnitchPlace(values);
  return { procfs: procfsRoot(values), littlesnitch, files: { inputs: inputsOf(values) } };
}

/** The logs that `--input` names: paths and patterns. Who is to read them says what cannot be read. */
function inputsOf(values: OptionValues): readonly string[] {
  if (!values.has("input")) return [];
  return values.texts("input").flatMap((operand) => {
    if (!isGlob(operand)) return [operand];
    const { paths, unreadable } = expandGlob(operand);
    const found = [...paths, ...unreadable.map(({ path }) => path)];
    return found.length > 0 ? found : [operand];
  });
}

/** What a run asks for besides what the options say. */
export interface WantedRun {
  /** Look once and end; then there is no interval. */
  readonly once: boolean;
  /** What of the past is asked for, microseconds since the epoch. */
  readonly span?: { readonly begin?: number; readonly end?: number };
  /** Only sums are wanted of a collector that knows the past: see `LittleSnitchOptions`. */
  readonly foldUs?: number;
}

/** What the collectors of a run are asked to do. */
export async function collectorOptions(
  values: OptionValues,
  system: System,
  { once, span, foldUs }: WantedRun,
): Promise<CollectorOptions> {
  // Loaded late: it takes some milliseconds in which a worker can already start.
  const { hostIdentity } = await import("../host.ts");
  return {
    host: hostIdentity(system),
    procfs: procfsRoot(values),
    intervalMs: once ? 0 : values.duration("interval") ?? 3000,
    once,
    root: system.uid() === 0,
    conntrack: conntrackOptions(values),
    trace: traceOptions(values),
    littlesnitch: {
      ...littleSnitchPlace(values),
      ...span,
      stream: values.has("stream") && values.flag("stream"),
      ...(foldUs !== undefined && { foldUs }),
    },
    files: {
      inputs: inputsOf(values),
      ...logFormatOf(values),
      ...span,
      lateUs: ((values.has("lateness") && values.duration("lateness")) || 0) * 1000,
    },
  };
}

/** What `--log-format` says. */
export function logFormatOf(values: OptionValues): { format?: LogFormatName } {
  const name = values.has("log-format") ? values.text("log-format") : undefined;
  const format = LOG_FORMAT_NAMES.find((each) => each === name);
  return format === undefined ? {} : { format };
}

function littleSnitchPlace(
  values: OptionValues,
): Pick<LittleSnitchOptions, "program" | "input"> {
  const program = values.has("littlesnitch") ? values.text("littlesnitch") : undefined;
  const input = values.has("input") ? values.text("input") : undefined;
  return { ...(program !== undefined && { program }), ...(input !== undefined && { input }) };
}

function conntrackOptions(values: OptionValues): ConntrackOptions {
  const program = values.text("conntrack");
  return {
    updates: values.flag("updates"),
    ...(program !== undefined && { program }),
    netlink: values.flag("netlink"),
    bufferBytes: bufferBytes(values),
    activate: values.flag("activate"),
    strict: values.flag("strict"),
  };
}

function traceOptions(values: OptionValues): TraceOptions {
  return {
    bufferBytes: bufferBytes(values),
    mountTracefs: values.has("mount-tracefs") && values.flag("mount-tracefs"),
    datagramTimeoutMs: (values.has("udp-timeout") && values.duration("udp-timeout")) || 30_000,
    byteIntervalMs: (values.has("byte-interval") && values.duration("byte-interval")) || 60_000,
    bytes: bytesOf(values),
  };
}

function bytesOf(values: OptionValues): TraceOptions["bytes"] {
  const bytes = values.has("bytes") ? values.text("bytes") : "none";
  return bytes === "tcp" || bytes === "all" ? bytes : "none";
}

function bufferBytes(values: OptionValues): number {
  return parseSize(values.text("buffer") ?? "16M");
}
