/** What the parsers of this folder share. */

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Text of any bytes: what is not UTF-8 becomes U+FFFD, nothing is left out. */
export function textOf(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

/** A decimal number without sign; undefined for other text, and beyond what a number holds exactly. */
export function unsigned(text: string | undefined): number | undefined {
  if (text === undefined || !/^[0-9]{1,16}$/.test(text)) return undefined;
  const number = Number(text);
  return Number.isSafeInteger(number) ? number : undefined;
}

/**
 * The number in a link target such as `socket:[91553]` or `net:[4026531840]`; undefined where the
 * target is of another kind.
 *
 * @param prefix Up to and with the bracket.
 */
export function bracketed(target: string, prefix: string): number | undefined {
  if (!target.startsWith(prefix)) return undefined;
  const last = target.length - 1;
  if (last === prefix.length || last - prefix.length > 15 || target[last] !== "]") return undefined;
  let number = 0;
  for (let i = prefix.length; i < last; i++) {
    const digit = target.charCodeAt(i) - 48;
    if (digit < 0 || digit > 9) return undefined;
    number = number * 10 + digit;
  }
  return number;
}
