/** The key of a chain. */
import { EXIT, ExitError } from "../exit.ts";
import { ioErrorText } from "../sinks/io_error.ts";
import type { System } from "../system.ts";

/** The shortest key: as long as what SHA-256 gives (RFC 2104, section 3). */
const MIN_KEY = 32;

/** Any other than the owner may do nothing; the group may read, as with systemd's credentials. */
const FORBIDDEN_MODE = 0o037;

/** Bytes of base64 text, white space left out; undefined where it is none. */
function decoded(text: string): Uint8Array | undefined {
  try {
    return Uint8Array.fromBase64(text.replaceAll(/\s/g, ""));
  } catch {
    return undefined;
  }
}

/**
 * Reads a key: random bytes in base64, as `head -c 32 /dev/urandom | base64` prints them.
 *
 * @throws {ExitError} 78 where it cannot be read, is too short, or others may read it.
 */
export function readKey(system: Pick<System, "readFile" | "stat">, path: string): Uint8Array {
  let text: string;
  let mode: number | undefined;
  try {
    mode = system.stat(path)?.mode;
    text = new TextDecoder().decode(system.readFile(path));
  } catch (error) {
    const make = error instanceof Deno.errors.NotFound
      ? `: make it with "(umask 077; head -c 32 /dev/urandom | base64 > FILE)"`
      : "";
    throw new ExitError(EXIT.config, `cannot read the key "${path}": ${ioErrorText(error)}${make}`);
  }
  if (((mode ?? 0) & FORBIDDEN_MODE) !== 0) {
    throw new ExitError(EXIT.config, `others may read the key "${path}": chmod 600 it`);
  }
  const key = decoded(text);
  if (key === undefined || key.length < MIN_KEY) {
    throw new ExitError(
      EXIT.config,
      `the key "${path}" is not 32 random bytes or more in base64: "head -c 32 /dev/urandom | base64" makes some`,
    );
  }
  return key;
}
