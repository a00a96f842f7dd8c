import type { Level } from "./collector.ts";
import { escapeControl } from "./formats/escape.ts";
import type { System } from "./system.ts";
export class Diag {
  constructor(readonly system: Pick<System, "stderr" | "env">, readonly options: { quiet?: boolean; verbose?: boolean } = {}) {}
  say(level: Level, message: string, component?: string): void {
    if (this.options.quiet && level !== "error") return;
    if (level === "debug" && !this.options.verbose) return;
    try {
      this.system.stderr.write(new TextEncoder().encode(`connscribe: ${level}: ${component ? component + ": " : ""}${escapeControl(message)}\n`));
    } catch { /* nobody reads */ }
  }
}
