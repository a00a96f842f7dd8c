import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { execPid, execTime } from "./exec_line.ts";

const encoder = new TextEncoder();

function pidIn(line: string): number {
  const bytes = encoder.encode(line);
  return execPid(bytes, bytes.length);
}

Deno.test("execPid reads the process id of a line as the kernel prints it", () => {
  const head = "  bash-26184   [000] .....  2202.453338: sched_process_exec: ";
  assertEquals(pidIn(`${head}filename=/usr/bin/ls pid=26184 old_pid=26184`), 26184);
  assertEquals(pidIn(`${head}filename=/usr/bin/ls pid=26184 old_pid=26190`), 26184);
  assertEquals(pidIn(" ... tracing_mark_write: end"), 0);
  assertEquals(pidIn("CPU:1 [LOST 477 EVENTS]"), 0);
});

Deno.test("execPid is not deceived by a file name", () => {
  assertEquals(pidIn("filename=/tmp/a pid=12 old_pid=3 pid=4567 old_pid=4567"), 4567);
  assertEquals(pidIn("filename=/tmp/a pid=12 old_pid=3 x"), 0);
  assertEquals(pidIn("filename=x pid=99999999999999999999 old_pid=1"), 0);
  assertEquals(pidIn("filename=x pid= old_pid=1"), 0);
  assertEquals(pidIn("pid=1 old_pid=1"), 0);
  assertEquals(pidIn("filename=x pid:7 old_pid=7"), 0);
  fc.assert(
    fc.property(fc.string(), fc.integer({ min: 1, max: 4_194_304 }), (name, pid) => {
      assertEquals(pidIn(`filename=${name} pid=${pid} old_pid=${pid}`), pid);
    }),
    { numRuns: 200 },
  );
});

Deno.test("execPid gives a possible process id or 0 for any bytes", () => {
  const part = fc.constantFrom(" pid", "=", "12", " old_pid=3", "\n", "9".repeat(20), " ");
  fc.assert(
    fc.property(fc.array(part), (parts) => {
      const pid = pidIn(parts.join(""));
      assertEquals(pid, pid | 0);
      assertEquals(pid < 0, false);
    }),
    { numRuns: 300 },
  );
});

Deno.test("execTime reads the time of a line, whatever the thread and the file are called", () => {
  const time = (line: string) => execTime(encoder.encode(line));
  const exec = ": sched_process_exec: filename=";
  assertEquals(time(`  bash-26184   [000] .....  2202.453338${exec}/a`), 2_202_453_338);
  assertEquals(time(` 1.000000: x-1 [000] .N.1.  0.000007${exec}/a: 5.000000${exec}`), 7);
  for (
    const wrong of ["", exec, `12${exec}`, `.123456${exec}`, `1.2.345678${exec}x`, "1.234567: x"]
  ) {
    assertEquals(time(wrong), wrong.startsWith("1.2.3") ? 2_345_678 : NaN, wrong);
  }
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      const time = execTime(bytes);
      assertEquals(Number.isNaN(time) || time >= 0, true);
    }),
  );
});
