/** Addresses of many. */

/** Whether packets to the address go to a group, or to all: the kernel asks for their route in its own way. */
export function isGroup(ip: string, ipVersion: 4 | 6): boolean {
  if (ipVersion === 6) return ip.startsWith("ff");
  const first = Number.parseInt(ip, 10);
  return (first >= 224 && first < 240) || ip === "255.255.255.255";
}
