/** The worker's side: sends syslog messages on behalf of the main thread. */
import { EXIT, ExitError } from "../../exit.ts";
import type { WorkerScope } from "../../worker/serve.ts";
import { ioErrorText } from "../io_error.ts";
import type { FromSender, SendOptions, ToSender } from "./protocol.ts";
import { type Frame, type FrameQueue, MemoryQueue } from "./queue.ts";
import { RESEND_BYTES, Sender } from "./sender.ts";
import type { Spool } from "./spool.ts";
import { openStream } from "./stream_transport.ts";
import { syslogTargetName } from "./target.ts";
import { countFrames, type Transport } from "./transport.ts";

/** How often a spool is made certain of, milliseconds. */
const SYNC_MS = 1000;

/** What the messages of the main thread are done with. */
interface Running {
  push(frames: readonly Frame[]): void;
  end(ms: number): void;
}

/**
 * Sends what the main thread posts.
 *
 * @param scope The worker's global scope.
 */
export function serveSyslog(scope: WorkerScope<ToSender, FromSender>): void {
  let running: Running | undefined;
  scope.onmessage = async ({ data }) => {
    switch (data.type) {
      case "start":
        try {
          running = await start(scope, data.options);
          scope.postMessage({ type: "ready" });
        } catch (error) {
          const code = error instanceof ExitError ? error.code : EXIT.software;
          const message = error instanceof Error ? error.message : String(error);
          scope.postMessage({ type: "failed", code, message });
        }
        break;
      case "frames":
        running?.push(split(data.bytes, data.sizes, data.areRecords));
        break;
      case "end":
        running?.end(data.ms);
        break;
    }
  };
}

/** The messages of one piece. */
function split(bytes: Uint8Array, sizes: Uint32Array, isRecord: boolean): Frame[] {
  const frames: Frame[] = [];
  let at = 0;
  for (const size of sizes) {
    frames.push({ bytes: bytes.subarray(at, at + size), isRecord });
    at += size;
  }
  return frames;
}

async function start(
  scope: WorkerScope<ToSender, FromSender>,
  options: SendOptions,
): Promise<Running> {
  checkFiles(options);
  const { target, spool: directory, queueBytes } = options;
  const name = syslogTargetName(target);
  const spool = directory === undefined ? undefined : await openSpool(directory, queueBytes);
  const memory = new MemoryQueue();
  const queue: FrameQueue = spool ?? memory;
  const sender = new Sender(queue, () => openTransport(options), {
    say: (level, message) => scope.postMessage({ type: "say", level, message }),
    // What the spool has stored is counted already.
    taken: (counts) => spool ?? scope.postMessage({ type: "taken", counts }),
    shortened: (isRecord) => {
      if (isRecord) scope.postMessage({ type: "shortened", records: 1 });
    },
  }, {
    name,
    // What may have to be sent again must not fill the spool.
    ...(spool !== undefined && { resendBytes: Math.min(RESEND_BYTES, queueBytes / 2) }),
  });
  if (spool !== undefined) sayLeft(scope, spool, name);
  const timer = spool === undefined ? undefined : setInterval(() => sync(scope, spool), SYNC_MS);
  sender.run().then(() => {
    clearInterval(timer);
    const spooled = spool?.unconfirmed ?? 0;
    if (spool !== undefined) closeSpool(scope, spool);
    scope.postMessage({ type: "ended", spooled });
  });
  return {
    push: (frames) => {
      if (spool !== undefined) store(scope, spool, frames);
      else for (const frame of frames) memory.push(frame);
      sender.wake();
    },
    end: (ms) => sender.end(ms),
  };
}

/** @throws ExitError 78 when a file of TLS cannot be read, or is none. */
function checkFiles({ tls }: SendOptions): void {
  for (const [option, path] of Object.entries(tls)) {
    let text: string;
    try {
      text = Deno.readTextFileSync(path);
    } catch (error) {
      const problem = ioErrorText(error);
      throw new ExitError(EXIT.config, `cannot read "${path}" of --syslog-${option}: ${problem}`);
    }
    if (!text.includes("-----BEGIN ")) {
      throw new ExitError(
        EXIT.config,
        `the file "${path}" of --syslog-${option} is not in PEM: convert it with openssl`,
      );
    }
  }
}

async function openSpool(directory: string, queueBytes: number): Promise<Spool> {
  const { Spool } = await import("./spool.ts");
  const { spoolFiles } = await import("./spool_files.ts");
  return new Spool(spoolFiles(directory), queueBytes, directory);
}

async function openTransport({ target, tls }: SendOptions): Promise<Transport> {
  if (target.transport === "unix") {
    return (await import("./unix_transport.ts")).openUnix(target.path);
  }
  if (target.transport === "udp") return await (await import("./udp_transport.ts")).openUdp(target);
  return await openStream(target, tls);
}

function sayLeft(scope: WorkerScope<ToSender, FromSender>, spool: Spool, name: string): void {
  const { frames, tornBytes } = spool.left;
  if (tornBytes > 0) {
    const message =
      `the spool of ${name} ends in the middle of a message, as after a crash: ${tornBytes} bytes are left out`;
    scope.postMessage({ type: "say", level: "warning", message });
  }
  if (frames > 0) {
    const message = `${frames} messages in the spool of ${name} are sent first`;
    scope.postMessage({ type: "say", level: "notice", message });
  }
}

/** Stores messages, and tells how many there was room for. */
function store(
  scope: WorkerScope<ToSender, FromSender>,
  spool: Spool,
  frames: readonly Frame[],
): void {
  const stored: Frame[] = [];
  const full: Frame[] = [];
  const failed: Frame[] = [];
  for (const frame of frames) {
    try {
      (spool.push(frame) ? stored : full).push(frame);
    } catch {
      failed.push(frame);
    }
  }
  if (stored.length > 0) scope.postMessage({ type: "taken", counts: countFrames(stored) });
  for (const [why, dropped] of [["queue", full], ["io", failed]] as const) {
    if (dropped.length === 0) continue;
    scope.postMessage({ type: "dropped", why, counts: countFrames(dropped) });
  }
}

/** What fails here fails again, and louder, when something is stored. */
function sync(scope: WorkerScope<ToSender, FromSender>, spool: Spool): void {
  try {
    spool.sync();
  } catch (error) {
    const message = `cannot make sure that the spool is on the disk: ${ioErrorText(error)}`;
    scope.postMessage({ type: "say", level: "debug", message });
  }
}

function closeSpool(scope: WorkerScope<ToSender, FromSender>, spool: Spool): void {
  if (spool.broken > 0) {
    const message = `somebody has changed the spool: ${spool.broken} messages are lost`;
    scope.postMessage({ type: "say", level: "error", message });
  }
  try {
    spool.close();
  } catch (error) {
    const message = `cannot close the spool: ${ioErrorText(error)}; some messages may come twice`;
    scope.postMessage({ type: "say", level: "warning", message });
  }
}
