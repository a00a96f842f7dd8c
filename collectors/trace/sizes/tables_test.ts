import { assertEquals } from "@std/assert";
import { ProcFs } from "../../../lib/procfs/procfs.ts";
import { realSystem } from "../../../lib/system.ts";
import { FakeProcfs } from "../../../tests/fake_procfs.ts";
import type { TraceEvent } from "../event.ts";
import { ProcessTable } from "../processes.ts";
import { TraceTables } from "../tables.ts";
import { KernelModel } from "./kernel_test_tools.ts";

const PID = 7;

/** One datagram of 100 bytes, by the process. */
function datagram(): TraceEvent[] {
  const kernel = new KernelModel();
  kernel.act(PID, { do: "open", six: false, bound: false, port: 0 });
  const send = { do: "send", socket: 0, peer: 0, size: 100 } as const;
  kernel.act(PID, { ...send, more: false, refused: false });
  return kernel.events;
}

/** Bytes and datagrams of its stream. @param lost Events that are lost before and after. */
async function carried(
  sizes: boolean,
  lost: readonly [before: number, after: number] = [0, 0],
): Promise<(number | undefined)[]> {
  const root = await Deno.makeTempDir();
  try {
    new FakeProcfs(root).addProcess({ pid: PID, comm: "ntpd", startTicks: 0 });
    const system = { ...realSystem(), now: () => 0 };
    const processes = new ProcessTable(new ProcFs(system, root, () => {}), system, "host");
    const tables = new TraceTables(processes, 30_000, sizes);
    const [before, after] = lost;
    tables.take(datagram(), { horizon: 100, lost: before, now: 100 });
    tables.take([], { horizon: 1_000, lost: after, now: 1_000 });
    const end = 40_000_000;
    const closes = tables.take([], { horizon: end, lost: after, now: end })
      .filter(({ event }) => event === "close");
    return closes.flatMap(({ bytesOut, packetsOut }) => [bytesOut, packetsOut]);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

Deno.test("TraceTables tells the bytes of datagrams where sizes are traced", async () => {
  assertEquals(await carried(true), [100, 1]);
  assertEquals(await carried(false), [undefined, 1]);
});

Deno.test("TraceTables tells no bytes of datagrams that were open while events were lost", async () => {
  assertEquals(await carried(true, [1, 1]), [undefined, 1]);
  assertEquals(await carried(true, [0, 1]), [undefined, 1]);
});
