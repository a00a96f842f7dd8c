/** `doctor`: which collectors work here, what they miss, and how to mend it. */
import { type CollectorRow, COLLECTORS } from "../../collectors/registry.ts";
import { describeInvocation } from "../cli/describe.ts";
import { print } from "../cli/print.ts";
import type { Invocation } from "../cli/spec.ts";
import type { CollectorOptions, ProbeResult } from "../collector.ts";
import { EXIT } from "../exit.ts";
import { escapeMessage } from "../formats/escape.ts";
import { dropPermissions, heldPermissions } from "../permissions.ts";
import type { System } from "../system.ts";
import { VERSION } from "../version.ts";
import { CollectorWorker } from "../worker/collector_worker.ts";
import { collectorOptions } from "./options.ts";

/** Exit status 0 if at least one collector is usable, 69 if none is. */
export async function run(invocation: Invocation, system: System): Promise<number> {
  if (invocation.values.flag("dry-run")) {
    const lines = [
      "doctor asks every collector whether it can run here",
      ...describeInvocation(invocation),
    ];
    print(system.stdout, lines.map((line) => `${escapeMessage(line)}\n`).join(""));
    return EXIT.ok;
  }
  const options = await collectorOptions(invocation.values, system, { once: true });
  const results: { row: CollectorRow; result: ProbeResult }[] = [];
  for (const row of COLLECTORS) {
    if (row.os.length > 0) results.push({ row, result: await probe(row, options) });
  }
  await dropPermissions();
  const lines = [`connscribe ${VERSION} on ${Deno.build.os} ${Deno.build.arch}`, ""];
  for (const { row, result } of results) lines.push(...describe(row, result));
  const held = await heldPermissions();
  lines.push("permissions");
  lines.push(`  main thread, once the collector runs: ${held.join(", ") || "none"}`);
  for (const { row } of results) lines.push(`  worker of ${row.name}: ${row.needs}`);
  print(system.stdout, lines.map((line) => `${escapeMessage(line)}\n`).join(""));
  return results.some(({ result }) => result.usable) ? EXIT.ok : EXIT.unavailable;
}

async function probe(row: CollectorRow, options: CollectorOptions): Promise<ProbeResult> {
  if (!row.os.includes(Deno.build.os)) {
    const reason = `it runs on ${row.os.join(" and ")}, not on ${Deno.build.os}`;
    return { usable: false, reason, misses: [], remedies: [] };
  }
  using worker = new CollectorWorker(row, options, () => {});
  await worker.ready();
  return await worker.probe(options);
}

function describe(row: CollectorRow, result: ProbeResult): string[] {
  return [
    `${row.name}: ${result.usable ? "usable" : "not usable"}: ${result.reason}`,
    `  it ${row.summary}`,
    ...result.misses.map((miss) => `  misses: ${miss}`),
    ...result.remedies.map((remedy) => `  remedy: ${remedy}`),
    "",
  ];
}
