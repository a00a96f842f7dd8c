/** Syslog over UDP (RFC 5426): one message a datagram, and no word of what is lost. */
import type { Socket } from "node:dgram";
import type { Frame } from "./queue.ts";
import type { StreamTarget } from "./stream_transport.ts";
import { MessageTooLong, type Transport, type TransportEnd } from "./transport.ts";

/** How long a host that was looked up is sent to. */
const LIFE_MS = 5 * 60_000;

/**
 * Looks the host up and opens a socket.
 *
 * @throws Errors of the system.
 */
export async function openUdp({ host, port }: StreamTarget): Promise<Transport> {
  // Loaded late: who does not send over UDP need not wait for it.
  const { createSocket } = await import("node:dgram");
  const { lookup } = await import("node:dns/promises");
  const { address, family } = await lookup(host);
  const socket = createSocket(family === 6 ? "udp6" : "udp4");
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once("error", reject);
      socket.connect(port, address, () => {
        socket.off("error", reject);
        resolve();
      });
    });
  } catch (error) {
    socket.close();
    throw error;
  }
  return new UdpTransport(socket);
}

class UdpTransport implements Transport {
  readonly batchBytes = 1;
  readonly isStream = false;
  readonly lifeMs = LIFE_MS;
  readonly lost: Promise<Error>;
  readonly #socket: Socket;
  #isClosed = false;

  constructor(socket: Socket) {
    this.#socket = socket;
    this.lost = new Promise((resolve) => socket.on("error", resolve));
  }

  async send(frames: readonly Frame[]): Promise<void> {
    for (const { bytes } of frames) {
      await new Promise<void>((resolve, reject) =>
        this.#socket.send(bytes, (error) => {
          if (error === null) resolve();
          else reject("code" in error && error.code === "EMSGSIZE" ? new MessageTooLong() : error);
        })
      );
    }
  }

  end(): Promise<TransportEnd> {
    return Promise.resolve("unknown");
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#socket.close();
  }
}
