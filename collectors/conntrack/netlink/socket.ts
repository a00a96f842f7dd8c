/** Netlink sockets of netfilter, through the C library. */
import { EXIT, ExitError } from "../../../lib/exit.ts";
import { called, ERRNO, lastErrno } from "../../../lib/libc.ts";
import { NETLINK_NETFILTER } from "./ctnetlink.ts";
import { type Libc, openNetlinkLibc } from "./libc.ts";

/** What {@linkcode NetlinkSocket.receive} returns when there is no datagram. */
export const EMPTY = -1;

/** What it returns, once, after the kernel had to drop datagrams: the receive buffer was full. */
export const OVERRUN = -2;

/** A netlink socket. It must not be disposed of while {@linkcode readable} waits. */
export interface NetlinkSocket extends Disposable {
  /** Where the latest datagram is. */
  readonly buffer: Uint8Array;
  /** Number of the socket; the kernel gives one to each. */
  readonly portid: number;
  /** Bytes of datagrams that wait to be read, at most; undefined where the kernel does not say. */
  readonly receiveBuffer: number | undefined;
  /**
   * Takes the next datagram and returns its length, which is beyond that of {@linkcode buffer} when it
   * did not fit; else {@linkcode EMPTY} or {@linkcode OVERRUN}. Does not wait.
   *
   * @throws ExitError when the socket is of no use any more.
   */
  receive(): number;
  /**
   * Sends a request to the kernel.
   *
   * @throws ExitError
   */
  send(message: Uint8Array): void;
  /** Waits until there is something to receive, or for so many milliseconds. */
  readable(ms: number): Promise<void>;
}

/** How a socket is opened. */
export interface NetlinkSocketOptions {
  /** Multicast groups to hear, as bits. */
  readonly groups: number;
  /** Receive buffer to ask for, bytes. */
  readonly receiveBuffer?: number;
}

/** Opens a netlink socket of netfilter. */
export type OpenNetlinkSocket = (options: NetlinkSocketOptions) => NetlinkSocket;

// Numbers of Linux on x86-64 and arm64.
const SOCK_RAW = 3;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;
const AF_NETLINK = 16;
const SOL_SOCKET = 1;
const SO_RCVBUF = 8;
const SO_RCVBUFFORCE = 33;
/** Makes recv(2) return the whole length of a datagram that it has cut. */
const MSG_TRUNC = 0x20;
const POLLIN = 1;
const POLLFD_SIZE = 8n;
const SOCKADDR_NL_SIZE = 12;

/** The kernel's answers are up to 32 KiB (`netlink_recvmsg`), events a few hundred bytes. */
const BUFFER_SIZE = 64 * 1024;

/**
 * What a failed call means for the program.
 *
 * @param what What could not be done: `open a netlink socket`.
 */
export function netlinkError(errno: number, what: string): ExitError {
  switch (errno) {
    case ERRNO.perm:
    case ERRNO.acces:
      return new ExitError(
        EXIT.permission,
        `not permitted to ${what}: run as root or with CAP_NET_ADMIN`,
      );
    case ERRNO.noent:
    case ERRNO.inval:
    case ERRNO.opnotsupp:
    case ERRNO.protonosupport:
    case ERRNO.afnosupport:
      return new ExitError(
        EXIT.unavailable,
        `cannot ${what}: the kernel has no nf_conntrack_netlink, load it with "modprobe nf_conntrack_netlink"`,
      );
    default:
      return new ExitError(EXIT.unavailable, `cannot ${what}: errno ${errno}`);
  }
}

class LibcSocket implements NetlinkSocket {
  readonly buffer = new Uint8Array(BUFFER_SIZE);
  readonly #size = BigInt(BUFFER_SIZE);
  readonly #libc: Libc;
  readonly #fd: number;
  /** A `struct pollfd` in C's own memory: when a worker is terminated, a poll goes on for a moment. */
  readonly #pollfd: bigint;
  #failed = false;

