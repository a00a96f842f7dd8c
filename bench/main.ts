// deno-lint-ignore-file no-console -- a benchmark prints its result
/** `deno task bench NAME`: side-by-side benchmarks. bench/README.md says what they measure and how. */
import { benchConntrack } from "./conntrack.ts";
import { benchExport } from "./export.ts";
import { benchFormats } from "./formats.ts";
import { benchOutput } from "./output.ts";
import { benchQuery } from "./query.ts";
import { benchSnapshot } from "./snapshot.ts";
import { benchTrace } from "./trace.ts";
import { benchWatch } from "./watch.ts";

const BENCHES: Record<string, () => Promise<void>> = {
  conntrack: benchConntrack,
  export: benchExport,
  formats: benchFormats,
  output: benchOutput,
  query: benchQuery,
  snapshot: benchSnapshot,
  trace: benchTrace,
  watch: benchWatch,
};

const names = Deno.args.length > 0 ? Deno.args : Object.keys(BENCHES);
for (const name of names) {
  const bench = BENCHES[name];
  if (bench === undefined) {
    console.error(`unknown benchmark "${name}": one of ${Object.keys(BENCHES).join(", ")}`);
    Deno.exit(64);
  }
  await bench();
}
