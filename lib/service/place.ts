/** What the files of a service are made for: a program, a collector and a place for the logs. */

/** Where the README installs the program. */
export const USUAL_PROGRAM = "/usr/local/bin/connscribe";

/** Where the logs go. */
export const USUAL_LOG_DIRECTORY = "/var/log/connscribe";

/** Where state is kept. */
export const STATE_DIRECTORY = "/var/lib/connscribe";

/** The user and the group that the service runs as; `sysusers` makes them. */
export const SERVICE_USER = "connscribe";

/** What a file of a service names. */
export interface ServicePlace {
  /** Absolute path of the program. */
  readonly program: string;
  /** Value of `--from`. */
  readonly from: string;
  /** Absolute path, without a slash at its end. */
  readonly logDirectory: string;
}

/**
 * Systemd, launchd, cron, Splunk, logrotate and AppArmor each quote in a way of their own. A path of these
 * characters needs no quotes in any of them.
 */
const PLAIN_PATH = /^(?:\/(?!\.{1,2}(?:\/|$))[A-Za-z0-9._+-]+)+\/?$/;

/**
 * A path without slashes at its end.
 *
 * @throws {RangeError} When it is not absolute and plain.
 */
export function plainPath(path: string): string {
  if (!PLAIN_PATH.test(path)) {
    throw new RangeError(
      "it is not an absolute path of letters, digits and ._+- alone, which all of these files take as it is",
    );
  }
  return path.endsWith("/") ? path.slice(0, -1) : path;
}

/** Directories that units do not see: ProtectHome= and PrivateTmp= (systemd.exec(5)). */
const HIDDEN = ["/home/", "/root/", "/run/user/", "/tmp/", "/var/tmp/"] as const;

/** Whether a unit of systemd cannot see this path. */
export function isHidden(path: string): boolean {
  return HIDDEN.some((directory) => `${path}/`.startsWith(directory));
}
