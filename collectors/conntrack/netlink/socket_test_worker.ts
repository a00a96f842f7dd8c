/**
 * Uses a netlink socket with the permissions that it was given, asks for a connection without saying
 * which, and reports what came of it: no right to ask, or a request that is not valid.
 */
import { ExitError } from "../../../lib/exit.ts";
import { workerScope } from "../../../lib/worker/serve.ts";
import { CT, CTNETLINK } from "./ctnetlink.ts";
import { message as encode, nfgenmsg } from "./encode_test_tools.ts";
import { errorNumber, FLAG, Messages } from "./messages.ts";
import { EMPTY, openNetlinkSocket } from "./socket.ts";

/** What the worker reports, as JSON. */
export type Outcome = { readonly code: number; readonly message: string } | {
  readonly portid: number;
  readonly receiveBuffer: number | undefined;
  /** What `receive` returned before, twice, and after there was an answer. */
  readonly before: readonly number[];
  readonly after: number;
  readonly answer: { readonly type: number; readonly errno: number };
};

async function use(): Promise<Outcome> {
  using socket = openNetlinkSocket({ groups: 0, receiveBuffer: 65536 });
  const { portid, receiveBuffer } = socket;
  const before = [socket.receive(), socket.receive()];
  socket.send(encode({ type: CTNETLINK | CT.get, flags: FLAG.request }, nfgenmsg(4)));
  await socket.readable(5000);
  const messages = new Messages(socket.buffer);
  const length = socket.receive();
  messages.begin(length === EMPTY ? 0 : length);
  messages.next();
  const answer = { type: messages.type, errno: errorNumber(messages) };
  await socket.readable(1);
  return { portid, receiveBuffer, before, after: socket.receive(), answer };
}

async function attempt(): Promise<Outcome> {
  try {
    return await use();
  } catch (error) {
    if (!(error instanceof ExitError)) throw error;
    return { code: error.code, message: error.message };
  }
}

const message = JSON.stringify(await attempt());
workerScope().postMessage({ type: "report", level: "debug", message });
