/** What an intruder would try, for threads that should be refused. */

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
  "signal a process": () => Deno.kill(Deno.pid, "SIGURG"),
  "import from the network": () => import(["https:", "", "localhost:1", "x.ts"].join("/")),
  "start a worker that may more": () =>
    new Worker(new URL("data:text/javascript,0"), {
      type: "module",
      deno: { permissions: { net: true } },
    }).terminate(),
};

/** Tries everything; returns for each what became of it: `done`, or the name of the error. */
export async function attemptAll(): Promise<Record<string, string>> {
  const results: Record<string, string> = {};
  for (const [name, attempt] of Object.entries(ATTEMPTS)) {
    try {
      await attempt();
      results[name] = "done";
    } catch (error) {
      results[name] = error instanceof Error ? error.name : String(error);
    }
  }
  return results;
}
