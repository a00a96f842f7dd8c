import { assertEquals, assertMatch } from "@std/assert";
import type { Output } from "../system.ts";
import { Progress } from "./progress.ts";

/** A terminal, or what is none, and what was written to it. */
function screen(isTerminal: boolean): { stderr: Output; text: () => string } {
  let text = "";
  const stderr = {
    isTerminal,
    write(bytes: Uint8Array) {
      text += new TextDecoder().decode(bytes);
      return bytes.length;
    },
  };
  return { stderr, text: () => text };
}

/** A clock that stands still until it is told to go on. */
class Clock {
  now = 0;
  readonly read = () => this.now;
}

Deno.test("Progress draws a bar when the work is long, not more often than needed, and takes it away", () => {
  const { stderr, text } = screen(true);
  const clock = new Clock();
  const progress = new Progress({ stderr }, 1000, false, clock.read);
  progress.add(100);
  clock.now = 999;
  progress.add(100);
  assertEquals(text(), "");
  clock.now = 1000;
  progress.add(300);
  assertEquals(text(), "\r[###############...............] 50 %");
  clock.now = 1199;
  progress.add(100);
  assertEquals(text().length, "\r[###############...............] 50 %".length);
  clock.now = 1200;
  // A log that grows.
  progress.add(5000);
  assertMatch(text(), /\r\[#{30}\] 100 %$/);
  progress.clear();
  assertEquals(text().endsWith("\r\x1b[K"), true);
  const { length } = text();
  progress.clear();
  assertEquals(text().length, length);
});

Deno.test("Progress is silent where nobody sees it, or nobody knows how much there is", () => {
  for (
    const [isTerminal, total, isQuiet] of [[false, 9, false], [true, 0, false], [
      true,
      9,
      true,
    ]] as const
  ) {
    const { stderr, text } = screen(isTerminal);
    const clock = new Clock();
    const progress = new Progress({ stderr }, total, isQuiet, clock.read);
    clock.now = 5000;
    progress.add(5);
    progress.clear();
    assertEquals(text(), "");
  }
});

Deno.test("Progress goes on where the terminal has gone", () => {
  const clock = new Clock();
  const stderr: Output = {
    isTerminal: true,
    write() {
      throw new Deno.errors.BrokenPipe();
    },
  };
  const progress = new Progress({ stderr }, 10, false, clock.read);
  clock.now = 5000;
  progress.add(5);
  progress.clear();
});
