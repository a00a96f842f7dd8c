/**
 * IP addresses: text to bytes and back, networks, and what an address is for.
 *
 * IPv4-mapped IPv6 addresses (`::ffff:192.0.2.1`) are read as the IPv4 address that they stand for.
 */

/** What an address is for (the IANA special-purpose address registries). */
export type AddressScope =
  /** `0.0.0.0`, `::` */
  | "unspecified"
  /** 127.0.0.0/8, `::1` */
  | "loopback"
  /** RFC 1918: 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 */
  | "private"
  /** RFC 6598, carrier-grade NAT: 100.64.0.0/10 */
  | "shared"
  /** 169.254.0.0/16, fe80::/10 */
  | "link-local"
  /** RFC 4193: fc00::/7 */
  | "unique-local"
  /** 224.0.0.0/4, ff00::/8 */
  | "multicast"
  /** 255.255.255.255 */
  | "broadcast"
  /** Everything else. */
  | "public";

/** A network: the bits of `bytes` beyond `prefix` are zero. */
export interface Cidr {
  /** 4 or 16 bytes. */
  readonly bytes: Uint8Array;
  /** Length of the prefix in bits. */
  readonly prefix: number;
}

/** Addresses whose bytes and scope are remembered, at most; then all are forgotten. */
const CACHE_SIZE = 4096;

const ZERO = 48;
/** A dot, counted from the digit 0. */
const DOT = -2;
const COLON = 58;
const LETTER_A = 97;

const parsed = new Map<string, Uint8Array | undefined>();
const scopes = new Map<string, AddressScope | undefined>();

/** Dotted decimal form of an address whose first byte is the most significant one of `n`. */
export function formatIpv4(n: number): string {
  return `${n >>> 24}.${(n >>> 16) & 255}.${(n >>> 8) & 255}.${n & 255}`;
}

/**
 * Text of an IPv6 address by RFC 5952: lower case, no leading zeros, the longest run of two or more
 * zero groups (the first of equals) as `::`. A mapped address ends in dotted decimal.
 *
 * @param a The first 32 bits; b, c and d are the next ones.
 */
export function formatIpv6(a: number, b: number, c: number, d: number): string {
  if (a === 0 && b === 0 && c === 0xffff) return "::ffff:" + formatIpv4(d);
  const groups = [
    a >>> 16,
    a & 65535,
    b >>> 16,
    b & 65535,
    c >>> 16,
    c & 65535,
    d >>> 16,
    d & 65535,
  ];
  let start = 8;
  let longest = 1;
  for (let i = 0; i < 8; i++) {
    let end = i;
    while (groups[end] === 0) end++;
    if (end - i > longest) {
      start = i;
      longest = end - i;
    }
    if (end > i) i = end;
  }
  let text = "";
  for (let i = 0; i < 8; i++) {
    if (i === start) {
      text += "::";
      i += longest - 1;
      continue;
    }
    if (text !== "" && !text.endsWith("::")) text += ":";
    text += (groups[i] ?? 0).toString(16);
  }
  return text;
}

/** Text of 4 or 16 bytes, as {@linkcode formatIpv4} and {@linkcode formatIpv6} give it. */
export function formatIp(bytes: Uint8Array): string {
  const word = (at: number) =>
    (((bytes[at] ?? 0) << 24) | ((bytes[at + 1] ?? 0) << 16) | ((bytes[at + 2] ?? 0) << 8) |
      (bytes[at + 3] ?? 0)) >>> 0;
  return bytes.length === 4 ? formatIpv4(word(0)) : formatIpv6(word(0), word(4), word(8), word(12));
}

/** What is being read. */
const scratch = new Uint8Array(16);

/** Four decimal numbers without leading zeros, from a place on to the end; they go to another place. */
function scanIpv4(text: string, from: number, to: number): boolean {
  let count = 0;
  let number = -1;
  for (let i = from; i <= text.length; i++) {
    const digit = i === text.length ? DOT : text.charCodeAt(i) - ZERO;
    if (digit === DOT) {
      if (number < 0 || count === 4) return false;
      scratch[to + count++] = number;
      number = -1;
    } else if (digit < 0 || digit > 9 || number === 0) return false;
    else number = number < 0 ? digit : number * 10 + digit;
    if (number > 255) return false;
  }
  return count === 4;
}

