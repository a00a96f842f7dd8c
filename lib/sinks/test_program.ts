/**
 * A program for tests: writes records to standard output in two batches, and the ledger as the
 * last line of stderr. Between the batches it says "between" on stderr and waits for a byte on stdin.
 */
import { Diag } from "../diag.ts";
import { Ledger } from "../pipeline/stage.ts";
import { realSystem } from "../system.ts";
import { LineSink } from "./line_sink.ts";
import { FixedTarget } from "./target.ts";
import { ID_FORMAT, recordOf } from "./test_output.ts";

const system = realSystem();
const ledger = new Ledger();
const diag = new Diag(system);
const sink = new LineSink(new FixedTarget(system.stdout), ID_FORMAT, ledger, diag);
for (let batch = 0; batch < 2; batch++) {
  const records = Array.from({ length: 400 }, (_, i) => {
    return recordOf(`<${batch}.${i}:${"x".repeat(1 + (i * 7) % 500)}>`);
  });
  ledger.read += records.length;
  sink.write(records);
  if (batch > 0) break;
  await Deno.stderr.write(new TextEncoder().encode("between\n"));
  await Deno.stdin.read(new Uint8Array(1));
}
sink.close();
const { read, emitted, dropped, balance } = ledger;
const account = { read, emitted, balance, dropped: Object.fromEntries(dropped) };
await Deno.stderr.write(new TextEncoder().encode(`\n${JSON.stringify(account)}`));
