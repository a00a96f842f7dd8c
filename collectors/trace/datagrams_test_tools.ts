/** Lookups for the tests of datagrams. */
import type { Endpoint } from "../../lib/connection.ts";
import { DatagramTable } from "./datagrams.ts";
import type { ErrorEvent, RouteEvent } from "./event.ts";
import type { Happening, Owner, Owners } from "./happening.ts";

/** Wall clock at boot, microseconds since the epoch. */
export const BOOT = 1_800_000_000_000_000;

/** The time limit of {@linkcode table}, microseconds. */
export const TIMEOUT = 30_000_000;

/** Every thread is a process of its own. */
export const OWNERS: Owners = { of: ownerOf };

/** The process whose only thread it is. */
export function ownerOf(tid: number): Owner {
  return {
    process: { pid: tid, start: BOOT, name: `p${tid}`, entityId: `e${tid}` },
    attribution: "exact",
  };
}

/** A table in which every thread is a process. */
export function table(max?: number): DatagramTable {
  return new DatagramTable({
    owners: OWNERS,
    timeoutUs: TIMEOUT,
    ...(max === undefined ? {} : { max }),
  });
}

function endpoint(text: string): Required<Endpoint> {
  const [ip = "", port = ""] = text.split("/");
  return { ip, port: Number(port) };
}

/** A lookup from words: thread, flags column, microseconds since the boot, table, protocol, ends, error. */
export function lookup(line: string): RouteEvent {
  const [
    tid = "",
    flags = "",
    boot = "",
    table = "",
    protocol = "",
    from = "",
    to = "",
    error = "",
  ] = line.trim().split(" ");
  return {
    type: "route",
    time: BOOT + Math.floor(Number(boot)),
    boot: Number(boot),
    tid: Number(tid),
    interrupted: /^b|[shHzZ]/.test(flags),
    table: Number(table),
    protocol: Number(protocol),
    local: endpoint(from),
    remote: endpoint(to),
    ipVersion: to.includes(":") ? 6 : 4,
    error: Number(error),
  };
}

/** Lookups of {@linkcode lookup}, one a line. */
export function lookups(text: string): RouteEvent[] {
  return text.split("\n").filter((line) => line.trim() !== "").map(lookup);
}

/** An error that a socket is told. */
export function told(error: number, protocol: number, from: string, to: string): ErrorEvent {
  return {
    type: "error",
    time: BOOT,
    boot: 0,
    tid: 1,
    interrupted: true,
    protocol,
    error,
    local: endpoint(from),
    remote: endpoint(to),
    ipVersion: to.includes(":") ? 6 : 4,
  };
}

/** All that a table tells of these lookups, until everything is over. */
export function run(text: string, datagrams: DatagramTable = table()): Happening[] {
  const into: Happening[] = [];
  for (const event of lookups(text)) datagrams.apply(event, into);
  datagrams.advance(1e15, into);
  return into;
}

/** One happening in words: event, protocol, ends, outcome, and what else is known. */
export function words(happening: Happening): string {
  const { event, protocolNumber, local, remote, outcome, initiator, state, packetsOut } = happening;
  return [
    event,
    protocolNumber,
    `${local.ip}/${local.port}`,
    `${remote?.ip}/${remote?.port}`,
    outcome,
    initiator ?? "-",
    state ?? "-",
    packetsOut ?? "-",
  ].join(" ");
}
