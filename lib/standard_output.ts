/**
 * Exact writing to standard output. `Deno.stdout.writeSync` goes through the line buffer of Rust's
 * standard library (`std::io::LineWriter`): when it throws, it does not say how much it has taken. Some
 * may be written, and up to 1024 bytes may be held back, to go out before whatever is written next, or
 * when the program ends.
 */

/** Size of that buffer, bytes. */
const BUFFER_SIZE = 1024;

const LINE_FEED = 0x0a;
const NOTHING = new Uint8Array(0);

/** What may go to a line writer at once so that it takes either all of it or nothing. */
function piece(bytes: Uint8Array): Uint8Array {
  if (bytes.length <= BUFFER_SIZE && bytes[bytes.length - 1] === LINE_FEED) return bytes;
  const end = bytes.lastIndexOf(LINE_FEED, BUFFER_SIZE - 1) + 1;
  return bytes.subarray(0, end > 0 ? end : BUFFER_SIZE);
}

/**
 * Makes a function that writes some of the bytes and returns how many, and that throws only when it
 * has taken none: as write(2) does.
 *
 * @param write Writes to a line writer and flushes it, as `Deno.stdout.writeSync` does.
 */
export function exactWriter(
  write: (bytes: Uint8Array) => number,
): (bytes: Uint8Array) => number {
  /** Whether bytes that were taken are held back. */
  let held = false;

  return (bytes) => {
    if (held) {
      write(NOTHING);
      held = false;
    }
    const taken = piece(bytes);
    try {
      return write(taken);
    } catch (error) {
      // Writing nothing flushes: it fails if something is held back. (Should it work again in just this
      // moment, the piece would be written twice.)
      try {
        write(NOTHING);
      } catch {
        held = true;
        return taken.length;
      }
      throw error;
    }
  };
}
