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

/** The values of a command that need not have the options: those that it has not are not given. */
type Values = Pick<OptionValues, "flag" | "text" | "texts" | "duration">;

function lenient(values: OptionValues): Values {
  return {
    flag: (name) => values.has(name) && values.flag(name),
    text: (name) => values.has(name) ? values.text(name) : undefined,
    texts: (name) => values.has(name) ? values.texts(name) : [],
    duration: (name) => values.has(name) ? values.duration(name) : undefined,
  };
}

/** Where the proc file system is mounted. */
function procfsRoot(values: Values): string {
  return (values.text("procfs") ?? "/proc").replace(/(?<=.)\/+$/, "");
}

/**
 * What permissions depend on.
 *
 * @param logs Paths and patterns of logs; absent: what `--input` names.
 */
export function collectorPlace(values: OptionValues, logs?: readonly string[]): CollectorPlace {
  const given = lenient(values);
  const littlesnitch = littleSnitchPlace(given);
  const inputs = expandLogs(logs ?? given.texts("input"));
  return { procfs: procfsRoot(given), littlesnitch, files: { inputs } };
}

/** Standard input by other names: only who may do everything could open them. */
const STANDARD_INPUT: readonly string[] = ["/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"];

/** The logs that paths and patterns name. Who is to read them says what cannot be read. */
function expandLogs(operands: readonly string[]): readonly string[] {
  return operands.flatMap((operand) => {
    if (STANDARD_INPUT.includes(operand)) return ["-"];
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
  /** No output tells of the ids of records, nor of their outcome besides what was denied. */
  readonly amountsOnly?: boolean;
  /** How large tables may be: see `CollectorOptions`. */
  readonly tables?: number;
  /** Paths and patterns of the logs to read; absent: what `--input` names. */
  readonly logs?: readonly string[];
  /** Pass on the reports on other runs that logs hold. */
  readonly passesReports?: boolean;
}

/** What the collectors of a run are asked to do. */
export async function collectorOptions(
  values: OptionValues,
  system: System,
  { once, span, foldUs, amountsOnly = false, tables, logs, passesReports = false }: WantedRun,
): Promise<CollectorOptions> {
  const given = lenient(values);
  // Loaded late: it takes some milliseconds in which a worker can already start.
  const { hostIdentity } = await import("../host.ts");
  return {
    host: hostIdentity(system),
    procfs: procfsRoot(given),
    intervalMs: once ? 0 : given.duration("interval") ?? 3000,
    once,
    root: system.uid() === 0,
    ...(tables !== undefined && { tables }),
    conntrack: conntrackOptions(given),
    trace: traceOptions(given),
    littlesnitch: {
      ...littleSnitchPlace(given),
      ...span,
      stream: given.flag("stream"),
      ...(foldUs !== undefined && { foldUs }),
      amountsOnly,
    },
    files: {
      inputs: expandLogs(logs ?? given.texts("input")),
      ...logFormatOf(values),
      ...span,
      lateUs: (given.duration("lateness") ?? 0) * 1000,
      showsErrors: given.flag("errors"),
      passesReports,
    },
  };
}

/** What `--log-format` says. */
export function logFormatOf(values: OptionValues): { format?: LogFormatName } {
  const name = lenient(values).text("log-format");
  const format = LOG_FORMAT_NAMES.find((each) => each === name);
  return format === undefined ? {} : { format };
}

function littleSnitchPlace(
  values: Values,
): Pick<LittleSnitchOptions, "program" | "input"> {
  const program = values.text("littlesnitch");
  const input = values.text("input");
  return { ...(program !== undefined && { program }), ...(input !== undefined && { input }) };
}

function conntrackOptions(values: Values): ConntrackOptions {
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

function traceOptions(values: Values): TraceOptions {
  return {
    bufferBytes: bufferBytes(values),
    mountTracefs: values.flag("mount-tracefs"),
    datagramTimeoutMs: values.duration("udp-timeout") ?? 30_000,
    byteIntervalMs: values.duration("byte-interval") ?? 60_000,
    bytes: bytesOf(values),
  };
}

function bytesOf(values: Values): TraceOptions["bytes"] {
  const bytes = values.text("bytes") ?? "none";
  return bytes === "tcp" || bytes === "all" ? bytes : "none";
}

function bufferBytes(values: Values): number {
  return parseSize(values.text("buffer") ?? "16M");
}
