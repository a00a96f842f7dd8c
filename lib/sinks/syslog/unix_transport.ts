/** Syslog to a socket of this host, as /dev/log: datagrams of unix(7), through the C library. */
import { called, ERRNO, ERRNO_SYMBOLS, openLibc } from "../../libc.ts";
import type { Frame } from "./queue.ts";
import { MessageTooLong, type Transport, type TransportEnd } from "./transport.ts";

const SYMBOLS = {
  socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
  connect: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  send: { parameters: ["i32", "buffer", "usize", "i32"], result: "i32" },
  close: { parameters: ["i32"], result: "i32" },
  ...ERRNO_SYMBOLS,
} as const;

type Libc = Deno.DynamicLibrary<typeof SYMBOLS>;

// Numbers of Linux on x86-64 and arm64.
const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;
const MSG_NOSIGNAL = 0x4000;

/** The most common failures, in the words of strerror(3). */
const TEXTS: Readonly<Record<number, string>> = {
  [ERRNO.noent]: "no such file or directory",
  [ERRNO.acces]: "permission denied",
  [ERRNO.prototype]: "it is a socket of streams, not of datagrams",
  [ERRNO.connrefused]: "connection refused: no syslog service listens",
};

/** How long a receiver that takes nothing is left alone, milliseconds. */
const FIRST_PAUSE = 1;
const LONGEST_PAUSE = 50;

function errnoError(errno: number): Error {
  const text = TEXTS[errno] ?? `errno ${errno}`;
  return errno === ERRNO.noent ? new Deno.errors.NotFound(text) : new Error(text);
}

/** `struct sockaddr_un`: the family, the path and a NUL. */
function socketAddress(path: string): Uint8Array<ArrayBuffer> {
  const bytes = new TextEncoder().encode(path);
  const address = new Uint8Array(2 + bytes.length + 1);
  new DataView(address.buffer).setUint16(0, AF_UNIX, true);
  address.set(bytes, 2);
  return address;
}

/**
 * Opens a socket to the one at that path.
 *
 * @throws Error when there is none, or nobody listens.
 */
export function openUnix(path: string): Transport {
  const libc = openLibc(SYMBOLS);
  const type = SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC;
  const fd = called(libc, () => libc.symbols.socket(AF_UNIX, type, 0));
  if (fd < 0) {
    libc.close();
    throw errnoError(-fd);
  }
  const address = socketAddress(path);
  const result = called(libc, () => libc.symbols.connect(fd, address, address.length));
  const transport = new UnixTransport(libc, fd);
  if (result >= 0) return transport;
  transport.close();
  throw errnoError(-result);
}

class UnixTransport implements Transport {
  readonly batchBytes = 1;
  readonly isStream = false;
  /** It is known only when something is sent. */
  readonly lost = new Promise<Error>(() => {});
  readonly #libc: Libc;
  readonly #fd: number;
  #isClosed = false;

  constructor(libc: Libc, fd: number) {
    this.#libc = libc;
    this.#fd = fd;
  }

  async send(frames: readonly Frame[]): Promise<void> {
    for (const { bytes } of frames) await this.#sendOne(new Uint8Array(bytes));
  }

  async #sendOne(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    const { symbols } = this.#libc;
    const size = BigInt(bytes.length);
    for (let ms = FIRST_PAUSE;; ms = Math.min(ms * 2, LONGEST_PAUSE)) {
      if (this.#isClosed) throw new Error("it was closed");
      const result = called(
        this.#libc,
        () => symbols.send(this.#fd, bytes, size, MSG_NOSIGNAL),
      );
      if (result >= 0) return;
      if (result === -ERRNO.msgsize) throw new MessageTooLong();
      const isTemporary = result === -ERRNO.again || result === -ERRNO.nobufs ||
        result === -ERRNO.intr;
      if (!isTemporary) throw errnoError(-result);
      await new Promise<void>((resolve) => setTimeout(resolve, ms));
    }
  }

  end(): Promise<TransportEnd> {
    return Promise.resolve("unknown");
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#libc.symbols.close(this.#fd);
    this.#libc.close();
  }
}
