import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { Chain } from "./chain.ts";
import type { AnchorState } from "./anchor.ts";
import { NEW_CHAIN } from "./link.ts";
import { Mac } from "./mac.ts";
import { Verifier } from "./verifier.ts";

const encoder = new TextEncoder();
const MAC = await Mac.load(new Uint8Array(32).fill(5));

/** Files of lines with their line feeds. */
type Files = Uint8Array[][];

/** Writes a chain of records to files. */
function chained(sizes: readonly number[]): { files: Files; anchor: AnchorState } {
  const chain = new Chain(MAC, NEW_CHAIN);
  const files = sizes.map((size) => {
    chain.begin();
    return Array.from({ length: size }, () => {
      const line = chain.link(encoder.encode(`{"record":"${chain.state.n} é","a":[{}]}\n`)).slice();
      chain.written(1);
      return line;
    });
  });
  return { files, anchor: { ...chain.state, first: 1 } };
}

/** Where the first fault is, `FILE:LINE`, as `verify` counts: in the order of the bytes. */
function faultIn(files: Files, anchor: AnchorState): string | undefined {
  const verifier = new Verifier(MAC, { anchor });
  let before = "0:0";
  for (const [i, lines] of files.entries()) {
    const text = new Uint8Array(lines.flatMap((line) => [...line]));
    let number = 0;
    for (let begin = 0; begin < text.length;) {
      number++;
      const found = text.indexOf(10, begin);
      const end = found < 0 ? text.length : found;
      const fault = verifier.line(text.subarray(begin, end));
      if (fault !== undefined) return fault.isBefore ? before : `${i}:${number}`;
      before = `${i}:${number}`;
      begin = end + 1;
    }
  }
  return verifier.end() === undefined ? undefined : "end";
}

const shape = fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 4 });
const place = fc.record({ file: fc.nat(), line: fc.nat(), byte: fc.nat(), bit: fc.nat(7) });

/** What is changed, and where that is to be found. */
function pick(files: Files, { file, line }: { file: number; line: number }) {
  const i = file % files.length;
  const lines = files[i] ?? [];
  const j = line % lines.length;
  const isLast = i === files.length - 1 && j === lines.length - 1;
  return { i, j, lines, isLast, at: `${i}:${j + 1}` };
}

Deno.test("Verifier finds nothing wrong with what was written", () => {
  fc.assert(
    fc.property(shape, (sizes) => {
      const { files, anchor } = chained(sizes);
      assertEquals(faultIn(files, anchor), undefined);
    }),
    { numRuns: 100 },
  );
});

Deno.test("Verifier names the line of which a bit was changed", () => {
  fc.assert(
    fc.property(shape, place, (sizes, where) => {
      const { files, anchor } = chained(sizes);
      const { j, lines, at, isLast } = pick(files, where);
      const line = lines[j] ?? new Uint8Array(1);
      const byte = where.byte % line.length;
      line[byte] = (line[byte] ?? 0) ^ (1 << where.bit);
      const fault = faultIn(files, anchor);
      // Of the last line there is nothing behind it: it may look like one that was torn.
      assert(fault === at || (isLast && fault === "end"), `${fault} for ${at}`);
    }),
    { numRuns: 500 },
  );
});

Deno.test("Verifier names the line behind those that were removed", () => {
  fc.assert(
    fc.property(shape, place, fc.integer({ min: 1, max: 9 }), (sizes, where, count) => {
      const { files, anchor } = chained(sizes);
      const { i, j, lines, at } = pick(files, where);
      lines.splice(j, count);
      const isFollowed = lines.length > j;
      const next = isFollowed ? at : i + 1 < files.length ? `${i + 1}:1` : "end";
      assertEquals(faultIn(files, anchor), next);
    }),
    { numRuns: 300 },
  );
});

Deno.test("Verifier names the first of two lines that were swapped", () => {
  fc.assert(
    fc.property(shape, place, place, (sizes, one, other) => {
      const { files, anchor } = chained(sizes);
      const [a, b] = [pick(files, one), pick(files, other)];
      fc.pre(a.at !== b.at);
      const [lineA, lineB] = [a.lines[a.j], b.lines[b.j]];
      assert(lineA !== undefined && lineB !== undefined);
      [a.lines[a.j], b.lines[b.j]] = [lineB, lineA];
      assertEquals(faultIn(files, anchor), [a.at, b.at].sort()[0]);
    }),
    { numRuns: 300 },
  );
});

