/**
 * How many messages the kernel could not put into a netlink socket's buffer: column `Drops` of
 * /proc/net/netlink (`netlink_native_seq_show` of `net/netlink/af_netlink.c`).
 */
import { NETLINK_NETFILTER } from "./ctnetlink.ts";

/** Which sockets are meant: those that all given criteria hold for. */
export interface NetlinkMatch {
  /** One of these inode numbers. */
  readonly inode?: readonly number[];
  /** Port id: column `Pid`, which is not a process id. */
  readonly portid?: number;
  /** Multicast groups, as bits: exactly these. */
  readonly groups?: number;
}

const decoder = new TextDecoder();

/**
 * Sum of the drops of the netfilter sockets that match; undefined when there is none in the table.
 *
 * @param table Contents of /proc/net/netlink, of the sockets' network namespace.
 */
export function netlinkDrops(table: Uint8Array, match: NetlinkMatch): number | undefined {
  const [head = "", ...rows] = decoder.decode(table).split("\n");
  const names = head.trim().split(/\s+/);
  const column = (name: string) => names.indexOf(name);
  const [eth, pid, groups] = [column("Eth"), column("Pid"), column("Groups")];
  const [drops, inode] = [column("Drops"), column("Inode")];
  let sum: number | undefined;
  for (const row of rows) {
    const values = row.trim().split(/\s+/);
    const number = (index: number) => decimal(values[index]);
    if (number(eth) !== NETLINK_NETFILTER) continue;
    if (match.portid !== undefined && number(pid) !== match.portid) continue;
    if (match.groups !== undefined && hexadecimal(values[groups]) !== match.groups) continue;
    if (match.inode !== undefined && !match.inode.includes(number(inode) ?? -1)) continue;
    const dropped = number(drops);
    if (dropped !== undefined) sum = (sum ?? 0) + dropped;
  }
  return sum;
}

function decimal(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

function hexadecimal(text: string | undefined): number | undefined {
  return text !== undefined && /^[0-9a-f]{1,8}$/i.test(text) ? parseInt(text, 16) : undefined;
}
