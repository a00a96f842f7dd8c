/** `export --since-last`: runs that are started whenever, and killed, give out each window once. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { EXIT } from "../../lib/exit.ts";
import { commandLine, run, sleep, TempDir } from "../program.ts";

const HEADER =
  "date,direction,uid,ipAddress,remoteHostname,protocol,port,connectCount,denyCount,byteCountIn,byteCountOut,connectingExecutable,parentAppExecutable";

const CSV = ["--window", "1s", "--format", "csv"];

/** Rows of four programs for every second of this span. */
function traffic(from: number, to: number): string {
  const lines = [HEADER];
  for (let second = from; second < to; second++) {
    const date = new Date(second * 1000).toISOString().replace(".000", "");
    for (let i = 0; i < 4; i++) {
      const count = (second * 7 + i * 3) % 5;
      lines.push(
        `${date},out,501,192.0.2.${i},h${i}.example,6,443,${count},0,${
          second % 97
        },9,"/bin/a${i}",`,
      );
    }
  }
  return lines.join("\n") + "\n";
}

/** Lines of csv without their head, by connection id. */
function lines(csv: string): string[] {
  return csv.split("\r\n").filter((line) => line !== "" && !line.startsWith("time,"));
}

/** Start of the window of a line, seconds since the epoch. */
function startOf(line: string): number {
  return Date.parse(line.split(",")[4] ?? "") / 1000;
}

function args(directory: TempDir, ...more: string[]): string[] {
  return ["export", "--input", `${directory.path}/traffic.csv`, ...more];
}

Deno.test("export --since-last gives out what one run would, whatever is killed or started twice", async () => {
  await using directory = new TempDir();
  const now = Math.floor(Date.now() / 1000);
  await Deno.writeTextFile(`${directory.path}/traffic.csv`, traffic(now - 5, now + 600));
  const out = `${directory.path}/out.csv`;
  const state = ["--since-last", `${directory.path}/state`, "--settle", "0s"];
  const words = args(directory, ...CSV, ...state, "--out", out);
  const codes = new Set<number>();
  const start = () => {
    const [program = "", ...rest] = commandLine(words);
    return new Deno.Command(program, { args: rest, stdout: "null", stderr: "piped" }).spawn();
  };
  const began = performance.now();
  const whole = await run(words);
  assertEquals([whole.code, whole.stderr], [EXIT.ok, ""]);
  const lasts = performance.now() - began;
  for (let i = 0; i < 25; i++) {
    const child = start();
    const said = new Response(child.stderr).text();
    // Anywhere between the start of the program and its end.
    await sleep(lasts * (0.1 + (i * 37 % 100) / 100));
    try {
      child.kill("SIGKILL");
    } catch { /* It has ended. */ }
    await child.status;
    await said;
  }
  const many = Array.from({ length: 20 }, async () => {
    const child = start();
    const [{ code }, said] = await Promise.all([child.status, new Response(child.stderr).text()]);
    codes.add(code);
    if (code === EXIT.temporary) assertMatch(said, /^connscribe: .*another run.*\n$/);
    else assertEquals([code, said], [EXIT.ok, ""]);
  });
  await Promise.all(many);
  // At least four windows after the first one.
  await sleep(4000 - Math.min(performance.now() - began, 3000));
  const last = await run(words);
  assertEquals([last.code, last.stderr], [EXIT.ok, ""]);
  const found = lines(await Deno.readTextFile(out));
  const starts = found.map(startOf);
  const [first = NaN, end = NaN] = [starts[0], starts.at(-1)];
  assert(end - first >= 3, `${first} to ${end}`);
  const all = await run(args(directory, ...CSV));
  const expected = lines(all.stdout).filter((line) =>
    startOf(line) >= first && startOf(line) <= end
  );
  assertEquals(found, expected);
});

Deno.test("export --since-last tells of windows that it leaves out, and never goes back", async () => {
  await using directory = new TempDir();
  const now = Math.floor(Date.now() / 1000);
  await Deno.writeTextFile(`${directory.path}/traffic.csv`, traffic(now - 5, now + 600));
  const state = ["--since-last", `${directory.path}/state`, "--settle", "0s", "--max-catchup", "2"];
  const words = (window: string) =>
    args(directory, ...state, "--window", window, "--format", "ndjson");
  assertEquals((await run(words("1s"))).code, EXIT.ok);
  await sleep(4000);
  const { code, stdout, stderr } = await run(words("1s"));
  assertEquals(code, EXIT.ok);
  assertMatch(
    stderr,
    /^connscribe: warning: \d+ windows, .* are left out: .*--max-catchup allows\n$/,
  );
  const [gap, ...records] = stdout.trim().split("\n").map((line) => JSON.parse(line));
  assertEquals(gap.event.action, "gap");
  assertEquals(new Set(records.map(({ event }) => event.start)).size, 2);
  assertEquals(gap.event.end, records[0].event.start);
  const again = await run(words("2s"));
  assertEquals([again.code, again.stdout], [78, ""]);
});
