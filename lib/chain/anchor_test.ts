import { assertEquals } from "@std/assert";
import {
  anchorNameOf,
  anchorOfFile,
  anchorOfSegments,
  continuation,
  parseAnchor,
} from "./anchor.ts";
import { NEW_CHAIN } from "./link.ts";
import { Mac } from "./mac.ts";
import { Anchor } from "./anchor.ts";
import type { StoredFile } from "../system.ts";

const encoder = new TextEncoder();
const MAC = await Mac.load(new Uint8Array(32).fill(1));
const OTHER = await Mac.load(new Uint8Array(32).fill(2));
const LAST = { n: 12, mac: "b".repeat(32) };
const STATE = { ...LAST, first: 4 };

function saved(state: typeof STATE): { text: string; writes: number } {
  let text = "";
  let writes = 0;
  const file: StoredFile = {
    isNew: true,
    size: 0,
    writeAt: (_offset, bytes) => {
      text = new TextDecoder().decode(bytes);
      writes++;
    },
    tryLock: () => true,
    close: () => {},
  };
  const anchor = Anchor.open({ openStored: () => file }, "/anchor", MAC, state);
  anchor.save(state);
  anchor.close();
  return { text, writes };
}

Deno.test("Anchor.save writes what parseAnchor reads with the same key, once for each state", () => {
  const { text, writes } = saved(STATE);
  assertEquals(writes, 1);
  assertEquals(parseAnchor(encoder.encode(text), MAC), STATE);
  assertEquals(parseAnchor(encoder.encode(text), OTHER), undefined);
  const beginning = { ...NEW_CHAIN, first: 1 };
  const start = saved(beginning).text;
  assertEquals(parseAnchor(encoder.encode(start), MAC), beginning);
});

Deno.test("parseAnchor takes nothing that was changed", () => {
  const bytes = encoder.encode(saved(STATE).text);
  for (let i = 0; i < bytes.length; i++) {
    const changed = bytes.slice();
    changed[i] = (changed[i] ?? 0) ^ 1;
    assertEquals(parseAnchor(changed, MAC), undefined, `${i}`);
  }
});

Deno.test("continuation goes on where the log or the anchor is further, and never hides a loss", () => {
  const last = { n: 15, mac: "c".repeat(32) };
  assertEquals(continuation("none", undefined), { state: NEW_CHAIN, first: 1 });
  assertEquals(continuation(STATE, last), { state: last, first: 4 });
  assertEquals(continuation(STATE, undefined), { state: LAST, first: 4 });
  assertEquals(continuation(STATE, { ...last, n: 11 }), { state: LAST, first: 4 });
  for (const anchor of ["none", "wrong"] as const) {
    const { state, problem } = continuation(anchor, last);
    assertEquals([state, typeof problem], [NEW_CHAIN, "string"]);
  }
});

Deno.test("anchorNameOf finds the anchor of a log, whatever it was renamed to", () => {
  assertEquals(anchorOfFile("/var/log/x.ndjson"), "/var/log/.x.ndjson.chain");
  assertEquals(anchorOfFile("x"), ".x.chain");
  assertEquals(anchorOfSegments("/"), "/.connscribe.chain");
  const names = [".x.ndjson.chain", ".x.chain", ".connscribe.chain", "x.ndjson", ".y"];
  const logs: [string, string | undefined][] = [
    ["x.ndjson", ".x.ndjson.chain"],
    ["x.ndjson.1", ".x.ndjson.chain"],
    ["x.ndjson-20261121.zst", ".x.ndjson.chain"],
    ["x.1", ".x.chain"],
    ["connscribe-host-20261121T000000Z-000001.ndjson", ".connscribe.chain"],
    ["y", undefined],
  ];
  for (const [log, anchor] of logs) assertEquals(anchorNameOf(log, names), anchor, log);
});