  constructor(libc: Libc, fd: number) {
    this.#libc = libc;
    this.#fd = fd;
    this.#pollfd = libc.symbols.malloc(POLLFD_SIZE);
    const pollfd = new DataView(new ArrayBuffer(Number(POLLFD_SIZE)));
    pollfd.setInt32(0, fd, true);
    pollfd.setInt16(4, POLLIN, true);
    libc.symbols.store(this.#pollfd, new Uint8Array(pollfd.buffer), POLLFD_SIZE);
  }

  /** Joins the groups and asks for the buffer; more than `net.core.rmem_max` is for root alone. */
  bind({ groups, receiveBuffer }: NetlinkSocketOptions): void {
    const { symbols } = this.#libc;
    if (receiveBuffer !== undefined) {
      const size = new Uint8Array(Int32Array.of(receiveBuffer).buffer);
      if (symbols.setsockopt(this.#fd, SOL_SOCKET, SO_RCVBUFFORCE, size, 4) < 0) {
        symbols.setsockopt(this.#fd, SOL_SOCKET, SO_RCVBUF, size, 4);
      }
    }
    const address = new DataView(new ArrayBuffer(SOCKADDR_NL_SIZE));
    address.setUint16(0, AF_NETLINK, true);
    address.setUint32(8, groups, true);
    const bytes = new Uint8Array(address.buffer);
    const result = called(
      this.#libc,
      () => symbols.bind(this.#fd, bytes, SOCKADDR_NL_SIZE),
    );
    if (result < 0) throw netlinkError(-result, "listen to the kernel's conntrack events");
  }

  get portid(): number {
    const address = new DataView(new ArrayBuffer(SOCKADDR_NL_SIZE));
    const length = new Uint8Array(Int32Array.of(SOCKADDR_NL_SIZE).buffer);
    this.#libc.symbols.getsockname(this.#fd, new Uint8Array(address.buffer), length);
    return address.getUint32(4, true);
  }

  get receiveBuffer(): number {
    const size = new Int32Array(1);
    const length = new Uint8Array(Int32Array.of(4).buffer);
    const bytes = new Uint8Array(size.buffer);
    this.#libc.symbols.getsockopt(this.#fd, SOL_SOCKET, SO_RCVBUF, bytes, length);
    // The kernel doubles what was asked for, to account for its own overhead (socket(7)).
    return (size[0] ?? 0) / 2;
  }

  receive(): number {
    const length = this.#libc.symbols.recv(this.#fd, this.buffer, this.#size, MSG_TRUNC);
    if (length >= 0) {
      this.#failed = false;
      return length;
    }
    const errno = lastErrno(this.#libc);
    switch (errno) {
      case ERRNO.again:
      case ERRNO.intr:
        this.#failed = false;
        return EMPTY;
      case ERRNO.nobufs:
        this.#failed = false;
        return OVERRUN;
    }
    // The runtime might have called the library in between: only a number that comes again is believed.
    if (this.#failed) throw netlinkError(errno, "receive from the kernel");
    this.#failed = true;
    return EMPTY;
  }

  send(message: Uint8Array): void {
    const { symbols } = this.#libc;
    // An own copy: a view into shared memory is none that the library may be given.
    const bytes = new Uint8Array(message);
    const result = called(
      this.#libc,
      () => Number(symbols.send(this.#fd, bytes, BigInt(bytes.length), 0)),
    );
    if (result < 0) throw netlinkError(-result, "ask the kernel for its connections");
  }

  async readable(ms: number): Promise<void> {
    await this.#libc.symbols.poll(this.#pollfd, 1n, ms);
  }

  [Symbol.dispose](): void {
    this.#libc.symbols.close(this.#fd);
    this.#libc.symbols.free(this.#pollfd);
    this.#libc.close();
  }
}

/**
 * Opens a socket in the network namespace of this process.
 *
 * @throws ExitError when it cannot be opened.
 */
export function openNetlinkSocket(options: NetlinkSocketOptions): NetlinkSocket {
  const libc = openNetlinkLibc();
  const type = SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC;
  const fd = called(
    libc,
    () => libc.symbols.socket(AF_NETLINK, type, NETLINK_NETFILTER),
  );
  if (fd < 0) {
    libc.close();
    throw netlinkError(-fd, "open a netlink socket");
  }
  const socket = new LibcSocket(libc, fd);
  try {
    socket.bind(options);
    return socket;
  } catch (error) {
    socket[Symbol.dispose]();
    throw error;
  }
}
