/** A worker that tries all that it should not, and reads what it may. */
import { attemptAll } from "./attempts.ts";

self.addEventListener("message", async ({ data }) => {
  const { paths, program } = data;
  const allowed: Record<string, string> = {};
  for (const path of paths) {
    try {
      Deno.readFileSync(path);
      allowed[path] = "done";
    } catch (error) {
      allowed[path] = error instanceof Error ? error.name : String(error);
    }
  }
  const { code } = new Deno.Command(program, { args: ["--version"] }).outputSync();
  allowed[program] = code === 0 ? "done" : `ended with ${code}`;
  Reflect.apply(postMessage, self, [{ allowed, refused: await attemptAll() }]);
});
