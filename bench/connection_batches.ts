/** Connections of a busy host, in batches as collectors hand them over. */
import type { Connection, RecordedProcess } from "../lib/connection.ts";
import { connectionOf } from "./connscribe_log.ts";
import { generator } from "./export_rows.ts";

const RECORDS = 8192;
/** What collectors hand over at once, about. */
const BATCH = 512;
/** How many processes there are, and how many of them are busy. */
const PROCESSES = 300;
const BUSY = 12;

/** Half of the connections are those of a few busy processes. */
function processOf(processes: readonly Connection[], random: (limit: number) => number) {
  return processes[random(random(2) === 0 ? BUSY : PROCESSES)]?.process;
}

/** As those of `watch --from trace`: an open or a close each, with the process and all that is known of it. */
export function connectionBatches(): Connection[][] {
  const random = generator(7);
  const processes = Array.from({ length: PROCESSES }, (_, number) => connectionOf(number, random));
  const records = Array.from({ length: RECORDS }, (_, number): Connection => {
    const time = 1_795_219_200_000_000 + number * 3;
    const record = connectionOf(number, random);
    const isClose = record.event === "close";
    const start = isClose ? time - random(60_000_000) : time;
    const process = processOf(processes, random);
    return {
      ...record,
      id: `1gG4PPO7TUGh-${String(process?.pid).padStart(22, "x")}-${number.toString(36)}`,
      time,
      start,
      ...(isClose && { end: time, durationUs: time - start }),
      ...(process !== undefined && { process }),
    };
  });
  const all: Connection[][] = [];
  for (let at = 0; at < RECORDS; at += BATCH) all.push(records.slice(at, at + BATCH));
  return all;
}

/** The same as those of `watch --from conntrack`: what is known of a socket is missing, and so are names of hosts. */
export function flowBatches(): Connection[][] {
  return connectionBatches().map((batch) => batch.map(flowOf));
}

function flowOf(connection: Connection): Connection {
  const { process, remote, netns: _netns, socket: _socket, state: _state, ...rest } = connection;
  const { name: _name, nameSource: _source, ...end } = remote ?? {};
  return {
    ...rest,
    collector: "conntrack",
    ...(remote !== undefined && { remote: end }),
    ...(process !== undefined && { process: ownerOf(process) }),
  };
}

function ownerOf(
  { commandLine: _line, parent: _parent, ...owner }: RecordedProcess,
): RecordedProcess {
  const { gid: _gid, user: _user, unit: _unit, cgroup: _cgroup, netns: _netns, ...known } = owner;
  return known;
}
