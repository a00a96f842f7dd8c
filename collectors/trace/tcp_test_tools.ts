/** Scripts events for the table of connections, in the form of the recordings, and tells what comes of it. */
import type { Happening, Owner, Owners } from "./happening.ts";
import { type TcpEvent, TcpTable } from "./tcp.ts";

/** Epoch time of the boot in tests, microseconds. */
export const EPOCH = 1_700_000_000_000_000;

/** Processes are named by their number. */
export function ownerOf(pid: number, netns?: number): Owner {
  const entityId = `p${pid}`;
  const process = { pid, start: 1, name: entityId, entityId, ...netns !== undefined && { netns } };
  return { process, attribution: "exact" };
}

/** Every thread is a process, but 0, whom no one knows; 32291 is a kernel thread. */
export const OWNERS: Owners = {
  of(tid: number): Owner {
    if (tid === 0) return { attribution: "none", attributionReason: "idle" };
    const owner = ownerOf(tid);
    if (tid !== 32_291 || owner.process === undefined) return owner;
    return { ...owner, process: { ...owner.process, parent: { pid: 2 } } };
  },
};

/** An end as `1.2.3.4:80` or `[::1]:80`. */
export function end(text: string): { ip: string; port: number } {
  const colon = text.lastIndexOf(":");
  return { ip: text.slice(0, colon).replace(/[[\]]/g, ""), port: Number(text.slice(colon + 1)) };
}

/**
 * Events of a script. A line is `MICROSECONDS THREAD CONTEXT` and one of `skN OLD>NEW LOCAL REMOTE
 * [PROTOCOL]`, `skN reset-in`, `skN reset-out`, `skN again LOCAL REMOTE`, `error ERRNO LOCAL REMOTE`,
 * `route TABLE ERROR LOCAL REMOTE`.
 */
export function script(text: string): TcpEvent[] {
  return text.trim().split("\n").map((line) => {
    const [at = "", tid = "", context, what = "", ...rest] = line.trim().split(" ");
    const boot = Number(at);
    const head = { time: EPOCH + boot, boot, tid: Number(tid), interrupted: context === "s" };
    const ends = (from: number) => {
      const local = end(rest[from] ?? "");
      const ipVersion: 4 | 6 = local.ip.includes(":") ? 6 : 4;
      return { local, remote: end(rest[from + 1] ?? ""), ipVersion };
    };
    if (what === "error") {
      return { ...head, type: "error", protocol: 6, error: Number(rest[0]), ...ends(1) };
    }
    if (what === "route") {
      const [table, error] = rest.map(Number);
      return {
        ...head,
        type: "route",
        protocol: 6,
        table: table ?? 0,
        error: error ?? 0,
        ...ends(2),
      };
    }
    const socket = Number(what.slice(2));
    const [kind = ""] = rest;
    if (kind.startsWith("reset")) {
      return { ...head, type: "reset", socket, sent: kind === "reset-out" };
    }
    if (kind === "again") return { ...head, type: "retransmit", socket, ...ends(1) };
    const [oldState = 0, newState = 0] = kind.split(">").map(Number);
    const protocol = Number(rest[3] ?? 6);
    return { ...head, type: "state", socket, protocol, oldState, newState, ...ends(1) };
  });
}

/** A happening in one line: `EVENT LOCAL>REMOTE INITIATOR OUTCOME STATE PID(ATTRIBUTION) ...`. */
export function line(happening: Happening): string {
  const { event, local, remote, initiator, outcome, state, owner, start, end, preexisting } =
    happening;
  return [
    event,
    `${local.ip}:${local.port}` + (remote === undefined ? "" : `>${remote.ip}:${remote.port}`),
    initiator ?? "-",
    outcome,
    state,
    `${owner.process?.pid ?? "-"}(${owner.attribution})`,
    ...start === undefined ? ["no start"] : [],
    ...event === "close" && end === undefined ? ["no end"] : [],
    ...preexisting ? ["preexisting"] : [],
  ].join(" ");
}

/** What a table makes of events, a while after the last. */
export function run(
  events: readonly TcpEvent[],
  table = new TcpTable({ owners: OWNERS }),
): Happening[] {
  const into: Happening[] = [];
  for (const event of events) table.apply(event, into);
  table.advance((events.at(-1)?.boot ?? 0) + 2_000_000, into);
  return into;
}

/** The same, in lines. */
export function linesOf(text: string, table?: TcpTable): string[] {
  return run(script(text), table).map(line);
}
