import { assertEquals } from "@std/assert";
import { Ledger } from "./stage.ts";

Deno.test("Ledger counts what a collector has folded itself", () => {
  const ledger = new Ledger();
  ledger.collected({ read: 5, folded: 3, dropped: { malformed: 1 }, degraded: {} });
  ledger.emitted++;
  assertEquals([ledger.folded, ledger.balance], [3, 0]);
});

Deno.test("Ledger adds up what a collector counts, and says it in one line", () => {
  const ledger = new Ledger();
  ledger.collected({ read: 5, dropped: { malformed: 1 }, degraded: {} });
  assertEquals(`${ledger}`, "read 5, emitted 0, filtered 0, dropped 1 (malformed 1)");
  ledger.collected({ read: 3, dropped: {}, degraded: { no_bytes: 2 } });
  ledger.collected({ read: 0, dropped: {}, degraded: { no_bytes: 1, table_full: 1 } });
  ledger.emitted = 6;
  ledger.folded = 1;
  assertEquals(
    `${ledger}`,
    "read 8, emitted 6, folded 1, filtered 0, dropped 1 (malformed 1), " +
      "degraded 4 (no_bytes 3, table_full 1)",
  );
  // What is poorer has been read all the same.
  assertEquals(ledger.balance, 0);
  assertEquals(ledger.counts().degraded, { no_bytes: 3, table_full: 1 });
});
