/** The C library, as far as a netlink socket needs it. */
import { EXIT, ExitError } from "../../../lib/exit.ts";
import { ERRNO_SYMBOLS, openLibc } from "../../../lib/libc.ts";

const BARE_NAME = "libc.so.6";

/**
 * Sizes that fit 32 bits are taken as such, which spares a bigint a call. Memory whose address only C
 * knows is `usize`: Deno's own pointers need the permission for all libraries.
 */
const SYMBOLS = {
  socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
  bind: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  getsockname: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
  getsockopt: { parameters: ["i32", "i32", "i32", "buffer", "buffer"], result: "i32" },
  setsockopt: { parameters: ["i32", "i32", "i32", "buffer", "u32"], result: "i32" },
  send: { parameters: ["i32", "buffer", "usize", "i32"], result: "i32" },
  recv: { parameters: ["i32", "buffer", "usize", "i32"], result: "i32" },
  close: { parameters: ["i32"], result: "i32" },
  malloc: { parameters: ["usize"], result: "usize" },
  free: { parameters: ["usize"], result: "void" },
  store: { name: "memcpy", parameters: ["usize", "buffer", "usize"], result: "void" },
  ...ERRNO_SYMBOLS,
  /** Waits in a thread of its own: the event loop goes on. */
  poll: { parameters: ["usize", "usize", "i32"], result: "i32", nonblocking: true },
} as const;

/** The library; it is to be closed. */
export type Libc = Deno.DynamicLibrary<typeof SYMBOLS>;

/**
 * Opens the library.
 *
 * @throws ExitError when there is none, or no permission for it.
 */
export function openNetlinkLibc(): Libc {
  try {
    return openLibc(SYMBOLS, [BARE_NAME]);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) {
      throw new ExitError(
        EXIT.permission,
        `not permitted to open "${BARE_NAME}", which --netlink needs: allow it with --allow-ffi`,
      );
    }
    throw new ExitError(
      EXIT.unavailable,
      `cannot open "${BARE_NAME}", which --netlink needs: go without --netlink, or install glibc`,
    );
  }
}
