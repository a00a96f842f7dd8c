/** What conditions look at, as it is drawn from a record once for all rules. */
import type { Connection, ParentProcess, RecordedProcess } from "../connection.ts";
import { servicePort } from "../service_port.ts";

/** A domain name has at most 253 characters (RFC 1035, section 2.3.4), and perhaps a dot at its end. */
const LONGEST_NAME = 254;
/** `PATH_MAX` of Linux; that of macOS is 1024. */
const LONGEST_PATH = 4096;
/** Where a name was asked for by address: whoever owns the address chooses the answer. */
const REVERSE_LOOKUP = "ptr";
const ASCII = /^[\0-\x7f]*$/;
/** Nothing in it means something in a URL. */
const INTERNATIONAL = /^[a-zA-Z0-9._\-\x80-\u{10ffff}]+$/u;

/** What a record says. What it does not say is undefined. */
export interface Facts {
  readonly direction: string;
  readonly protocolNumber: number | undefined;
  /** Port of the service: see {@linkcode servicePort}. */
  readonly port: number | undefined;
  readonly remoteIp: string | undefined;
  readonly localIp: string | undefined;
  /** The remote name and all domains above it, the longest first: `a.b.c`, `b.c`, `c`. */
  readonly domains: readonly string[] | undefined;
  readonly executable: string | undefined;
  readonly process: RecordedProcess | undefined;
  readonly parent: ParentProcess | undefined;
  readonly uid: number | undefined;
}

/**
 * A host name for comparing: lower case, without the dot of the root (RFC 4343), international names in
 * their ASCII form (RFC 5891). Undefined where it can be no host name.
 */
export function plainHost(name: string): string | undefined {
  if (name.length > LONGEST_NAME) return undefined;
  let ascii = name;
  if (!ASCII.test(name)) {
    const url = INTERNATIONAL.test(name) ? URL.parse(`http://${name}/`) : null;
    if (url === null) return undefined;
    ascii = url.hostname;
  }
  const lower = ascii.toLowerCase();
  const plain = lower.endsWith(".") ? lower.slice(0, -1) : lower;
  return plain === "" ? undefined : plain;
}

function domainsOf(name: string): string[] | undefined {
  const plain = plainHost(name);
  if (plain === undefined) return undefined;
  const domains = [plain];
  for (let dot = plain.indexOf("."); dot >= 0; dot = plain.indexOf(".", dot + 1)) {
    domains.push(plain.slice(dot + 1));
  }
  return domains;
}

/**
 * The path, where it says where the executable is: one that climbs (`/usr/bin/../../tmp/x`) is not where it
 * seems to be, and one longer than `PATH_MAX` is none.
 */
export function saidPath(path: string | undefined): string | undefined {
  if (path === undefined || path.length > LONGEST_PATH || path.includes("/../")) return undefined;
  return path;
}

/** Draws from a record what conditions look at. */
export function factsOf(connection: Connection): Facts {
  const { process, remote, local, socket } = connection;
  const name = remote?.nameSource === REVERSE_LOOKUP ? undefined : remote?.name;
  return {
    direction: connection.direction,
    protocolNumber: connection.protocolNumber,
    port: servicePort(connection),
    remoteIp: remote?.ip,
    localIp: local.ip,
    domains: name === undefined ? undefined : domainsOf(name),
    executable: saidPath(process?.executable),
    process,
    parent: process?.parent,
    uid: process?.uid ?? socket?.uid,
  };
}
