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

/** Four decimal numbers without leading zeros. */
function parseIpv4(text: string): number[] | undefined {
  const bytes: number[] = [];
  let number = -1;
  for (let i = 0; i <= text.length; i++) {
    const digit = i === text.length ? DOT : text.charCodeAt(i) - ZERO;
    if (digit === DOT) {
      if (number < 0 || number > 255) return undefined;
      bytes.push(number);
      number = -1;
    } else if (digit < 0 || digit > 9 || number === 0) return undefined;
    else number = number < 0 ? digit : number * 10 + digit;
  }
  return bytes.length === 4 ? bytes : undefined;
}

/** Colon-separated groups; the last may be an IPv4 address. */
function parseGroups(text: string, mayEndInIpv4: boolean): number[] | undefined {
  if (text === "") return [];
  const bytes: number[] = [];
  const parts = text.split(":");
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i] ?? "";
    if (/^[0-9a-fA-F]{1,4}$/.test(part)) {
      const group = parseInt(part, 16);
      bytes.push(group >>> 8, group & 255);
      continue;
    }
    const ipv4 = mayEndInIpv4 && i === parts.length - 1 ? parseIpv4(part) : undefined;
    if (ipv4 === undefined) return undefined;
    bytes.push(...ipv4);
  }
  return bytes;
}

function parseIpv6(text: string): Uint8Array | undefined {
  // The longest form is 45 characters: eight groups, the last two in dotted decimal.
  if (text.length > 45) return undefined;
  const halves = text.split("::", 3);
  if (halves.length > 2) return undefined;
  const [front = "", back] = halves;
  const head = parseGroups(front, back === undefined);
  const tail = parseGroups(back ?? "", true);
  if (head === undefined || tail === undefined) return undefined;
  const length = head.length + tail.length;
  if (back === undefined ? length !== 16 : length > 14) return undefined;
  const bytes = new Uint8Array(16);
  bytes.set(head, 0);
  bytes.set(tail, 16 - tail.length);
  return bytes;
}

/** Whether 16 bytes are in ::ffff:0:0/96. */
function isMapped(bytes: Uint8Array): boolean {
  for (let i = 0; i < 10; i++) if (bytes[i] !== 0) return false;
  return bytes[10] === 255 && bytes[11] === 255;
}

function parseUncached(text: string): Uint8Array | undefined {
  if (!text.includes(":")) {
    const ipv4 = parseIpv4(text);
    return ipv4 && Uint8Array.from(ipv4);
  }
  const bytes = parseIpv6(text);
  return bytes !== undefined && isMapped(bytes) ? bytes.slice(12) : bytes;
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
