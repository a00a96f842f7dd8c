/**
 * The parts of a unit's [Service] section that take rights away (systemd.exec(5)), shared by all units.
 * What stands here holds for each of them; what differs is in the unit itself.
 */
import type { ServicePlace } from "./place.ts";

/** Settings that no command of connscribe misses anything of. */
export const COMMON_SANDBOX = `\
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
PrivateMounts=yes
PrivateDevices=yes
DevicePolicy=closed
PrivateIPC=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
LockPersonality=yes
RestrictSUIDSGID=yes
RemoveIPC=yes
KeyringMode=private
SystemCallArchitectures=native
SystemCallErrorNumber=EPERM
# A core dump would hold command lines of other programs.
LimitCORE=0
# MemoryDenyWriteExecute= is missing: V8 compiles JavaScript to machine code in memory that it writes and
# then runs. With that setting the program does not start.
UMask=0027
`;

/**
 * The directory of the logs: LogsDirectory= makes it and gives it to the user, but only below /var/log.
 * Another one has to be there.
 */
export function logDirectorySettings({ logDirectory }: ServicePlace): string {
  const [, name] = /^\/var\/log\/(.+)$/.exec(logDirectory) ?? [];
  return name === undefined
    ? `ReadWritePaths=${logDirectory}\n`
    : `LogsDirectory=${name}\nLogsDirectoryMode=0750\n`;
}

/** The lines on top of a file: what it is, and where it goes. */
export function head(what: string, installed: string): string {
  return `# ${what}\n# Goes to ${installed}\n`;
}
