/** The bytes of connections that are open, from one reading of `ss`. */
import { withProgram } from "../../conntrack/programs.ts";
import { LineSplitter } from "../../conntrack/lines.ts";
import type { Endpoint } from "../../../lib/connection.ts";
import { EXIT, ExitError } from "../../../lib/exit.ts";
import type { System } from "../../../lib/system.ts";
import { SS_PATHS, SS_TABLE } from "./programs.ts";
import { parseSsLine, type SsTotals } from "./ss_line.ts";

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
  readonly system: Pick<System, "run">;
  /** Default: {@linkcode SS_PATHS}. */
  readonly programs?: readonly string[];
  /** What enters another network namespace: a program and its arguments. */
  readonly enter?: readonly string[];
}

/**
 * Reads the table of one network namespace. Connections in TIME-WAIT have no counts any more, and are
 * left out.
 *
 * @throws ExitError 69 where there is no ss, 77 where it may not be run, 75 where it fails.
 */
export async function readOpenBytes(options: TableOptions): Promise<OpenBytes[]> {
  const { system, programs = SS_PATHS, enter = [] } = options;
  const path = await withProgram(
    programs,
    "install iproute2",
    async (path) => (await system.run(path, ["-V"]), path),
  );
  const [program = path, ...args] = [...enter, path, ...SS_TABLE];
  const { code, stdout, stderr } = await system.run(program, args);
  if (code !== 0) {
    const said = stderr.split("\n", 1)[0]?.slice(0, 200) ?? "";
    throw new ExitError(EXIT.temporary, `ss ended with status ${code}, saying "${said}"`);
  }
  const decoder = new TextDecoder();
  const found: OpenBytes[] = [];
  new LineSplitter().push(stdout, (bytes, start, end) => {
    const totals = parseSsLine(decoder.decode(bytes.subarray(start, end)));
    if (totals !== undefined) found.push(openBytes(totals));
  });
  return found;
}
