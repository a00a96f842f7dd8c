/**
 * Prints what the netlink socket says of the network namespace that this runs in, as JSON, one line
 * each; for tests and for looking.
 *
 *     print_test_tool.ts [--updates] [--buffer=BYTES] [--raw=FILE]     until its standard input ends
 *     print_test_tool.ts --dump [--raw=FILE]
 *
 * `--raw` writes the datagrams to a file as they are. Events begin with the line `"ready"` and end with
 * what was lost.
 */
import { ExitError } from "../../../lib/exit.ts";
import { type OpenNetlinkSocket, openNetlinkSocket } from "./socket.ts";
import { NetlinkTransport, type NetlinkTransportOptions } from "./transport.ts";

/** A socket that keeps what it has received. */
function recorder(path: string): OpenNetlinkSocket {
  return function (options) {
    const socket = openNetlinkSocket(options);
    const file = Deno.openSync(path, { write: true, create: true, truncate: true });
    return {
      buffer: socket.buffer,
      portid: socket.portid,
      receiveBuffer: socket.receiveBuffer,
      send: (message) => socket.send(message),
      readable: (ms) => socket.readable(ms),
      receive: () => {
        const length = socket.receive();
        if (length > 0) file.writeSync(socket.buffer.subarray(0, length));
        return length;
      },
      [Symbol.dispose]: () => {
        file.close();
        socket[Symbol.dispose]();
      },
    };
  };
}

function print(value: unknown): void {
  const bytes = new TextEncoder().encode(JSON.stringify(value) + "\n");
  for (let at = 0; at < bytes.length;) at += Deno.stdout.writeSync(bytes.subarray(at));
}

function valueOf(option: string): string | undefined {
  return Deno.args.find((arg) => arg.startsWith(option + "="))?.slice(option.length + 1);
}

async function abortAtEndOfInput(controller: AbortController): Promise<void> {
  for await (const _ of Deno.stdin.readable);
  controller.abort();
}

async function printEvents(transport: NetlinkTransport): Promise<void> {
  const controller = new AbortController();
  const events = transport.events(controller.signal);
  let next = events.next();
  // By now the socket listens, or the first batch has failed.
  if (transport.buffer === undefined) await next;
  print("ready");
  const ended = abortAtEndOfInput(controller);
  for (let result = await next; !result.done; result = await next) {
    next = events.next();
    for (const event of result.value) print(event);
  }
  await ended;
  const { gaps, dropped } = transport;
  print({ lost: transport.lost(), gaps, dropped });
}

async function main(): Promise<void> {
  const raw = valueOf("--raw");
  const buffer = valueOf("--buffer");
  const options: NetlinkTransportOptions = {
    now: () => Date.now() * 1000,
    readNetlinkTable: () => Deno.readFileSync("/proc/self/net/netlink"),
    updates: Deno.args.includes("--updates"),
    ...(buffer !== undefined && { buffer: Number(buffer) }),
    ...(raw !== undefined && { open: recorder(raw) }),
  };
  const transport = new NetlinkTransport(options);
  if (!Deno.args.includes("--dump")) return await printEvents(transport);
  for (const flow of await transport.dump()) print(flow);
}

try {
  await main();
} catch (error) {
  if (!(error instanceof ExitError)) throw error;
  Deno.stderr.writeSync(new TextEncoder().encode(error.message + "\n"));
  Deno.exitCode = error.code;
}
