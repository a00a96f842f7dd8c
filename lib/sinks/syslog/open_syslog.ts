/** Starts the worker of a syslog sink, with just the permissions that its target needs. */
import type { Level } from "../../collector.ts";
import { EXIT, ExitError } from "../../exit.ts";
import { LIBC_PATHS } from "../../libc.ts";
import type { FromSender, SendOptions } from "./protocol.ts";
import type { SenderPort } from "./syslog_sink.ts";
import { hostPort, isAddress, syslogTargetName } from "./target.ts";

/** Receives what there is to say to the user. */
export type Say = (level: Level, message: string) => void;

/** Where the spool of a target is, in the directory of all spools: each has its own. */
export function spoolDirectory(directory: string, target: SendOptions["target"]): string {
  // Nothing in it is a slash, and no two targets have one name.
  const name = encodeURIComponent(syslogTargetName(target));
  return `${directory}/${name}`;
}

/** What the worker may do. */
export function syslogPermissions(
  { target, tls, spool }: SendOptions,
): Deno.PermissionOptionsObject {
  const files = Object.values(tls).filter((path) => path !== undefined);
  const spools = spool === undefined ? [] : [spool];
  return {
    read: [...files, ...spools],
    write: spools,
    net: target.transport === "unix" ? [] : netPermission(target),
    ffi: target.transport === "unix" ? [...LIBC_PATHS] : [],
    run: [],
    env: [],
    sys: [],
    import: [],
  };
}

/** A socket of UDP is bound first; to a name's addresses, which may change, it can only be allowed by all. */
function netPermission(
  target: Exclude<SendOptions["target"], { readonly transport: "unix" }>,
): string[] | true {
  if (target.transport !== "udp") return [hostPort(target)];
  return isAddress(target.host) ? [hostPort(target), "0.0.0.0:0", "[::]:0"] : true;
}

/**
 * Starts the worker and waits until it is ready.
 *
 * @throws ExitError when it cannot begin: a file cannot be read (78), the spool cannot be used (73), or
 *   another process uses it (75).
 */
export async function startSender(options: SendOptions, say: Say): Promise<SenderPort> {
  const worker = new Worker(new URL("./syslog_worker.ts", import.meta.url), {
    type: "module",
    name: "syslog",
    deno: { permissions: syslogPermissions(options) },
  });
  const answer = await new Promise<FromSender>((resolve) => {
    worker.onmessage = ({ data }: MessageEvent<FromSender>) => {
      if (data.type === "say") say(data.level, data.message);
      else resolve(data);
    };
    worker.onerror = (event) => {
      event.preventDefault();
      resolve({ type: "failed", code: EXIT.software, message: event.message });
    };
    worker.postMessage({ type: "start", options });
  });
  if (answer.type === "failed") {
    worker.terminate();
    throw new ExitError(answer.code, answer.message);
  }
  const port: SenderPort = {
    onmessage: null,
    postMessage: (message, transfer) => worker.postMessage(message, transfer),
    terminate: () => worker.terminate(),
  };
  worker.onmessage = (event) => port.onmessage?.(event);
  worker.onerror = (event) => {
    event.preventDefault();
    const data: FromSender = { type: "failed", code: EXIT.software, message: event.message };
    port.onmessage?.(new MessageEvent("message", { data }));
  };
  return port;
}
