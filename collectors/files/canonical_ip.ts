/** Addresses as records have them. */
import { formatIp, parseIp } from "../../lib/ip.ts";

/** Addresses that are remembered, at most; then all are forgotten. */
const CACHE_SIZE = 4096;

const known = new Map<string, string | undefined>();

/** An address in its one canonical spelling: see `Endpoint.ip`. Undefined for what is no address. */
export function canonicalIp(text: string): string | undefined {
  const spelled = known.get(text);
  if (spelled !== undefined || known.has(text)) return spelled;
  const bytes = parseIp(text);
  const ip = bytes && formatIp(bytes);
  if (text.length > 45) return ip;
  if (known.size >= CACHE_SIZE) known.clear();
  known.set(text, ip);
  return ip;
}
