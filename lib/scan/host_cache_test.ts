import { assert, assertEquals } from "@std/assert";
import { HostTally, type HostTallyOptions, KIND, readRun } from "./host_tally.ts";

const MIB = 1024 * 1024;
const MINUTE_MS = 60_000;
const BEGIN_MS = 1_565_647_200_000;

/** The same numbers each time, from 0 to below `limit`. */
function generator(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor(state / 2 ** 32 * limit);
  };
}

interface Row {
  readonly ms: number;
  readonly from: string;
  readonly to: string;
}

/** Counts by span, kind and name, one row after the other. */
function reference(rows: readonly Row[], options: HostTallyOptions) {
  const { spanUs, to, from, latenessUs = Infinity } = options;
  const counts = new Map<string, number>();
  let outside = 0;
  let open = 0;
  for (const row of rows) {
    const time = row.ms * 1000;
    const [caller, callee] = [row.from.toLowerCase(), row.to.toLowerCase()];
    const span = time - time % spanUs;
    const names: [number, string][] = [[KIND.most, caller], [KIND.most, callee]];
    if (callee === to) names.push([KIND.to, caller]);
    if (caller === from) names.push([KIND.from, callee]);
    if (time < open) outside++;
    else {
      for (const key of names.map((name) => JSON.stringify([span, ...name]))) {
        counts.set(key, (counts.get(key) ?? 0) + 1);
      }
    }
    const closed = time - latenessUs;
    if (closed > 0) open = Math.max(open, closed - closed % spanUs);
  }
  return { counts, outside };
}

/** Scans the rows in pieces, and sums the runs. */
function tallied(rows: readonly Row[], options: HostTallyOptions, lineEnd: string) {
  const tally = new HostTally(options);
  const counts = new Map<string, number>();
  const take = () => {
    for (const { span, kind, name, count } of readRun(tally.takeRun())) {
      const key = JSON.stringify([span, kind, name]);
      counts.set(key, (counts.get(key) ?? 0) + count);
    }
  };
  for (let i = 0; i < rows.length; i += 5000) {
    const lines = rows.slice(i, i + 5000).map(({ ms, from, to }) =>
      `${ms} ${from} ${to}${lineEnd}`
    );
    const end = new TextEncoder().encodeInto(lines.join(""), tally.buffer).written;
    for (let at = 0; at < end;) {
      at = tally.scan(at, end);
      assertEquals(tally.otherEnd, undefined);
      if (at < end) take();
    }
  }
  take();
  assertEquals([tally.malformed, tally.lines + tally.outside], [0, rows.length]);
  return { counts, outside: tally.outside };
}

/** Names of 1 to `longest` bytes, some of which begin alike. */
function namesOf(count: number, longest: number): string[] {
  const names = Array.from({ length: count }, (_, i) => {
    const tail = i.toString(36);
    return "host-".repeat(20).slice(0, Math.max(0, i % longest + 1 - tail.length)) + tail;
  });
  return [...new Set(names)];
}

function rowsOf(count: number, names: readonly string[], msAt: (i: number) => number): Row[] {
  const random = generator(count);
  const any = () => {
    const name = names[random(names.length)] ?? "";
    return random(3) === 0 ? name.toUpperCase() : name;
  };
  return Array.from({ length: count }, (_, i) => ({ ms: msAt(i), from: any(), to: any() }));
}

const NAMES = namesOf(150, 70);
const random = generator(5);

const LOGS = {
  "in order": (i: number) => BEGIN_MS + i * 10,
  "with late lines": (i: number) => BEGIN_MS + i * 10 - (random(20) === 0 ? random(90_000) : 0),
  "backwards": (i: number) => BEGIN_MS - i * 10,
  "of two spans in turn": (i: number) => BEGIN_MS + i % 2 * 3 * MINUTE_MS,
} as const;

for (const [name, msAt] of Object.entries(LOGS)) {
  for (const lineEnd of ["\n", "\r\n"]) {
    Deno.test(`HostTally counts names that come again and again, ${name}, lines ending with ${JSON.stringify(lineEnd)}`, () => {
      const rows = rowsOf(30_000, NAMES, msAt);
      const asked = { to: NAMES[3] ?? "", from: NAMES[60] ?? "" };
      for (const more of [{}, { latenessUs: 45e6 }, { to: NAMES[60] ?? "" }]) {
        const options = { spanUs: MINUTE_MS * 1000, maxBytes: MIB, ...asked, ...more };
        assertEquals(tallied(rows, options, lineEnd), reference(rows, options));
      }
    });
  }
}

Deno.test("HostTally counts more names than it can remember, and fewer again after them", () => {
  const many = namesOf(25_000, 20);
  const rows = [
    ...rowsOf(40_000, many, () => BEGIN_MS),
    ...rowsOf(20_000, NAMES, () => BEGIN_MS),
  ];
  for (const maxBytes of [MIB, 16 * MIB]) {
    const options = { spanUs: MINUTE_MS * 1000, maxBytes, to: NAMES[3] ?? "" };
    assertEquals(tallied(rows, options, "\n"), reference(rows, options));
  }
});

Deno.test("HostTally counts what it remembers in the run in which the line is", () => {
  const tally = new HostTally({ spanUs: 1000, maxBytes: MIB, to: "b" });
  const text = "1565647200000 a b\n".repeat(3);
  for (let run = 0; run < 3; run++) {
    const end = new TextEncoder().encodeInto(text, tally.buffer).written;
    assertEquals(tally.scan(0, end), end);
    assertEquals([...readRun(tally.takeRun())].map(({ name, count }) => [name, count]), [
      ["a", 3],
      ["a", 3],
      ["b", 3],
    ]);
  }
});

Deno.test("HostTally refuses lines that are like those it remembers, but malformed", () => {
  const tally = new HostTally({ spanUs: 60_000_000, maxBytes: MIB });
  const good = "1565647200000 aa bb\n";
  const bad = [
    "#1565647200000 aa bb",
    "0 aa bb",
    "x aa bb",
    "1565647200000 aa bb cc",
    "1565647200000 aa",
  ];
  const text = `${good}${bad.join("\n")}\n${good}\n \n1565647200000  aa\tbb \n1565647200000 aa bb`;
  const end = new TextEncoder().encodeInto(text, tally.buffer).written;
  assertEquals(tally.scan(0, end), end);
  assert(tally.lines === 4 && tally.malformed === 4, `${tally.lines} ${tally.malformed}`);
});