/** The value of a hexadecimal digit; -1 of what is none. */
function hexadecimal(code: number): number {
  const digit = code - ZERO;
  if (digit >= 0 && digit <= 9) return digit;
  const letter = (code | 0x20) - LETTER_A;
  return letter >= 0 && letter < 6 ? letter + 10 : -1;
}

/** Groups apart by colons; the last may be an IPv4 address, and `::` stands for groups of zeros. */
function scanIpv6(text: string): boolean {
  const { length } = text;
  // The longest form is 45 characters: eight groups, the last two in dotted decimal.
  if (length > 45) return false;
  const isOpen = text.startsWith("::");
  let gap = isOpen ? 0 : -1;
  let count = 0;
  let i = isOpen ? 2 : 0;
  while (i < length) {
    const begin = i;
    let group = 0;
    let digit = hexadecimal(text.charCodeAt(i));
    while (digit >= 0 && i - begin < 4) {
      group = group * 16 + digit;
      digit = ++i < length ? hexadecimal(text.charCodeAt(i)) : -1;
    }
    if (i < length && text.charCodeAt(i) - ZERO === DOT) {
      if (count > 12 || !scanIpv4(text, begin, count)) return false;
      count += 4;
      break;
    }
    if (i === begin || count > 14) return false;
    scratch[count++] = group >>> 8;
    scratch[count++] = group & 255;
    if (i === length) break;
    if (text.charCodeAt(i) !== COLON || ++i === length) return false;
    if (text.charCodeAt(i) !== COLON) continue;
    if (gap >= 0) return false;
    gap = count;
    i++;
  }
  if (gap < 0) return count === 16;
  if (count > 14) return false;
  const end = 16 - (count - gap);
  scratch.copyWithin(end, gap, count);
  scratch.fill(0, gap, end);
  return true;
}

/** Whether 16 bytes are in ::ffff:0:0/96. */
function isMapped(bytes: Uint8Array): boolean {
  for (let i = 0; i < 10; i++) if (bytes[i] !== 0) return false;
  return bytes[10] === 255 && bytes[11] === 255;
}

/** Whether the text is an address, as {@linkcode parseIp} has it: quicker where it is not used further. */
export function isIp(text: string): boolean {
  return text.includes(":") ? scanIpv6(text) : scanIpv4(text, 0, 0);
}

/**
 * Puts the bytes of an address, as {@linkcode parseIp} gives them, at the beginning of an array of 16 and
 * returns how many: 0 of what is none. Quicker than that where addresses seldom come again.
 */
export function readIp(text: string, into: Uint8Array): number {
  if (!isIp(text)) return 0;
  const length = text.includes(":") && !isMapped(scratch) ? 16 : 4;
  const from = text.includes(":") && length === 4 ? 12 : 0;
  for (let i = 0; i < length; i++) into[i] = scratch[from + i] ?? 0;
  return length;
}

function parseUncached(text: string): Uint8Array | undefined {
  if (!text.includes(":")) return scanIpv4(text, 0, 0) ? scratch.slice(0, 4) : undefined;
  if (!scanIpv6(text)) return undefined;
  return scratch.slice(isMapped(scratch) ? 12 : 0);
}

function remember<T>(cache: Map<string, T>, text: string, value: T): T {
  if (cache.size >= CACHE_SIZE) cache.clear();
  if (text.length <= 45) cache.set(text, value);
  return value;
}

/**
 * The 4 or 16 bytes of an address: 4 also for an IPv4-mapped one. Undefined when the text is not an
 * address: a zone (`%eth0`), a port, a prefix or a leading zero in IPv4 is none. Do not change the
 * bytes: they are remembered.
 */
export function parseIp(text: string): Uint8Array | undefined {
  const known = parsed.get(text);
  if (known !== undefined || parsed.has(text)) return known;
  return remember(parsed, text, parseUncached(text));
}

