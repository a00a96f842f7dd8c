/** Opens the outputs that are syslog, as the options say. */
import { SYSLOG_DEFAULTS } from "../cli/syslog_options.ts";
import type { OptionValues } from "../cli/spec.ts";
import type { Diag } from "../diag.ts";
import { EXIT, ExitError } from "../exit.ts";
import type { Format } from "../formats/format.ts";
import type { Ledger } from "../pipeline/stage.ts";
import type { Sink } from "../sinks/sink.ts";
import { FACILITIES } from "../sinks/syslog/frame.ts";
import { spoolDirectory, startSender, syslogPermissions } from "../sinks/syslog/open_syslog.ts";
import type { SendOptions, TlsFiles } from "../sinks/syslog/protocol.ts";
import { SyslogSink } from "../sinks/syslog/syslog_sink.ts";
import { type SyslogTarget, syslogTargetName } from "../sinks/syslog/target.ts";
import { parseSize } from "../size.ts";

/** What such a sink is opened with. */
export interface SyslogOpening {
  readonly target: SyslogTarget;
  readonly format: Format;
  /** Of the first sink. */
  readonly ledger: Ledger | undefined;
  readonly diag: Diag;
}

/**
 * Starts the worker that sends.
 *
 * @throws ExitError 64 when options do not go together, else as `startSender`.
 */
export async function openSyslogSink(
  values: OptionValues,
  { target, format, ledger, diag }: SyslogOpening,
): Promise<Sink> {
  const option = optionOf(values);
  if (target.transport === "unix" && Deno.build.os !== "linux") {
    throw new ExitError(
      EXIT.unavailable,
      `"${syslogTargetName(target)}" works on Linux only: send over UDP or TCP`,
    );
  }
  const options = sendOptions(values, target);
  const { queueBytes } = options;
  const port = await startSender(options, diag.say.bind(diag));
  return new SyslogSink(port, format, ledger, diag, {
    name: syslogTargetName(target),
    origin: {
      facility: FACILITIES[option("facility") ?? SYSLOG_DEFAULTS.facility] ?? 0,
      tag: option("tag") ?? SYSLOG_DEFAULTS.tag,
      pid: Deno.pid,
    },
    most: parseSize(option("max") ?? SYSLOG_DEFAULTS.max),
    queueBytes,
  });
}

/**
 * What the worker of a target will be allowed, in words.
 *
 * @throws ExitError 64 when options do not go together.
 */
export function senderNeeds(values: OptionValues, target: SyslogTarget): string {
  const { read, write, net, ffi } = syslogPermissions(sendOptions(values, target));
  const needs = [
    net === true ? "connect to any host" : listed("connect to", net),
    listed("call", ffi),
    listed("read", read),
    listed("write", write),
  ];
  return needs.filter((need) => need !== undefined).join("; ");
}

/** What is allowed of these; undefined where there are none. */
function listed(verb: string, names: Deno.PermissionOptionsObject["read"]): string | undefined {
  return Array.isArray(names) && names.length > 0 ? `${verb} ${names.join(", ")}` : undefined;
}

type Option = (name: string) => string | undefined;

function optionOf(values: OptionValues): Option {
  return (name) => values.has(`syslog-${name}`) ? values.text(`syslog-${name}`) : undefined;
}

function sendOptions(values: OptionValues, target: SyslogTarget): SendOptions {
  const option = optionOf(values);
  const directory = option("spool");
  return {
    target,
    tls: target.transport === "tls" ? tlsFiles(option) : {},
    queueBytes: parseSize(option("queue") ?? SYSLOG_DEFAULTS.queue),
    ...(directory !== undefined && { spool: spoolDirectory(directory, target) }),
  };
}

function tlsFiles(option: Option): TlsFiles {
  const [ca, cert, key] = ["ca", "cert", "key"].map(option);
  if ((cert === undefined) !== (key === undefined)) {
    throw new ExitError(
      EXIT.usage,
      'the options "--syslog-cert" and "--syslog-key" go together: give both',
    );
  }
  return {
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
  };
}
