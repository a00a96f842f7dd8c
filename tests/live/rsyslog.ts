/** An rsyslogd of a test's own: its configuration, its sockets and its files are in one directory. */
import { eventually, Program } from "../program.ts";

/** Programs that it needs. */
export const RSYSLOG_PROGRAMS = ["/usr/sbin/rsyslogd", "/usr/bin/openssl"] as const;

/** Makes a program the last one that a busy machine lets wait. */
const FAVOURED = ["/usr/bin/nice", "-n", "-10"] as const;

/** One line of the log: fields of RFC 5424 as rsyslog has read them. */
export interface Received {
  readonly priority: number;
  readonly timestamp: string;
  readonly hostname: string;
  readonly appName: string;
  readonly procId: string;
  readonly msgId: string;
  readonly structuredData: string;
  readonly message: string;
}

const FIELDS = [
  "pri",
  "timestamp:::date-rfc3339",
  "hostname",
  "app-name",
  "procid",
  "msgid",
  "structured-data",
  "msg",
] as const;

/** Behind a field of the log. Records escape what would not show, so no message has it. */
const SEPARATOR = "\u0001";

/** Whether somebody has bound what an input of {@linkcode INPUTS} names; files need not be. */
async function isBound(input: string): Promise<boolean> {
  const [, path] = /socket="([^"]*)"/.exec(input) ?? [];
  if (path !== undefined) {
    const rows = (await Deno.readTextFile("/proc/net/unix")).split("\n");
    return rows.some((row) => row.endsWith(` ${path}`));
  }
  const [, port] = /port="(\d+)"/.exec(input) ?? [];
  if (port === undefined) return true;
  const local = `:${Number(port).toString(16).toUpperCase().padStart(4, "0")} 00000000:0000 `;
  const table = input.includes("imudp") ? "udp" : "tcp";
  return (await Deno.readTextFile(`/proc/net/${table}`)).includes(local);
}

function configuration(directory: string, input: string): string {
  const template = FIELDS.map((field) => `%${field}%`).join(SEPARATOR);
  return `
global(workDirectory="${directory}/work")
${input}
template(name="fields" type="string" string="${template}\\n")
ruleset(name="all") {
  action(type="omfile" file="${directory}/log" template="fields")
}
`;
}

/** A server that can be killed and started again. `await using` ends it. */
export class Rsyslog implements AsyncDisposable {
  readonly #directory: string;
  readonly #input: string;
  #program: Program | undefined;

  private constructor(directory: string, input: string) {
    this.#directory = directory;
    this.#input = input;
  }

  /**
   * Starts one.
   *
   * @param input The configuration of its input, whose ruleset is `all`.
   */
  static async start(directory: string, input: string): Promise<Rsyslog> {
    Deno.mkdirSync(`${directory}/work`);
    Deno.writeTextFileSync(`${directory}/conf`, configuration(directory, input));
    const server = new Rsyslog(directory, input);
    await server.start();
    return server;
  }

  /** Starts it again. Resolves when its input takes what comes. */
  async start(): Promise<void> {
    const pidFile = `${this.#directory}/pid`;
    await Deno.remove(pidFile).catch(() => {});
    const words = ["/usr/sbin/rsyslogd", "-n", "-f", `${this.#directory}/conf`, "-i", pidFile];
    this.#program = new Program(words, { prefix: FAVOURED });
    await eventually(
      () => Deno.stat(pidFile).then(() => true, () => undefined),
      "rsyslogd does not start",
    );
    // The inputs come after the pid file.
    await eventually(
      async () => await isBound(this.#input) || undefined,
      "the input of rsyslogd does not open",
    );
  }

  signal(name: Deno.Signal): void {
    this.#program?.signal(name);
  }

  /** Ends it, and waits until it has ended. */
  async stop(name: Deno.Signal = "SIGTERM"): Promise<void> {
    this.signal(name);
    await this.#program?.ended();
    await this.#program?.[Symbol.asyncDispose]();
    this.#program = undefined;
  }

  /** All that was received so far. */
  received(): Received[] {
    let text: string;
    try {
      text = Deno.readTextFileSync(`${this.#directory}/log`);
    } catch {
      return [];
    }
    return text.split("\n").slice(0, -1).map((line) => {
      const [pri, timestamp, hostname, appName, procId, msgId, sd, ...rest] = line.split(SEPARATOR);
      return {
        priority: Number(pri),
        timestamp: timestamp ?? "",
        hostname: hostname ?? "",
        appName: appName ?? "",
        procId: procId ?? "",
        msgId: msgId ?? "",
        structuredData: sd ?? "",
        // rsyslog keeps the blank before it where there is no structured data.
        message: rest.join(SEPARATOR).replace(/^ /, ""),
      };
    });
  }

  /** Waits until at least so many messages are there. */
  async has(count: number): Promise<Received[]> {
    return await eventually(
      () => {
        const received = this.received();
        return received.length >= count ? received : undefined;
      },
      `fewer than ${count} messages are there`,
    ).catch((error) => {
      throw new Error(`${error.message}: ${this.received().length}`);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop("SIGKILL");
  }
}

/** What the input of rsyslogd is to be, for a target at that port or path. */
export const INPUTS = {
  udp: (port: number) => `
module(load="imudp")
input(type="imudp" address="127.0.0.1" port="${port}" rcvbufSize="16m" ruleset="all")`,
  tcp: (port: number) => `
module(load="imtcp")
input(type="imtcp" address="127.0.0.1" port="${port}" ruleset="all")`,
  unix: (path: string) => `
module(load="imuxsock" sysSock.use="off")
input(type="imuxsock" socket="${path}" useSpecialParser="off" parseHostname="on" ignoreTimestamp="off"
  rateLimit.interval="0" ruleset="all")`,
  tls: (port: number, directory: string) => `
global(
  defaultNetstreamDriverCAFile="${directory}/ca.pem"
  defaultNetstreamDriverCertFile="${directory}/server.pem"
  defaultNetstreamDriverKeyFile="${directory}/server.key"
)
module(load="imtcp" streamDriver.name="gtls" streamDriver.mode="1" streamDriver.authMode="x509/certvalid")
input(type="imtcp" address="127.0.0.1" port="${port}" ruleset="all")`,
} as const;
