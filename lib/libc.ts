/** The C library of Linux, for what the runtime cannot do itself. */

/**
 * Where distributions keep glibc. To allow one library and no other, Deno wants its absolute path, spelled
 * as it is opened; a bare name needs the permission for all libraries.
 */
export const LIBC_PATHS: readonly string[] = [
  `/lib/${Deno.build.arch}-linux-gnu/libc.so.6`,
  "/lib64/libc.so.6",
  "/usr/lib/libc.so.6",
];

/** Error numbers of errno(3), on x86-64 and arm64. */
export const ERRNO = {
  perm: 1,
  noent: 2,
  intr: 4,
  io: 5,
  again: 11,
  acces: 13,
  inval: 22,
  msgsize: 90,
  prototype: 91,
  protonosupport: 93,
  opnotsupp: 95,
  afnosupport: 97,
  nobufs: 105,
  connrefused: 111,
} as const;

/**
 * What error numbers are read with: by copying, for to read at an address that only C knows needs the
 * permission for all libraries.
 */
export const ERRNO_SYMBOLS = {
  load: { name: "memcpy", parameters: ["buffer", "pointer", "usize"], result: "void" },
  errnoLocation: { name: "__errno_location", parameters: [], result: "pointer" },
} as const;

/** A library that was opened with {@linkcode ERRNO_SYMBOLS} among others. */
type WithErrno = Pick<Deno.DynamicLibrary<typeof ERRNO_SYMBOLS>, "symbols">;

/**
 * Opens the library; it is to be closed.
 *
 * @param more Other names for it, which are tried last.
 * @throws what the system says of the last one that was permitted; Deno.errors.NotCapable where none was.
 */
export function openLibc<const Symbols extends Deno.ForeignLibraryInterface>(
  symbols: Symbols,
  more: readonly string[] = [],
): Deno.DynamicLibrary<Symbols> {
  let problem: unknown;
  for (const path of [...LIBC_PATHS, ...more]) {
    try {
      return Deno.dlopen(path, symbols);
    } catch (error) {
      if (problem === undefined || !(error instanceof Deno.errors.NotCapable)) problem = error;
    }
  }
  throw problem;
}

/** The error number of the call before, on the same thread. */
export function lastErrno({ symbols }: WithErrno): number {
  const errno = new Int32Array(1);
  symbols.load(new Uint8Array(errno.buffer), symbols.errnoLocation(), 4n);
  return errno[0] ?? 0;
}

/** How often a call that fails is tried. */
const TRIES = 4;

/**
 * Makes a call that changes nothing where it fails. The runtime may itself have called the library before
 * the error number is read, so only a number that comes twice is believed.
 *
 * @returns What the call has returned; where that is negative, the error number with a minus, EIO where it
 * cannot be told.
 */
export function called(libc: WithErrno, call: () => number): number {
  const seen = new Set<number>();
  let errno = 0;
  for (let i = 0; i < TRIES; i++) {
    const result = call();
    if (result >= 0) return result;
    errno = lastErrno(libc);
    if (seen.has(errno)) break;
    seen.add(errno);
  }
  return -(errno || ERRNO.io);
}
