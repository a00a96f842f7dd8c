/** What else a host needs: a user, directories, and rotation where one file is written. */
import { SERVICE_USER, type ServicePlace, STATE_DIRECTORY } from "./place.ts";
import { head } from "./systemd_sandbox.ts";

/** The user that the service runs as (sysusers.d(5)). */
export function sysusers(_place: ServicePlace, installed: string): string {
  return `\
${head("The user that connscribe runs as: it can log in nowhere", installed)}\
u ${SERVICE_USER} - "Log of network connections" - -
`;
}

/** Its directories (tmpfiles.d(5)), for cron and for a service that is none of systemd's. */
export function tmpfiles({ logDirectory }: ServicePlace, installed: string): string {
  return `\
${head("The directories of connscribe; the units of systemd make them by themselves", installed)}\
d ${logDirectory} 0750 ${SERVICE_USER} ${SERVICE_USER} -
d ${STATE_DIRECTORY} 0750 ${SERVICE_USER} ${SERVICE_USER} -
`;
}

/**
 * Rotation from outside (logrotate(8)), for the file of `--out FILE`. Segments need none: they are never
 * renamed, and go by --max-total and --max-age.
 */
export function logrotate({ program, logDirectory }: ServicePlace, installed: string): string {
  return `\
${
    head(
      "Rotates what connscribe writes with --out FILE; segments (--out DIR/) rotate themselves",
      installed,
    )
  }\
# Never copytruncate: what is written between the copy and the truncation is lost.
${logDirectory}/connscribe.ndjson ${logDirectory}/summary.ndjson {
    # Not as root: the directory belongs to that user, who could put links in the way. The script neither.
    su ${SERVICE_USER} ${SERVICE_USER}
    daily
    maxsize 100M
    rotate 14
    missingok
    notifempty
    create 0640 ${SERVICE_USER} ${SERVICE_USER}
    compress
    # A forwarder may still read the youngest of the old ones.
    delaycompress
    sharedscripts
    # The program goes on in the file that was moved until it is told to open the path anew.
    postrotate
        pkill -HUP -u ${SERVICE_USER} -f '^${program} watch ' || true
    endscript
}
`;
}
