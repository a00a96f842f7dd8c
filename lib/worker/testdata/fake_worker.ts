/** A collector for tests: what it does is named by `options.procfs`. */
import { type Collector, type CollectorContext, withWatermark } from "../../collector.ts";
import type { Connection } from "../../connection.ts";
import { EXIT, ExitError } from "../../exit.ts";
import { serve, workerScope } from "../serve.ts";

function record(n: number): Connection {
  return {
    id: String(n),
    event: "open",
    time: n,
    direction: "unknown",
    outcome: "unknown",
    protocol: "tcp",
    protocolNumber: 6,
    ipVersion: 4,
    local: { ip: "127.0.0.1" },
    attribution: "none",
    collector: "fake",
    host: { id: "h", name: "n" },
  };
}

const FAKE: Collector = {
  name: "fake",
  probe: () => ({ usable: true, reason: "it is a fake", misses: [], remedies: [] }),
  async *connections({ options, signal, counters, coverage, report }: CollectorContext) {
    report("notice", `behaves as ${options.procfs}`);
    coverage({ name: "fake", usable: true, reason: "as a fake", misses: ["all"], remedies: [] });
    if (options.procfs === "failing") throw new ExitError(EXIT.permission, "it may not");
    if (options.procfs === "broken") throw new TypeError("it is broken");
    counters.dropped = { malformed: 2 };
    counters.degraded = { no_bytes: 1 };
    counters.read = 2;
    if (options.procfs === "silent") {
      await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
      return;
    }
    for (let n = 0; options.procfs === "endless" ? !signal.aborted : n < 100; n++) {
      counters.read++;
      yield withWatermark([record(n)], "fake", n);
      // Lets the message through that ends it.
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
  },
};

serve(FAKE, workerScope());
