/** `--dry-run`: says what would run. */
import type { CollectorRow } from "../../collectors/registry.ts";
import { describeInvocation } from "../cli/describe.ts";
import type { Invocation, OptionValues } from "../cli/spec.ts";
import { escapeMessage } from "../formats/escape.ts";
import type { PermissionName } from "../permissions.ts";
import { syslogTargetName } from "../sinks/syslog/target.ts";
import type { System } from "../system.ts";
import { isUpkept } from "./file_outputs.ts";
import { outSpecs, type SinkContext } from "./outputs.ts";
import type { RunMode } from "./run.ts";
import { mainThreadLoad, namedRows, type SourceContext } from "./sources.ts";

/** What would run, in lines: the options, and what each thread would be allowed. */
export async function dryRun(
  invocation: Invocation,
  system: System,
  from: string,
  place: SourceContext["place"],
  { once, isPast = false }: Pick<RunMode, "once" | "isPast">,
): Promise<string> {
  const source = { place, once };
  const keeps = keptPermissions(invocation.values, system, { once, isPast });
  const rows = namedRows(from, source.place);
  const holder = (row: CollectorRow) =>
    mainThreadLoad(row, source) === undefined
      ? `the worker of ${row.name}`
      : `the main thread while ${row.name} looks`;
  const names = rows.map(({ name, summary }) => `${name}, which ${summary}`);
  const which = from === "auto" ? "the first usable collector of: " : "the collector ";
  const lines = [
    `${invocation.command.name} with ${which}${names.join(from === "auto" ? "; " : " and ")}`,
    ...describeInvocation(invocation).map((line) => `  ${line}`),
    ...rows.map((row) => `permissions of ${holder(row)}: ${row.needs}`),
    ...await sendersNeeds(invocation.values, system),
    `permissions of the main thread ${once ? "after that" : "once the collector runs"}: ${
      keeps.join(", ") || "none"
    }`,
  ];
  return lines.map((line) => `${escapeMessage(line)}\n`).join("");
}

/** What the workers that send over syslog would be allowed. */
async function sendersNeeds(values: OptionValues, system: System): Promise<string[]> {
  const lines: string[] = [];
  for (const { target } of outSpecs(values, system)) {
    if (target.kind !== "syslog") continue;
    const { senderNeeds } = await import("./syslog_outputs.ts");
    const name = syslogTargetName(target.target);
    lines.push(`permissions of the worker of "${name}": ${senderNeeds(values, target.target)}`);
  }
  return lines;
}

/** What the main thread goes on to be allowed. */
function keptPermissions(
  values: OptionValues,
  system: System,
  looks: Pick<SinkContext, "once" | "isPast">,
): readonly PermissionName[] {
  const keeps = outSpecs(values, system).some(({ target }) => {
    return isUpkept(values, target, looks);
  });
  return keeps || (values.has("metrics") && values.given("metrics")) ? ["read", "write"] : [];
}
