/** The bytes of connections that are open, from one reading of `ss`. */
import { LineSplitter } from "../../../lib/child/lines.ts";
import { withProgram } from "../../../lib/child/programs.ts";
import { RunningChild } from "../../../lib/child/running_child.ts";
import { TimeLimit } from "../../../lib/child/time_limit.ts";
import type { Endpoint } from "../../../lib/connection.ts";
import { EXIT, ExitError } from "../../../lib/exit.ts";
import type { System } from "../../../lib/system.ts";
import { SS_PATHS, SS_TABLE } from "./programs.ts";
import { parseSsLine, type SsTotals } from "./ss_line.ts";

/** How long one reading may take, milliseconds: that of a million sockets takes a few seconds. */
const LIMIT_MS = 30_000;

/** What one open connection has carried so far: payload, from this host's point of view. */
export interface OpenBytes {
  readonly local: Required<Endpoint>;
  readonly remote: Required<Endpoint>;
  /** As in {@linkcode SsTotals}. */
  readonly cookie?: number;
  readonly bytesIn: number;
  readonly bytesOut?: number;
}

/** States that a socket enters with the peer's FIN, which is among the bytes received from then on. */
const AFTER_FIN: readonly string[] = ["CLOSE-WAIT", "LAST-ACK", "CLOSING"];

/** Bytes of a connection in a table. In every state it is certain whether the FIN was counted. */
export function openBytes(totals: SsTotals): OpenBytes {
  const { local, remote, cookie, state, bytesSent, bytesReceived } = totals;
  const fin = AFTER_FIN.includes(state) && bytesReceived > 0 ? 1 : 0;
  return {
    local,
    remote,
    ...(cookie !== undefined && { cookie }),
    bytesIn: bytesReceived - fin,
    ...(bytesSent !== undefined && { bytesOut: bytesSent }),
  };
}

/** What {@linkcode readOpenBytes} takes. */
export interface TableOptions {
  readonly system: Pick<System, "run" | "spawn" | "sleep">;
  /** Ends the reading. */
  readonly signal: AbortSignal;
  /** Default: {@linkcode SS_PATHS}. */
  readonly programs?: readonly string[];
  /** What enters another network namespace: a program and its arguments. */
  readonly enter?: readonly string[];
}

/** A reading that has taken too long. */
export class SlowTableError extends ExitError {
  constructor() {
    const seconds = LIMIT_MS / 1000;
    super(
      EXIT.temporary,
      `ss has not told of all open connections within ${seconds} s: it was ended`,
    );
  }
}

/**
 * Reads the table of one network namespace. Connections in TIME-WAIT have no counts any more, and are
 * left out.
 *
 * @throws ExitError 69 where there is no ss, 77 where it may not be run, 75 where it fails or was ended:
 * {@linkcode SlowTableError} where it has taken too long.
 */
export async function readOpenBytes(options: TableOptions): Promise<OpenBytes[]> {
  const { system, signal, programs = SS_PATHS, enter = [] } = options;
  const path = await withProgram(
    programs,
    "install iproute2",
    async (path) => (await system.run(path, ["-V"]), path),
  );
  const [program = path, ...args] = [...enter, path, ...SS_TABLE];
  using limit = new TimeLimit(system, LIMIT_MS, signal);
  let said = "";
  const child = new RunningChild(system, system.spawn(program, args, {}), limit.signal, (line) => {
    said ||= line.slice(0, 200);
  });
  try {
    const found = await readRows(child.chunks());
    const { code } = await child.ended();
    if (limit.signal.aborted && !signal.aborted) throw new SlowTableError();
    if (code === 0 && !child.cut) return found;
    const how = child.cut ? "was not read to its end" : `ended with status ${code}`;
    throw new ExitError(EXIT.temporary, `ss ${how}, saying "${said}"`);
  } finally {
    await child.stop();
  }
}

async function readRows(chunks: AsyncIterable<Uint8Array>): Promise<OpenBytes[]> {
  const decoder = new TextDecoder();
  const lines = new LineSplitter();
  const found: OpenBytes[] = [];
  for await (const chunk of chunks) {
    lines.push(chunk, (bytes, start, end) => {
      const totals = parseSsLine(decoder.decode(bytes.subarray(start, end)));
      if (totals !== undefined) found.push(openBytes(totals));
    });
  }
  return found;
}
