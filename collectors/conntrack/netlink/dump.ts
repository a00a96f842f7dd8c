/** All entries of the connection tracking table: a request, and an answer in many parts. */
import { EXIT, ExitError } from "../../../lib/exit.ts";
import type { FlowEvent } from "../flow.ts";
import { CT, CTNETLINK, FAMILY, NFGENMSG_SIZE } from "./ctnetlink.ts";
import { decodeEntry, isFlowMessage } from "./decode.ts";
import { errorNumber, FLAG, HEADER_SIZE, MESSAGE, type Message, Messages } from "./messages.ts";
import { EMPTY, netlinkError, type NetlinkSocket, OVERRUN } from "./socket.ts";

/** How the kernel has answered. */
export interface Dump {
  /** The table changed in a way that can have hidden entries: it should be asked for again. */
  readonly interrupted: boolean;
  /** Entries that could not be read. */
  readonly malformed: number;
}

/** Datagrams of up to 32 KiB in a batch, and between two chances for the event loop. */
const DATAGRAMS_AT_ONCE = 16;

/** The kernel writes the answer while it is read, so it never has to be waited for long. */
const WAIT_MS = 100;
const MAX_WAITS = 50;

/**
 * Asks for the flows of all protocols and both IP versions, and yields them in batches.
 *
 * @param socket One that nothing else reads from.
 * @param sequence Number of the request: other messages are not the answer.
 * @throws ExitError when the kernel refuses, or does not answer.
 */
export async function* requestDump(
  socket: NetlinkSocket,
  sequence: number,
): AsyncGenerator<FlowEvent[], Dump> {
  const messages = new Messages(socket.buffer);
  let batch: FlowEvent[] = [];
  let interrupted = false;
  let malformed = 0;

  /** Takes one message; false after the last one. */
  function take(message: Message): boolean {
    if (message.sequence !== sequence) return true;
    if ((message.flags & FLAG.dumpInterrupted) !== 0) interrupted = true;
    if (message.type === MESSAGE.error || message.type === MESSAGE.done) {
      const errno = errorNumber(message);
      if (errno > 0) throw netlinkError(errno, "list the kernel's connections");
      return message.type !== MESSAGE.done;
    }
    if (!isFlowMessage(message)) return true;
    const flow = decodeEntry(message);
    if (flow === undefined) malformed++;
    else batch.push(flow);
    return true;
  }

  socket.send(dumpRequest(sequence));
  let waits = 0;
  for (let datagrams = 1;; datagrams++) {
    const length = socket.receive();
    if (length === EMPTY) {
      if (++waits > MAX_WAITS) {
        throw new ExitError(EXIT.unavailable, "the kernel does not finish the list of connections");
      }
      await socket.readable(WAIT_MS);
      continue;
    }
    if (length === OVERRUN) {
      interrupted = true;
      continue;
    }
    messages.begin(length);
    while (messages.next()) {
      if (take(messages)) continue;
      if (batch.length > 0) yield batch;
      return { interrupted, malformed };
    }
    if (messages.bad || length > socket.buffer.length) malformed++;
    if (datagrams % DATAGRAMS_AT_ONCE !== 0) continue;
    if (batch.length > 0) yield batch;
    batch = [];
    await socket.readable(0);
  }
}

function dumpRequest(sequence: number): Uint8Array {
  const request = new DataView(new ArrayBuffer(HEADER_SIZE + NFGENMSG_SIZE));
  request.setUint32(0, request.byteLength, true);
  request.setUint16(4, CTNETLINK | CT.get, true);
  request.setUint16(6, FLAG.request | FLAG.dump, true);
  request.setUint32(8, sequence, true);
  request.setUint8(HEADER_SIZE, FAMILY.unspecified);
  return new Uint8Array(request.buffer);
}
