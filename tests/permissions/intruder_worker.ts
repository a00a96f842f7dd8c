/** A worker that reads and runs what it may, and tries all that it should not. */
import { attemptAll } from "./attempts.ts";

/** The part of a worker's global scope that is used. */
interface Scope {
  postMessage(answer: unknown): void;
  onmessage: (event: { data: { paths: string[]; program?: string } }) => unknown;
}

function isScope(scope: object): scope is Scope {
  return "postMessage" in scope;
}

async function outcomeOf(allowed: () => Promise<unknown>): Promise<string> {
  try {
    await allowed();
    return "done";
  } catch (error) {
    return String(error);
  }
}

const scope: object = self;
if (isScope(scope)) {
  scope.onmessage = async ({ data: { paths, program } }) => {
    const allowed: Record<string, string> = {};
    for (const path of paths) allowed[path] = await outcomeOf(() => Deno.readFile(path));
    if (program !== undefined) {
      const command = () => new Deno.Command(program, { args: ["--version"] }).output();
      allowed[program] = await outcomeOf(command);
    }
    scope.postMessage({ allowed, refused: await attemptAll() });
  };
}
