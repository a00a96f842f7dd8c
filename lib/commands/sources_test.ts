import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { type CollectorRow, COLLECTORS } from "../../collectors/registry.ts";
import type { ProbeResult } from "../collector.ts";
import { Diag } from "../diag.ts";
import { EXIT, ExitError } from "../exit.ts";
import { realSystem } from "../system.ts";
import type { RunningCollector } from "../worker/collector_worker.ts";
import { OPTIONS } from "../worker/test_options.ts";
import { namedRows, type SourceContext, Sources, startSources } from "./sources.ts";

const USABLE: ProbeResult = { usable: true, reason: "it is seen", misses: [], remedies: [] };

/** Collectors that do nothing but to write down what is done to them. */
class FakeCollectors {
  readonly calls: string[] = [];
  readonly said: string[] = [];
  /** By name: why it is not usable, what would mend that. */
  readonly unusable = new Map<string, readonly [reason: string, ...remedies: string[]]>();
  /** `CALL NAME`: what it fails with. */
  readonly failures = new Map<string, Error>();

  context({ procfs = "/proc", root = true }: { procfs?: string; root?: boolean } = {}) {
    const stderr = {
      isTerminal: false,
      write: (bytes: Uint8Array) => {
        this.said.push(new TextDecoder().decode(bytes).trimEnd());
        return bytes.length;
      },
    };
    const context: SourceContext = {
      system: realSystem(),
      diag: new Diag({ stderr, env: () => undefined }, { verbose: true }),
      place: { procfs },
      once: false,
      options: Promise.resolve({ ...OPTIONS, procfs, root }),
    };
    return context;
  }

  readonly start = ({ name }: CollectorRow): RunningCollector => {
    this.#call("start", name);
    return {
      ready: () => this.#later(() => this.#call("ready", name)),
      probe: () =>
        this.#later(() => {
          this.#call("probe", name);
          const [reason, ...remedies] = this.unusable.get(name) ?? [];
          return reason === undefined ? USABLE : { usable: false, reason, misses: [], remedies };
        }),
      connections: () => {
        throw new Error("not asked for");
      },
      [Symbol.dispose]: () => this.#call("end", name),
    };
  };

  #later<T>(what: () => T): Promise<T> {
    return Promise.resolve().then(what);
  }

  #call(what: string, name: string): void {
    this.calls.push(`${what} ${name}`);
    const failure = this.failures.get(`${what} ${name}`);
    if (failure !== undefined) throw failure;
  }
}

function names(from: string, procfs = "/proc"): string[] {
  return namedRows(from, { procfs }).map(({ name }) => name);
}

Deno.test("namedRows tries all collectors in the order of the table, proc last", () => {
  assertEquals(names("auto"), ["trace", "conntrack", "proc"]);
  const here = COLLECTORS.filter(({ os }) => os.includes("linux"));
  assertEquals(names("auto"), here.map(({ name }) => name));
});

Deno.test("namedRows reads what was written on another system only where there is an input", () => {
  const place = { procfs: "/proc", littlesnitch: { input: "-" } };
  for (const name of ["littlesnitch", "files"]) {
    assertEquals(namedRows(name, place).map((row) => row.name), [name]);
    assertThrows(() => names(name), ExitError, "does not run on linux");
  }
});

Deno.test("namedRows tries proc alone where the proc file system is another", () => {
  assertEquals(names("auto", "/host/proc"), ["proc"]);
  assertEquals(names("trace", "/host/proc"), ["trace"]);
});

Deno.test("namedRows gives what is named, in the order of the table", () => {
  assertEquals(names("trace,conntrack"), ["trace", "conntrack"]);
  assertEquals(names("conntrack,trace"), ["trace", "conntrack"]);
});

Deno.test("namedRows refuses what does not run here", () => {
  const error = assertThrows(() => namedRows("pktap", { procfs: "/proc" }), ExitError);
  assertEquals(
    [error.code, error.message],
    [EXIT.unavailable, `"pktap" does not run on ${Deno.build.os}`],
  );
});

Deno.test("startSources starts the first collector that is usable, and no other", async () => {
  const fakes = new FakeCollectors();
  const sources = await startSources("auto", fakes.context(), fakes.start);
  assertEquals([sources.names, sources.givenUp], [["trace"], []]);
  assertEquals(fakes.calls, ["start trace", "ready trace", "probe trace"]);
  sources[Symbol.dispose]();
  assertEquals(fakes.calls.slice(3), ["end trace"]);
  assertEquals(fakes.said, []);
});

