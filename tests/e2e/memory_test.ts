/** What `watch` remembers does not grow with what it has seen. */
import { assert, assertEquals } from "@std/assert";
import { EXIT } from "../../lib/exit.ts";
import { FakeProcfs, type FakeSocket, FIRST_NETNS, socketTable } from "../fake_procfs.ts";
import { accountOf } from "../ledger.ts";
import { type Program, start, TempDir } from "../program.ts";

/** Times that all sockets are replaced by others, and how many there are each time. */
const WAVES = 40;
const SOCKETS = 10_000;

/** Resident memory in bytes (proc_pid_status(5)). */
async function residentBytes({ pid }: Program): Promise<number> {
  const status = await Deno.readTextFile(`/proc/${pid}/status`);
  return 1024 * Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]);
}

/** Connections that no other wave has. */
function connections(wave: number): FakeSocket[] {
  return Array.from({ length: SOCKETS }, (_, i) => ({
    local: ["192.0.2.1", 1000 + i],
    remote: [`198.51.100.${wave}`, 443],
    state: 1,
    inode: 1 + wave * (SOCKETS + 1) + i,
  }));
}

Deno.test("watch forgets sockets that are gone: 400,000 in all, 10,000 at a time", async () => {
  await using directory = new TempDir();
  const procfs = new FakeProcfs(directory.path);
  procfs.addNamespace(FIRST_NETNS, { tcp: [], udp: [] });
  procfs.addProcess({ pid: 1, ppid: 0, comm: "init" });
  const replace = async (name: string, sockets: readonly FakeSocket[]) => {
    const path = `${procfs.root}/namespaces/${FIRST_NETNS}/${name}`;
    await Deno.writeTextFile(`${path}.new`, socketTable(sockets));
    await Deno.rename(`${path}.new`, path);
  };
  const args = ["watch", "--procfs", procfs.root, "-i", "200ms", "-f", "csv", "--verbose"];
  await using program = start([...args, "--protocol", "udp"]);
  let atHalf = 0;
  for (let wave = 0; wave < WAVES; wave++) {
    await replace("tcp", connections(wave));
    // The only records that are written tell which wave was seen.
    await replace("udp", [{
      local: ["192.0.2.2", 1000 + wave],
      state: 7,
      inode: 0x7000_0000 + wave,
    }]);
    const isSeen = (line: string) =>
      line.includes(",listen,") && line.includes(`,192.0.2.2,${1000 + wave},`);
    await program.line(isSeen, `wave ${wave}`);
    if (wave === WAVES / 2) atHalf = await residentBytes(program);
  }
  const grown = await residentBytes(program) - atHalf;
  program.signal("SIGTERM");
  const { code, stderr } = await program.ended();
  assertEquals(code, EXIT.ok);
  const seen = accountOf(stderr).read;
  assert(seen > WAVES * SOCKETS, `${seen}`);
  // V8 returns memory late. What is kept of each socket would have to be less than 300 bytes.
  assert(grown < (WAVES / 2) * SOCKETS * 300, `${grown} bytes more, ${atHalf} at half time`);
});
