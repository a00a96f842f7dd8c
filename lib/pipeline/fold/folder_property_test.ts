import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { Connection, ConnectionEvent, Outcome } from "../../connection.ts";
import { DEFAULT_FOLD_FIELDS, FOLD_FIELDS, type FoldField, isFoldField } from "./fields.ts";
import { Folder } from "./folder.ts";

const WINDOW = 60_000_000;

/** What is told of one connection, and when: microseconds. */
interface Life {
  readonly ip: string;
  readonly executable: string | undefined;
  readonly steps: readonly {
    readonly time: number;
    readonly bytes: number | undefined;
    readonly outcome: Outcome;
    readonly isKnown: boolean;
  }[];
  readonly isClosed: boolean;
}

const step = fc.record({
  time: fc.integer({ min: 0, max: 5 * WINDOW }),
  bytes: fc.option(fc.nat(1e6), { nil: undefined }),
  outcome: fc.constantFrom<Outcome>("established", "denied", "refused", "unknown"),
  isKnown: fc.boolean(),
});

const life: fc.Arbitrary<Life> = fc.record({
  ip: fc.constantFrom("192.0.2.1", "192.0.2.2", "2001:db8::1"),
  executable: fc.constantFrom("/bin/a", "/bin/b,3:", undefined),
  steps: fc.array(step, { minLength: 1, maxLength: 5 }),
  isClosed: fc.boolean(),
});

/** The records of a connection, in the order of their times; its bytes only grow. */
function records({ ip, executable, steps, isClosed }: Life, id: string): Connection[] {
  let bytesOut: number | undefined;
  return steps.toSorted((a, b) => a.time - b.time).map((step, i) => {
    if (step.bytes !== undefined) bytesOut = (bytesOut ?? 0) + step.bytes;
    const isLast = i === steps.length - 1;
    const event: ConnectionEvent = i === 0 && !(isLast && isClosed)
      ? "open"
      : isLast && isClosed
      ? "close"
      : "update";
    return {
      id,
      event,
      time: step.time,
      direction: "egress",
      outcome: step.outcome,
      protocol: "tcp",
      protocolNumber: 6,
      ipVersion: 4,
      local: { ip: "192.0.2.9", port: 40_000 },
      remote: { ip, port: 443 },
      ...(bytesOut !== undefined && { bytesOut }),
      ...(step.isKnown && executable !== undefined && { process: { name: "p", executable } }),
      attribution: step.isKnown ? "exact" : "none",
      collector: "trace",
      host: { id: "h", name: "n" },
    };
  });
}

function sum(of: readonly Connection[], value: (record: Connection) => number | undefined): number {
  return of.reduce((all, record) => all + (value(record) ?? 0), 0);
}

const fields = fc.subarray(Object.keys(FOLD_FIELDS).filter(isFoldField));

Deno.test("Folder conserves connections, bytes and denials, whatever it folds by and however much room there is", () => {
  fc.assert(
    fc.property(
      fc.array(life, { maxLength: 12 }),
      fields,
      fc.integer({ min: 0, max: 8 }),
      fc.integer({ min: 0, max: WINDOW }),
      (lives, by: FoldField[], maxKeys, settle) => {
        const each = lives.map((life, i) => records(life, `c${i}`));
        const all = each.flat().sort((a, b) => a.time - b.time);
        const out: Connection[] = [];
        const folder = new Folder({ windowUs: WINDOW, by, maxKeys }, (record) => out.push(record));
        for (const record of all) {
          folder.add(record);
          out.push(...folder.advance(record.time - settle));
        }
        out.push(...folder.end());
        const ends = each.map((records) => records.at(-1)).filter((end) => end !== undefined);
        assertEquals(sum(out, ({ count }) => count), lives.length);
        assertEquals(sum(out, ({ bytesOut }) => bytesOut), sum(ends, ({ bytesOut }) => bytesOut));
        assertEquals(folder.folded + out.length, all.length);
        assertEquals(sum(out, ({ records }) => records), all.length);
        assertEquals(new Set(out.map(({ id }) => id)).size, out.length);
        for (const { event, start = NaN, end = NaN, first = NaN, last = NaN } of out) {
          assertEquals([event, start % WINDOW, end - start], ["summary", 0, WINDOW]);
          assert(start <= first && first <= last && last < end);
        }
      },
    ),
    { numRuns: 300 },
  );
});

Deno.test("Folder gives out what it keeps apart as it would be in a window of its own", () => {
  fc.assert(
    fc.property(fc.array(life, { maxLength: 12 }), (lives) => {
      const all = lives.flatMap((life, i) => records(life, `c${i}`))
        .sort((a, b) => a.time - b.time);
      const by = DEFAULT_FOLD_FIELDS;
      const folded = (input: readonly Connection[]) => {
        const out: Connection[] = [];
        const folder = new Folder({ windowUs: WINDOW, by, maxKeys: 1000 }, (r) => out.push(r));
        for (const record of input) folder.add(record);
        out.push(...folder.end());
        return out;
      };
      // One summary after the other of one kind in one window: no two are alike.
      const kinds = folded(all).map(({ start, outcome, remote, process }) =>
        [start, outcome, remote?.ip, process?.executable].join(" ")
      );
      assertEquals(new Set(kinds).size, kinds.length);
      assertEquals(folded(all), folded(all));
    }),
    { numRuns: 100 },
  );
});

Deno.test("Folder lets the first of a kind through at once, and folds what is like it", () => {
  fc.assert(
    fc.property(fc.array(life, { maxLength: 12 }), (lives) => {
      const all = lives.flatMap((life, i) => records(life, `c${i}`))
        .sort((a, b) => a.time - b.time);
      const out: Connection[] = [];
      const options = { windowUs: WINDOW, by: DEFAULT_FOLD_FIELDS, maxKeys: 1000 };
      const folder = new Folder({ ...options, firstThrough: true }, (record) => out.push(record));
      for (const record of all) {
        folder.add(record);
        out.push(...folder.advance(record.time));
      }
      out.push(...folder.end());
      const through = out.filter(({ event }) => event !== "summary");
      const passed = new Set(through.map(({ id }) => id));
      assertEquals(passed.size + sum(out, ({ count }) => count), lives.length);
      assertEquals(folder.folded + out.length, all.length);
    }),
    { numRuns: 200 },
  );
});