/**
 * A network such as `10.0.0.0/8` or `2001:db8::/32`; an address alone is a network of one. Bits beyond
 * the prefix are cleared. A mapped network of /96 or longer is the IPv4 network it stands for.
 * Undefined when the text is neither.
 */
export function parseCidr(text: string): Cidr | undefined {
  const slash = text.indexOf("/");
  const ip = parseIp(slash < 0 ? text : text.slice(0, slash));
  if (ip === undefined) return undefined;
  if (slash < 0) return { bytes: ip, prefix: ip.length * 8 };
  const digits = text.slice(slash + 1);
  if (!/^(?:0|[1-9][0-9]{0,2})$/.test(digits)) return undefined;
  const length = Number(digits);
  // A network wider than ::ffff:0:0/96 holds more than IPv4 addresses: it is none of them.
  const prefix = ip.length === 4 && text.includes(":") ? length - 96 : length;
  if (prefix < 0 || prefix > ip.length * 8) return undefined;
  const bytes = ip.map((byte, i) => byte & mask(prefix - i * 8));
  return { bytes, prefix };
}

/** A byte whose first `bits` bits are set. */
function mask(bits: number): number {
  return bits <= 0 ? 0 : bits >= 8 ? 255 : (0xff00 >> bits) & 255;
}

/** Whether the address is in the network. Never across IP versions, never when `ip` is no address. */
export function cidrContains(cidr: Cidr, ip: string): boolean {
  const bytes = parseIp(ip);
  if (bytes === undefined || bytes.length !== cidr.bytes.length) return false;
  for (let i = 0; i * 8 < cidr.prefix; i++) {
    if (((bytes[i] ?? 0) & mask(cidr.prefix - i * 8)) !== cidr.bytes[i]) return false;
  }
  return true;
}

function scopeOfIpv4(a: number, b: number, c: number, d: number): AddressScope {
  if (a === 127) return "loopback";
  if (a === 10) return "private";
  if (a === 172 && b >= 16 && b <= 31) return "private";
  if (a === 192 && b === 168) return "private";
  if (a === 100 && b >= 64 && b <= 127) return "shared";
  if (a === 169 && b === 254) return "link-local";
  if (a >= 224 && a <= 239) return "multicast";
  if (a === 255 && b === 255 && c === 255 && d === 255) return "broadcast";
  return a === 0 && b === 0 && c === 0 && d === 0 ? "unspecified" : "public";
}

function scopeOfIpv6(bytes: Uint8Array): AddressScope {
  const [a = 0, b = 0] = bytes;
  if (a === 0xff) return "multicast";
  if (a === 0xfe && b >= 0x80 && b <= 0xbf) return "link-local";
  if (a === 0xfc || a === 0xfd) return "unique-local";
  for (let i = 0; i < 15; i++) if (bytes[i] !== 0) return "public";
  return bytes[15] === 0 ? "unspecified" : bytes[15] === 1 ? "loopback" : "public";
}

/** What the address is for; undefined when the text is no address. */
export function addressScope(ip: string): AddressScope | undefined {
  const known = scopes.get(ip);
  if (known !== undefined || scopes.has(ip)) return known;
  const bytes = parseIp(ip);
  if (bytes === undefined) return remember(scopes, ip, undefined);
  const [a = 0, b = 0, c = 0, d = 0] = bytes;
  return remember(scopes, ip, bytes.length === 4 ? scopeOfIpv4(a, b, c, d) : scopeOfIpv6(bytes));
}

/** Whether the address is in 127.0.0.0/8 or is `::1`. */
export function isLoopback(ip: string): boolean {
  return addressScope(ip) === "loopback";
}

/**
 * Whether the address does not lead to the Internet: private, shared, link-local, unique local,
 * multicast or broadcast. Loopback and unspecified addresses are not private.
 */
export function isPrivate(ip: string): boolean {
  switch (addressScope(ip)) {
    case "private":
    case "shared":
    case "link-local":
    case "unique-local":
    case "multicast":
    case "broadcast":
      return true;
    default:
      return false;
  }
}
