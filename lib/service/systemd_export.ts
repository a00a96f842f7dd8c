/** The unit and the timer of `export --since-last`: it reads what `watch` has written, and sums it up. */
import { SERVICE_USER, type ServicePlace, STATE_DIRECTORY } from "./place.ts";
import { COMMON_SANDBOX, head, logDirectorySettings } from "./systemd_sandbox.ts";

/**
 * Arguments of an export of the logs of `watch`: every window once, however often it runs.
 *
 * @param state Where it keeps what is done; two that write to different places each have their own.
 */
export function exportArguments(
  { logDirectory }: ServicePlace,
  state = `${STATE_DIRECTORY}/export.state`,
): readonly string[] {
  return [
    "export",
    "--input",
    `${logDirectory}/connscribe-*.ndjson*`,
    "--since-last",
    state,
    "--format",
    "ndjson",
  ];
}

/** The file that the summaries go to. Its name is none of those that the export reads. */
export function summaryFile({ logDirectory }: ServicePlace): string {
  return `${logDirectory}/summary.ndjson`;
}

/** The unit that the timer starts. It reads and writes files of its own user, and needs no right besides. */
export function exportUnit(place: ServicePlace, installed: string): string {
  const words = [place.program, ...exportArguments(place), "--out", summaryFile(place)];
  return `\
${head("Sums up the log of connscribe.service, every window once", installed)}
[Unit]
Description=Summary of the log of network connections

[Service]
Type=oneshot
ExecStart=${words.join(" ")}
# 75: another run is not done yet, or a log could not be read; the next one goes on from there.
SuccessExitStatus=75
TimeoutStartSec=10min
User=${SERVICE_USER}
Group=${SERVICE_USER}
StateDirectory=${SERVICE_USER}
StateDirectoryMode=0750
${logDirectorySettings(place)}
CapabilityBoundingSet=
AmbientCapabilities=

${COMMON_SANDBOX}
PrivateNetwork=yes
PrivateUsers=yes
ProtectProc=invisible
ProcSubset=pid
RestrictRealtime=yes
RestrictNamespaces=yes
RestrictAddressFamilies=none
IPAddressDeny=any
SystemCallFilter=@system-service
SystemCallFilter=~@debug @keyring @memlock @privileged @resources
Nice=10
IOSchedulingClass=idle
`;
}

/** The timer. A run that was missed is made up for: it exports all windows since the one before. */
export function exportTimer(_place: ServicePlace, installed: string): string {
  return `\
${head("Starts connscribe-export.service every five minutes", installed)}
[Unit]
Description=Summary of the log of network connections every five minutes

[Timer]
OnCalendar=*:0/5
AccuracySec=1s
RandomizedDelaySec=30s
Persistent=yes

[Install]
WantedBy=timers.target
`;
}
