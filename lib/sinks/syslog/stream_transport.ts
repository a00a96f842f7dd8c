/** Syslog over TCP (RFC 6587) and TLS (RFC 5425), with octet counting. */
import { countOctets } from "./frame.ts";
import type { TlsFiles } from "./protocol.ts";
import type { Frame } from "./queue.ts";
import type { SyslogTarget } from "./target.ts";
import { type Transport, type TransportEnd, withTimeLimit } from "./transport.ts";

/** How long a connection may take to be made, milliseconds. */
const CONNECT_MS = 10_000;
const BATCH_BYTES = 65_536;

/** The part of a connection that is used. */
export type StreamConn = Pick<Deno.Conn, "read" | "write" | "close" | "closeWrite">;

/** A target of these. */
export type StreamTarget = Extract<SyslogTarget, { readonly transport: "udp" | "tcp" | "tls" }>;

/**
 * Connects. The certificate must be valid for the host as the target names it. Files are read each time,
 * so that renewed ones are used.
 *
 * @throws Errors of the system and of TLS.
 */
export async function openStream(target: StreamTarget, tls: TlsFiles): Promise<Transport> {
  const { transport, host: hostname, port } = target;
  const what = "it does not answer";
  if (transport !== "tls") {
    const conn = await inTime(Deno.connect({ hostname, port }), what);
    conn.setKeepAlive(true);
    return new StreamTransport(conn);
  }
  const { ca, cert, key } = tls;
  const read = (path: string) => Deno.readTextFileSync(path);
  const conn = await inTime(
    Deno.connectTls({
      hostname,
      port,
      ...(ca !== undefined && { caCerts: [read(ca)] }),
      ...(cert !== undefined && key !== undefined && { cert: read(cert), key: read(key) }),
    }),
    what,
  );
  try {
    await withTimeLimit(CONNECT_MS, conn.handshake(), "it does not answer in TLS");
  } catch (error) {
    conn.close();
    throw error;
  }
  return new StreamTransport(conn);
}

/** A connection that comes too late is closed. */
async function inTime<C extends StreamConn>(coming: Promise<C>, what: string): Promise<C> {
  try {
    return await withTimeLimit(CONNECT_MS, coming, what);
  } catch (error) {
    coming.then((conn) => conn.close(), () => {});
    throw error;
  }
}

/** A connection. */
export class StreamTransport implements Transport {
  readonly batchBytes = BATCH_BYTES;
  readonly isStream = true;
  readonly lost: Promise<Error>;
  readonly #conn: StreamConn;
  #isClosed = false;
  #isEof = false;

  constructor(conn: StreamConn) {
    this.#conn = conn;
    this.lost = this.#read();
  }

  async send(frames: readonly Frame[]): Promise<void> {
    const bytes = countOctets(frames.map(({ bytes }) => bytes));
    for (let i = 0; i < bytes.length;) i += await this.#conn.write(bytes.subarray(i));
  }

  /**
   * A receiver closes its end when it has read to the end of ours; when it ends with something unread, the
   * kernel resets the connection (RFC 1122, 4.2.2.13).
   */
  async end(ms: number): Promise<TransportEnd> {
    try {
      await this.#conn.closeWrite();
      await withTimeLimit(ms, this.lost, "it does not close its end");
      return this.#isEof ? "confirmed" : "lost";
    } catch (error) {
      return error instanceof Deno.errors.TimedOut ? "unknown" : "lost";
    }
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#conn.close();
  }

  /** Receivers say nothing; only so is it known that they are gone. */
  async #read(): Promise<Error> {
    const buffer = new Uint8Array(512);
    try {
      while (await this.#conn.read(buffer) !== null);
      this.#isEof = true;
      return new Deno.errors.ConnectionReset("it has closed the connection");
    } catch (error) {
      // The end of TCP without that of TLS: so rsyslog ends a connection.
      this.#isEof = error instanceof Deno.errors.UnexpectedEof;
      return error instanceof Error ? error : new Error(String(error));
    }
  }
}