Deno.test("Verifier names a line that was added: a copy, one without a link, one of another chain", () => {
  const { files: [foreign = []] } = chained([6]);
  fc.assert(
    fc.property(shape, place, place, fc.integer({ min: 0, max: 2 }), (sizes, where, from, kind) => {
      const { files, anchor } = chained(sizes);
      const { i, j, lines } = pick(files, where);
      // Before the first line of all nothing is expected yet.
      fc.pre(i > 0 || j > 0);
      const source = pick(files, from);
      const copy = source.lines[source.j] ?? new Uint8Array();
      const other = foreign.map((line) => line.slice(0, -9)).map((line) =>
        new Uint8Array([...line, ...encoder.encode('0000"}}\n')])
      );
      const added = [copy, encoder.encode('{"record":"x"}\n'), other[from.byte % 6] ?? copy][kind];
      lines.splice(j, 0, added ?? copy);
      const fault = faultIn(files, anchor);
      // The copy of the line that stood there takes its place: then the line itself is one too many.
      const isItself = kind === 0 && copy === lines[j + 1];
      assertEquals(fault, `${i}:${isItself ? j + 2 : j + 1}`);
    }),
    { numRuns: 300 },
  );
});

Deno.test("Verifier finds that a file is missing, stands in another place, or is an older one", () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 2, maxLength: 5 });
  fc.assert(
    fc.property(sizes, fc.nat(), fc.nat(), (shape, a, b) => {
      const { files, anchor } = chained(shape);
      const i = a % files.length;
      const without = files.filter((_, k) => k !== i);
      assertEquals(faultIn(without, anchor), i < without.length ? `${i}:1` : "end");
      const j = b % files.length;
      if (i === j) return;
      const replayed = files.map((file, k) => k === i ? files[j] ?? [] : file);
      assertEquals(faultIn(replayed, anchor), `${i}:1`);
    }),
    { numRuns: 200 },
  );
});

Deno.test("Verifier tells a line that was torn by a kill from one that was changed", () => {
  const { files: [lines = []], anchor } = chained([6]);
  const torn = (lines[3] ?? new Uint8Array()).slice(0, 20);
  const ended = new Uint8Array([...torn, 10]);
  // A kill, and the next run: the line is written again.
  assertEquals(faultIn([[...lines.slice(0, 3), ended, ...lines.slice(3)]], anchor), undefined);
  // A run that goes on.
  const third = chained([3]).anchor;
  assertEquals(faultIn([[...lines.slice(0, 3), torn]], third), undefined);
  // The end was cut off.
  assertEquals(faultIn([[...lines.slice(0, 3), torn]], anchor), "end");
});

Deno.test("Verifier does not take a record that was added for one that was torn", () => {
  const { files: [lines = []], anchor } = chained([4]);
  for (const end of [" ", "\t", "\r", " //"]) {
    const forged = encoder.encode(`{"record":"x"}${end}\n`);
    assertEquals(faultIn([[...lines.slice(0, 2), forged, ...lines.slice(2)]], anchor), "0:3");
  }
});

Deno.test("Verifier allows for a start or an end that is elsewhere, at the border of a file only", () => {
  const { files, anchor } = chained([3, 3, 3]);
  const fault = (lines: Files, options: ConstructorParameters<typeof Verifier>[1]) => {
    const verifier = new Verifier(MAC, options);
    for (const line of lines.flat()) {
      const found = verifier.line(line.subarray(0, -1));
      if (found !== undefined) return found.what;
    }
    return verifier.end();
  };
  assertEquals(fault(files.slice(1), { anchor, allowsLaterStart: true }), undefined);
  assertEquals(fault(files.slice(1), { anchor }), "records 1 to 3 are missing before it");
  const removed = { ...anchor, first: 4 };
  assertEquals(fault(files.slice(1), { anchor: removed }), undefined);
  assertEquals(fault(files, { anchor: removed }), undefined);
  assertEquals(
    fault(files.slice(2), { anchor: removed }),
    "records 4 to 6 are missing before it",
  );
  assertEquals(fault(files.slice(0, 2), { anchor, allowsEarlierEnd: true }), undefined);
  assertEquals(fault(files.slice(0, 2), { anchor }), "records 7 to 9 are missing at the end");
  const headless = [(files[1] ?? []).slice(1), files[2] ?? []];
  assertEquals(
    fault(headless, { anchor, allowsLaterStart: true }),
    "the file begins with record 5, before which there was another one in it",
  );
});

Deno.test("Verifier finds that the anchor is of another log", () => {
  const { files, anchor } = chained([3, 2]);
  assertEquals(faultIn(files, { ...anchor, mac: "0".repeat(32) }), "end");
  assertEquals(faultIn(files, { ...anchor, n: 2, mac: "0".repeat(32) }), "end");
});
