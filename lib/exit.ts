/** Exit statuses of sysexits.h that connscribe uses. */
export const EXIT = {
  ok: 0,
  /** Command line is wrong (EX_USAGE). */
  usage: 64,
  /** Input is malformed beyond use (EX_DATAERR). */
  data: 65,
  /** No source of connections is usable (EX_UNAVAILABLE). */
  unavailable: 69,
  /** A fault of connscribe itself (EX_SOFTWARE). */
  software: 70,
  /** An output file cannot be created (EX_CANTCREAT). */
  cannotCreate: 73,
  /** Output was lost to an I/O error (EX_IOERR). */
  io: 74,
  /** Try again later (EX_TEMPFAIL). */
  temporary: 75,
  /** Not permitted (EX_NOPERM). */
  permission: 77,
  /** Configuration file is wrong (EX_CONFIG). */
  config: 78,
} as const;

/**
 * Ends the program with one line on stderr.
 * The message says what failed, on what, and what to do; no full stop, no stack.
 */
export class ExitError extends Error {
  override readonly name = "ExitError";

  /** @param code Exit status: one of {@linkcode EXIT}. */
  constructor(readonly code: number, message: string) {
    super(message);
  }
}
