import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { Diag } from "../diag.ts";
import type { Format } from "../formats/format.ts";
import { Ledger } from "../pipeline/stage.ts";
import { assertCovering } from "../test_coverage.ts";
import { FileTarget } from "./file_target.ts";
import { LineSink } from "./line_sink.ts";
import type { LogFiles } from "./log_files.ts";
import { openForAppending } from "./open_file.ts";
import { RenamedFiles } from "./renamed_files.ts";
import { Segments } from "./segments.ts";
import { TestDisk } from "./test_disk.ts";
import { osError, recordOf, TestPipe } from "./test_output.ts";

const FORMAT: Format = {
  line: ({ id }) => `<${id}>\n`,
  report: ({ id }) => `[${id}]\n`,
};

/** Lines that are whole: nothing that is cut looks like one. */
const WHOLE = /^<(\d+)x*>$/gm;

const HOST = { id: "h", name: "web 1/x" };
const ROTATION = { size: 120, everyUs: 3_600_000_000 };
const LIMITS = { keep: 3, maxTotal: 600, maxAgeUs: 86_400_000_000 };

/** What happens. */
type Event =
  | { readonly type: "write"; readonly sizes: readonly number[] }
  | { readonly type: "clock"; readonly us: number }
  | { readonly type: "room"; readonly bytes: number }
  | { readonly type: "lacking"; readonly bytes: number }
  | { readonly type: "crash"; readonly isTorn: boolean }
  | {
    readonly type:
      | "tick"
      | "hangup"
      | "move"
      | "remove"
      | "replace"
      | "fails"
      | "works"
      | "restart";
  };

const event: fc.Arbitrary<Event> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      type: fc.constant("write" as const),
      sizes: fc.array(fc.nat(60), { maxLength: 5 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant("clock" as const),
      us: fc.integer({ min: -7_200_000_000, max: 7_200_000_000 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant("room" as const),
      bytes: fc.constantFrom(0, 1, 30, 200, Infinity),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant("lacking" as const),
      bytes: fc.constantFrom(0, 0, 100, 10_000),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constant("crash" as const), isTorn: fc.boolean() }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constantFrom(
        ...["tick", "hangup", "move", "remove", "replace", "fails", "works", "restart"] as const,
      ),
    }),
  },
);

/** A host on which records are written, and all that may happen to their files. */
class Host {
  readonly disk = new TestDisk();
  readonly ledger = new Ledger();
  readonly #isSegments: boolean;
  #sink: LineSink | undefined;
  #files: LogFiles | undefined;
  #lacking = 0;
  #count = 0;

  constructor(isSegments: boolean) {
    this.#isSegments = isSegments;
    this.disk.makeDir("/d");
  }

  happen(event: Event): void {
    const { disk } = this;
    const path = this.#files?.path ?? "";
    switch (event.type) {
      case "write": {
        const records = event.sizes.map((size) => recordOf(`${++this.#count}${"x".repeat(size)}`));
        this.ledger.read += records.length;
        if (this.#sink === undefined) this.#start();
        if (this.#sink === undefined) this.ledger.drop("not started", records.length);
        else this.#sink.write(records);
        break;
      }
      case "clock":
        disk.time += event.us;
        break;
      case "room":
        disk.capacity = disk.used + event.bytes;
        break;
      case "lacking":
        this.#lacking = event.bytes;
        break;
      case "crash":
        if (event.isTorn && this.#sink !== undefined && disk.stat(path) !== undefined) {
          disk.put(path, "<torn");
        }
        disk.endProcess();
        this.#sink = undefined;
        break;
      case "restart":
        this.#sink?.close();
        this.#sink = undefined;
        break;
      case "tick":
        this.#sink?.tick();
        break;
      case "hangup":
        this.#sink?.reopen();
        break;
      case "move":
      case "replace":
        if (disk.error !== undefined || disk.stat(path) === undefined) break;
        disk.rename(path, `/elsewhere/${disk.done.length}`);
        if (event.type === "replace") disk.put(path, "");
        break;
      case "remove":
        disk.removeFile(path);
        break;
      case "fails":
        disk.error = osError("Input/output error", 5);
        break;
      case "works":
        disk.error = undefined;
    }
  }

  #start(): void {
    const { disk } = this;
    const diag = new Diag({ stderr: new TestPipe(), env: () => undefined });
    try {
      const segments = this.#isSegments
        ? Segments.open(disk, "/d", { host: HOST, extension: "ndjson" })
        : undefined;
      const files = segments ?? new RenamedFiles(disk, "/d/x.log");
      this.#files = files;
      if (files instanceof RenamedFiles) files.mend();
      try {
        segments?.mend(() => {});
        const file = segments?.next(disk.now()) ?? openForAppending(disk, files.path);
        const target = new FileTarget(files, file, { system: disk, diag }, {
          rotation: ROTATION,
          limits: LIMITS,
          syncs: true,
          room: {
            lacking: () => this.#lacking,
            spend: (bytes) => void (this.#lacking += bytes),
          },
          atEnd: () => segments?.[Symbol.dispose](),
        });
        this.#sink = new LineSink(target, FORMAT, this.ledger, diag, { pause: () => {} });
      } catch (error) {
        segments?.[Symbol.dispose]();
        throw error;
      }
    } catch (error) {
      if (disk.error === undefined && disk.capacity === Infinity) throw error;
    }
  }
}

for (const isSegments of [false, true]) {
  const what = isSegments ? "segments" : "renamed files";
  Deno.test(`FileTarget loses and doubles nothing in ${what}, whatever happens to them`, () => {
    const seen = { emitted: 0, diskFull: 0, io: 0, removed: 0 };
    assertCovering(
      fc.property(fc.array(event, { maxLength: 40 }), (events) => {
        const host = new Host(isSegments);
        for (const event of events) host.happen(event);
        const { disk, ledger } = host;
        for (const type of ["works", "restart"] as const) host.happen({ type });
        disk.capacity = Infinity;
        host.happen({ type: "write", sizes: [1] });
        assertEquals(ledger.balance, 0);
        const texts = [...disk.paths.map((path) => disk.text(path)), ...disk.removed];
        const ids = texts.flatMap((text) => [...text.matchAll(WHOLE)].map(([, id]) => id));
        assertEquals(ids.length, ledger.emitted);
        assertEquals(new Set(ids).size, ids.length, "none twice");
        if (isSegments) {
          const here = disk.paths.filter((path) => path.startsWith("/d/"));
          assert(here.every((path) => !disk.text(path).includes("<torn")), "mended");
          for (const text of texts) assert(!/<\d/.test(text) || text.startsWith("["), text);
        }
        seen.emitted += ledger.emitted;
        seen.diskFull += ledger.dropped.get("disk_full") ?? 0;
        seen.io += ledger.dropped.get("io") ?? 0;
        seen.removed += disk.removed.length;
      }),
      { numRuns: 1500 },
      () => assert(Object.values(seen).every((count) => count > 0), JSON.stringify(seen)),
    );
  });
}
