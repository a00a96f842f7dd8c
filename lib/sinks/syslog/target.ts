/** Where syslog messages go, as `--out` takes it. */

/** How messages travel. */
export type SyslogTarget =
  | { readonly transport: "unix"; readonly path: string }
  | {
    readonly transport: "udp" | "tcp" | "tls";
    /** A host name, or an address; of IPv6 without brackets. */
    readonly host: string;
    readonly port: number;
  };

/** The socket of the host's own syslog service (syslog(3)). */
const LOCAL_SOCKET = "/dev/log";

/** RFC 5426, RFC 6587 with the port that IANA has for it, and RFC 5425. */
const PORTS = { udp: 514, tcp: 601, tls: 6514 } as const;

const REMOTE =
  /^syslog\+(udp|tcp|tls):\/\/(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]+))(?::(\d{1,5}))?\/?$/i;

/** What `sun_path` of unix(7) takes besides its NUL, bytes. */
const LONGEST_PATH = 107;
/** RFC 1035, 2.3.4. */
const LONGEST_NAME = 253;

/** Whether the text means to be such a target. */
export function isSyslogTarget(text: string): boolean {
  return /^syslog(:|\+[a-z]*:)/i.test(text);
}

function isTransport(text: string): text is keyof typeof PORTS {
  return Object.hasOwn(PORTS, text);
}

/**
 * Reads `syslog:`, `syslog:PATH`, `syslog+udp://HOST:PORT`, `syslog+tcp://HOST:PORT` or
 * `syslog+tls://HOST:PORT`; an IPv6 address stands in brackets.
 *
 * @throws RangeError that says what a target is.
 */
export function parseSyslogTarget(text: string): SyslogTarget {
  if (text.startsWith("syslog:") && !text.startsWith("syslog://")) {
    return { transport: "unix", path: checkedPath(text.slice("syslog:".length) || LOCAL_SOCKET) };
  }
  const [, scheme = "", ipv6, name, digits] = REMOTE.exec(text) ?? [];
  const transport = scheme.toLowerCase();
  const host = ipv6 ?? name;
  if (host === undefined || !isTransport(transport) || host.length > LONGEST_NAME) {
    throw new RangeError(
      "it is no target of syslog: write syslog:, syslog:PATH, syslog+udp://HOST:PORT, syslog+tcp://HOST:PORT or syslog+tls://HOST:PORT",
    );
  }
  const port = digits === undefined ? PORTS[transport] : Number(digits);
  if (port < 1 || port > 65535) throw new RangeError("a port is a number from 1 to 65535");
  return { transport, host, port };
}

function checkedPath(path: string): string {
  if (new TextEncoder().encode(path).length > LONGEST_PATH) {
    throw new RangeError(`the path of a socket has at most ${LONGEST_PATH} bytes`);
  }
  return path;
}

/** The target as messages name it, with its port. */
export function syslogTargetName(target: SyslogTarget): string {
  return target.transport === "unix"
    ? `syslog:${target.path}`
    : `syslog+${target.transport}://${hostPort(target)}`;
}

/** `HOST:PORT`, as permissions of Deno have it too. */
export function hostPort({ host, port }: { readonly host: string; readonly port: number }): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Whether a host is an address, not a name that must be looked up. */
export function isAddress(host: string): boolean {
  return host.includes(":") || /^\d{1,3}(\.\d{1,3}){3}$/.test(host);
}
