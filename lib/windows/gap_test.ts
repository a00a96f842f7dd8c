import { assertEquals, assertNotEquals } from "@std/assert";
import { gapReport } from "./gap.ts";

const HOST = { id: "4d1f2a", name: "web-1" };
const GAP = { start: 3_600_000_000, end: 7_200_000_000 };

Deno.test("gapReport says which windows are missing and why", () => {
  const { id: _, ...report } = gapReport(HOST, GAP, 300_000_000, "max-catchup");
  assertEquals(report, {
    kind: "gap",
    time: GAP.end,
    host: HOST,
    from: GAP.start,
    to: GAP.end,
    windows: 12,
    reason: "max-catchup",
  });
});

Deno.test("gapReport is the same again for the same gap, and another for any other", () => {
  const report = gapReport(HOST, GAP, 300_000_000, "max-catchup");
  assertEquals(gapReport(HOST, { ...GAP }, 300_000_000, "max-catchup"), report);
  const others = [
    gapReport({ ...HOST, id: "other" }, GAP, 300_000_000, "max-catchup"),
    gapReport(HOST, { ...GAP, start: 0 }, 300_000_000, "max-catchup"),
    gapReport(HOST, { ...GAP, end: 10_800_000_000 }, 300_000_000, "max-catchup"),
    gapReport(HOST, GAP, 60_000_000, "max-catchup"),
    gapReport(HOST, GAP, 300_000_000, "no-data"),
  ];
  for (const { id } of others) assertNotEquals(id, report.id);
});
