/** Syslog to a socket of this host, as /dev/log: datagrams of unix(7), through the C library. */
import { LIBC_PATHS } from "../../../collectors/registry.ts";
import type { Frame } from "./queue.ts";
import { MessageTooLong, type Transport, type TransportEnd } from "./transport.ts";

const SYMBOLS = {
  socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
  connect: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  send: { parameters: ["i32", "buffer", "usize", "i32"], result: "i32" },
  close: { parameters: ["i32"], result: "i32" },
  load: { name: "memcpy", parameters: ["buffer", "pointer", "usize"], result: "void" },
  errnoLocation: { name: "__errno_location", parameters: [], result: "pointer" },
} as const;

type Libc = Deno.DynamicLibrary<typeof SYMBOLS>;

// Numbers of Linux on x86-64 and arm64.
const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;
const MSG_NOSIGNAL = 0x4000;

const ERRNO = {
  noent: 2,
  intr: 4,
  again: 11,
  acces: 13,
  msgsize: 90,
  prototype: 91,
  nobufs: 105,
  connrefused: 111,
} as const;

/** The most common failures, in the words of strerror(3). */
const TEXTS: Readonly<Record<number, string>> = {
  [ERRNO.noent]: "no such file or directory",
  [ERRNO.acces]: "permission denied",
  [ERRNO.prototype]: "it is a socket of streams, not of datagrams",
  [ERRNO.connrefused]: "connection refused: no syslog service listens",
};

/** How often a call that fails is tried. */
const TRIES = 4;
/** How long a receiver that takes nothing is left alone, milliseconds. */
const FIRST_PAUSE = 1;
const LONGEST_PAUSE = 50;

function openLibc(): Libc {
  let problem: unknown;
  for (const path of LIBC_PATHS) {
    try {
      return Deno.dlopen(path, SYMBOLS);
    } catch (error) {
      problem = error;
    }
  }
  throw problem;
}

/** The error number of the call before, on the same thread. */
function lastErrno({ symbols }: Libc): number {
  const errno = new Int32Array(1);
  symbols.load(new Uint8Array(errno.buffer), symbols.errnoLocation(), 4n);
  return errno[0] ?? 0;
}

/**
 * Makes a call that changes nothing where it fails. The runtime may itself have called the library before
 * the error number is read, so only a number that comes twice is believed.
 *
 * @returns What the call has returned; where that is negative, the error number with a minus.
 */
function called(libc: Libc, call: () => number): number {
  const seen = new Set<number>();
  let errno = 0;
  for (let i = 0; i < TRIES; i++) {
    const result = call();
    if (result >= 0) return result;
    errno = lastErrno(libc);
    if (seen.has(errno)) break;
    seen.add(errno);
  }
  return -errno;
}

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
  const libc = openLibc();
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
