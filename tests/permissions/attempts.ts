/** What an intruder would try, for threads that should be refused. */

/** Above the highest process id that Linux gives (PID_MAX_LIMIT): nothing gets the signal. */
const NO_PROCESS = 0x400001;

/** Each throws where it is refused. Nothing is changed by any of them where it is not. */
export const ATTEMPTS: Readonly<Record<string, () => unknown>> = {
  "connect to the network": () => Deno.connect({ hostname: "127.0.0.1", port: 1 }),
  "listen on the network": () => Deno.listen({ hostname: "127.0.0.1", port: 0 }).close(),
  "resolve a name": () => Deno.resolveDns("localhost", "A"),
  "run /bin/true": () => new Deno.Command("/bin/true").outputSync(),
  "run true out of PATH": () => new Deno.Command("true").outputSync(),
  "run a shell": () => new Deno.Command("/bin/sh", { args: ["-c", ":"] }).outputSync(),
  "write a file": () => Deno.openSync("/tmp", { write: true }).close(),
  "make a file": () => Deno.makeTempFileSync({ dir: "/nonexistent" }),
  "read /etc/shadow": () => Deno.readFileSync("/etc/shadow"),
  "read /etc/hostname": () => Deno.readFileSync("/etc/hostname"),
  "read /proc/self/environ": () => Deno.readFileSync("/proc/self/environ"),
  "read /proc/stat": () => Deno.readFileSync("/proc/stat"),
  "list /proc": () => [...Deno.readDirSync("/proc")],
  "read the environment": () => Deno.env.get("PATH"),
  "change the environment": () => Deno.env.set("CONNSCRIBE_TEST", "1"),
  "load a library": () => Deno.dlopen("/lib/none.so", {}).close(),
  "ask for the host name": () => Deno.hostname(),
  "signal a process": () => Deno.kill(NO_PROCESS, "SIGURG"),
  "import from the network": () => import(["https:", "", "localhost:1", "x.ts"].join("/")),
  "start a worker that may more": () =>
    new Worker(new URL("data:text/javascript,0"), {
      type: "module",
      deno: { permissions: { net: true } },
    }).terminate(),
};

/** What became of an attempt that threw: `refused` where Deno did not permit it. */
function outcomeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // A module that may not be imported is reported as one that cannot be.
  const refused = error instanceof Deno.errors.NotCapable ||
    /^Requires \w+ access/.test(error.message);
  return refused ? "refused" : `${error.name}: ${error.message}`;
}

/** Tries everything; returns for each what became of it: `done`, `refused`, or another error. */
export async function attemptAll(): Promise<Record<string, string>> {
  const results: Record<string, string> = {};
  for (const [name, attempt] of Object.entries(ATTEMPTS)) {
    try {
      await attempt();
      results[name] = "done";
    } catch (error) {
      results[name] = outcomeOf(error);
    }
  }
  return results;
}
