/** IANA protocol numbers and keywords (https://www.iana.org/assignments/protocol-numbers), in lower case. */
const KEYWORDS: Readonly<Record<number, string>> = {
  1: "icmp",
  2: "igmp",
  4: "ipv4",
  6: "tcp",
  8: "egp",
  17: "udp",
  33: "dccp",
  41: "ipv6",
  46: "rsvp",
  47: "gre",
  50: "esp",
  51: "ah",
  58: "ipv6-icmp",
  88: "eigrp",
  89: "ospfigp",
  94: "ipip",
  97: "etherip",
  103: "pim",
  108: "ipcomp",
  112: "vrrp",
  115: "l2tp",
  132: "sctp",
  136: "udplite",
  137: "mpls-in-ip",
  143: "ethernet",
};

/** The keyword of a protocol number, or the number itself as text. */
export function protocolKeyword(number: number): string {
  return KEYWORDS[number] ?? String(number);
}

/** The number of a keyword (`icmpv6` also stands for `ipv6-icmp`) or of a number as text; else undefined. */
export function protocolNumber(keyword: string): number | undefined {
  const wanted = keyword.toLowerCase() === "icmpv6" ? "ipv6-icmp" : keyword.toLowerCase();
  for (const [number, name] of Object.entries(KEYWORDS)) {
    if (name === wanted) return Number(number);
  }
  return /^\d{1,3}$/.test(wanted) && Number(wanted) <= 255 ? Number(wanted) : undefined;
}
