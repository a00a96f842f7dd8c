/** What tells one event or one connection from all others. */

/**
 * An identity in its parts, for most of which a line needs no text: what it begins with, and what it ends with, as
 * text or as bytes that are written in base64 (RFC 4648, section 4). The bytes may be those of the next identity
 * as soon as that is asked for.
 */
export interface Identity {
  readonly begin: string;
  readonly end: string | Uint8Array;
}

/** The identity as text. */
export function identityText({ begin, end }: Identity): string {
  return begin + (typeof end === "string" ? end : end.toBase64());
}
