/** A connection of our own over loopback, to see whether the kernel tracks it. */

/** A listening TCP socket on the loopback address, which nothing else knows of. */
export interface LoopbackListener {
  readonly port: number;
  /** Connects to itself and closes the connection. Rejects when that fails or the signal aborts. */
  connect(signal: AbortSignal): Promise<void>;
  close(): void;
}

/**
 * Listens in the network namespace of this process.
 *
 * @throws A `Deno.errors` error when it has no such address, or listening is not permitted.
 */
export function listenOnLoopback(ipVersion: 4 | 6): LoopbackListener {
  const hostname = ipVersion === 4 ? "127.0.0.1" : "::1";
  const listener = Deno.listen({ hostname, port: 0 });
  const { port } = listener.addr;
  return {
    port,
    connect: async (signal) => {
      const client = await Deno.connect({ hostname, port, signal });
      try {
        (await listener.accept()).close();
      } finally {
        client.close();
      }
    },
    close: () => listener.close(),
  };
}