Deno.test("startSources says why it gives a collector up, ends it, and goes on to the next", async () => {
  const fakes = new FakeCollectors();
  fakes.unusable.set("trace", ["it is blind", "open its eyes", "or give it a lamp"]);
  const sources = await startSources("auto", fakes.context(), fakes.start);
  assertEquals(sources.names, ["conntrack"]);
  assertEquals(fakes.calls, [
    "start trace",
    "ready trace",
    "probe trace",
    "end trace",
    "start conntrack",
    "ready conntrack",
    "probe conntrack",
  ]);
  assertEquals(sources.givenUp, [{
    name: "trace",
    usable: false,
    reason: "it is blind",
    misses: [],
    remedies: ["open its eyes", "or give it a lamp"],
  }]);
  assertEquals(fakes.said, [
    "connscribe: notice: trace: not usable here: it is blind (open its eyes; or give it a lamp)",
  ]);
});

Deno.test("startSources does not ask the last collector: there is no other", async () => {
  const fakes = new FakeCollectors();
  fakes.unusable.set("trace", ["a"]).set("conntrack", ["b"]).set("proc", ["c"]);
  const sources = await startSources("auto", fakes.context({ root: false }), fakes.start);
  assertEquals(sources.names, ["proc"]);
  assertEquals(sources.givenUp.map(({ name, reason }) => [name, reason]), [
    ["trace", "a"],
    ["conntrack", "b"],
  ]);
  assertEquals(fakes.calls.slice(-3), ["end conntrack", "start proc", "ready proc"]);
  // Whoever is not root cannot do anything about it.
  assertEquals(fakes.said, [
    "connscribe: debug: trace: not usable here: a",
    "connscribe: debug: conntrack: not usable here: b",
  ]);
});

Deno.test("startSources asks none of those that are named", async () => {
  const fakes = new FakeCollectors();
  fakes.unusable.set("trace", ["a"]);
  const sources = await startSources("trace,proc", fakes.context(), fakes.start);
  assertEquals([sources.names, sources.givenUp], [["trace", "proc"], []]);
  assertEquals(fakes.calls, ["start trace", "start proc", "ready trace", "ready proc"]);
  sources[Symbol.dispose]();
  assertEquals(fakes.calls.slice(4), ["end trace", "end proc"]);
});

Deno.test("startSources asks none where there is one only", async () => {
  const fakes = new FakeCollectors();
  const sources = await startSources("auto", fakes.context({ procfs: "/host/proc" }), fakes.start);
  assertEquals([sources.names, fakes.calls], [["proc"], ["start proc", "ready proc"]]);
});

Deno.test("startSources leaves no collector running when one fails", async () => {
  const failure = new ExitError(EXIT.software, "it broke");
  const cases: readonly (readonly [from: string, at: string])[] = [
    ["auto", "ready trace"],
    ["auto", "probe trace"],
    ["auto", "ready conntrack"],
    ["auto", "start conntrack"],
    ["auto", "ready proc"],
    ["trace,proc", "start proc"],
    ["trace,proc", "ready trace"],
    ["trace,proc", "ready proc"],
  ];
  for (const [from, at] of cases) {
    const fakes = new FakeCollectors();
    fakes.unusable.set("trace", ["a"]);
    if (at.endsWith("proc")) fakes.unusable.set("conntrack", ["b"]);
    fakes.failures.set(at, failure);
    const error = await assertRejects(
      () => startSources(from, fakes.context(), fakes.start),
      ExitError,
    );
    assertEquals(error.message, "it broke", at);
    assert(fakes.calls.includes(at), at);
    // Which failed to start there is no need to end.
    const started = fakes.calls.filter((call) => call.startsWith("start ") && call !== at);
    const ended = fakes.calls.filter((call) => call.startsWith("end "));
    assertEquals(
      ended.map((call) => call.replace("end", "start")).sort(),
      started.sort(),
      `${from}, ${at}: ${fakes.calls.join(", ")}`,
    );
  }
});

Deno.test("startSources starts nothing when the options are wrong", async () => {
  const fakes = new FakeCollectors();
  const options = Promise.reject(new ExitError(EXIT.usage, "no such thing"));
  const context = { ...fakes.context(), options };
  await assertRejects(() => startSources("auto", context, fakes.start), ExitError, "no such thing");
  assertEquals(fakes.calls, []);
});

Deno.test("Sources has nothing to end before something runs", () => {
  using sources = new Sources();
  assertEquals([sources.names, sources.givenUp], [[], []]);
});
