/**
 * Identities that are the same again on every run: of the host, of processes, and the beginning of the
 * identities of connections. All are cut SHA-256 hashes.
 */
import { hmac } from "@noble/hashes/hmac";
import { sha256 } from "@noble/hashes/sha2";

/** What the machine id is hashed with, so that no other program derives the same host id. */
const APPLICATION = "connscribe host id 1";

const encoder = new TextEncoder();

/** Longest text that is encoded in place, UTF-16 code units: each takes three bytes at most. */
const SHORT = 2048;
const place = new Uint8Array(SHORT * 3);

function encode(text: string): Uint8Array {
  if (text.length > SHORT) return encoder.encode(text);
  return place.subarray(0, encoder.encodeInto(text, place).written);
}

/** Length in UTF-8, bytes. */
function byteLength(text: string): number {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7f) return encode(text).length;
  return text.length;
}

// A hash that has taken nothing in, and one that begins as it does: making one costs as much as hashing.
const begun = sha256.create();
const hash = sha256.create();

/** Hashes the parts, each after its length: no two lists of parts are hashed as the same bytes. */
function digest(parts: readonly string[]): Uint8Array {
  let message = "";
  for (const part of parts) message += `${byteLength(part)}:${part}`;
  return begun._cloneInto(hash).update(encode(message)).digest();
}

/** The first bytes, as many as are asked for. */
function base64Url(bytes: Uint8Array, length: number): string {
  return bytes.subarray(0, length).toBase64({ alphabet: "base64url", omitPadding: true });
}

/**
 * Identity of a host, 32 hexadecimal digits, from the text of /etc/machine-id. The machine id itself is
 * confidential, so it is the key of an HMAC, as machine-id(5) asks for; white space around it and the case
 * of its letters do not matter.
 */
export function hostId(machineId: string): string {
  const key = encoder.encode(machineId.trim().toLowerCase());
  return hmac(sha256, key, encoder.encode(APPLICATION)).slice(0, 16).toHex();
}

/**
 * Identity of a process, 22 characters of base64url (128 bits). It does not depend on the clock, and no
 * two processes share it: a process id is not used twice within a tick of the clock.
 *
 * @param host What {@linkcode hostId} gave.
 * @param bootId /proc/sys/kernel/random/boot_id.
 * @param startTicks Start time in clock ticks since boot.
 */
export function entityId(host: string, bootId: string, pid: number, startTicks: number): string {
  return base64Url(digest(["process", host, bootId, String(pid), String(startTicks)]), 16);
}

/** 12 characters of base64url (72 bits) that stand for all the parts, in their order. */
export function idPrefix(...parts: string[]): string {
  return base64Url(digest(parts), 9);
}
