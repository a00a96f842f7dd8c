/** What the other tests run programs with. */
import { assertEquals } from "@std/assert";
import { Program, sleep } from "../program.ts";

Deno.test("Program.signal does nothing once a program has ended, also where that was not heard of yet", async () => {
  for (let i = 0; i < 20; i++) {
    await using program = new Program(["/bin/true"]);
    let hasEnded = false;
    const ended = program.ended().finally(() => hasEnded = true);
    // In most rounds one of the turns comes between the end and the promise that tells of it.
    while (!hasEnded) {
      program.signal("SIGCONT");
      await sleep(0);
    }
    const { code, signal } = await ended;
    assertEquals([code, signal], [0, null]);
  }
});
