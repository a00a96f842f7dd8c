/** Ports for servers of tests. */

/** The ports that tests choose from: those that the kernel gives to nobody (ip_local_port_range). */
const FIRST_PORT = 10_000;
const LAST_PORT = 32_767;

/** A port of loopback that nobody uses, and that nobody gets meanwhile who asks for any. */
export function freePort(): number {
  for (let tries = 0; tries < 1000; tries++) {
    const port = FIRST_PORT + Math.floor(Math.random() * (LAST_PORT + 1 - FIRST_PORT));
    try {
      using _listener = Deno.listen({ hostname: "127.0.0.1", port });
      return port;
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    }
  }
  throw new Error("no port of loopback is free");
}
