/** The units of `watch` (systemd.service(5), systemd.exec(5)). */
import { capabilitiesOf, type Capability, uses } from "./capabilities.ts";
import { SERVICE_USER, type ServicePlace } from "./place.ts";
import { COMMON_SANDBOX, head, logDirectorySettings } from "./systemd_sandbox.ts";

/** Where the least-privilege unit sees the proc file system. */
export const BOUND_PROCFS = "/run/connscribe/proc";

/** Exit statuses that will not be others at the next start: 64, 77 and 78 of lib/exit.ts. */
const FOR_GOOD = "64 77 78";

/** The unit of `watch`, for the collector that `from` names. */
export function watchUnit(place: ServicePlace, installed: string): string {
  const { from } = place;
  const trace = uses(from, "trace");
  const families = ["AF_INET", "AF_INET6", "AF_NETLINK"];
  return `\
${head("Writes down every network connection of this host, and the process behind it", installed)}
[Unit]
Description=Log of network connections
${trace ? "After=sys-kernel-tracing.mount\nWants=sys-kernel-tracing.mount\n" : ""}
${
    serviceSection(
      place,
      `watch --from ${from} --format ndjson --out ${place.logDirectory}/`,
    )
  }
${capabilitySettings(capabilitiesOf(from))}
${COMMON_SANDBOX}
${
    trace
      ? `\
# The trace has an instance of its own; all else below /sys stays read-only.
ReadWritePaths=-/sys/kernel/tracing/instances
# The thread that reads the trace is put before others (chrt).
RestrictRealtime=no
`
      : "RestrictRealtime=yes\n"
  }
# ProcSubset=pid would hide /proc/net and /proc/sys. ProtectProc=invisible would hide nothing from a program
# with CAP_SYS_PTRACE, but make it say that it sees less. Nothing in /proc is written to.
ProtectProc=default
ProcSubset=all
ReadOnlyPaths=/proc
# Other network namespaces are entered with nsenter.
RestrictNamespaces=net
# Nothing is sent but a connection to itself, which shows whether the collector works. AF_UNIX and other
# addresses are wanted only for --out syslog.
RestrictAddressFamilies=${families.join(" ")}
IPAddressDeny=any
IPAddressAllow=localhost
SystemCallFilter=@system-service setns
SystemCallFilter=~@debug @keyring @memlock @privileged${trace ? "" : " @resources"}
${
    trace
      ? `\
# @resources stays for chrt, and setpriv, which ends ss with the program, calls capset.
SystemCallFilter=capset
`
      : ""
  }\
# CAP_SYS_PTRACE is for looking: not for the memory and the files of other processes.
SystemCallFilter=~process_madvise process_vm_readv process_vm_writev pidfd_getfd

[Install]
WantedBy=multi-user.target
`;
}

/**
 * The least-privilege unit of `watch --from proc`. Deno asks for all permissions to read below /proc; the
 * same file system bound elsewhere needs only the permission to read that place, so the program can no
 * longer start others, and this unit lets nothing else be executed.
 */
export function procfsUnit(place: ServicePlace, installed: string): string {
  return `\
${
    head(
      "The least-privilege variant of connscribe.service: polls sockets, starts no program",
      installed,
    )
  }
[Unit]
Description=Log of network connections, by polling
Conflicts=connscribe.service

${
    serviceSection(
      place,
      `watch --from proc --procfs ${BOUND_PROCFS} --format ndjson --out ${place.logDirectory}/`,
    )
  }
BindReadOnlyPaths=/proc:${BOUND_PROCFS}

${capabilitySettings(capabilitiesOf("proc"))}
${COMMON_SANDBOX}
RestrictRealtime=yes
# These hide the /proc that nothing reads. What is bound at ${BOUND_PROCFS} is the host's own.
ProtectProc=invisible
ProcSubset=pid
# Only the program, its libraries, and what ExecReload= names can be executed.
NoExecPaths=/
ExecPaths=${place.program} -/lib -/lib64 -/usr/lib -/usr/lib64 /bin/kill
RestrictNamespaces=yes
RestrictAddressFamilies=none
IPAddressDeny=any
SystemCallFilter=@system-service
SystemCallFilter=~@debug @keyring @memlock @privileged @resources
SystemCallFilter=~process_madvise process_vm_readv process_vm_writev pidfd_getfd

[Install]
WantedBy=multi-user.target
`;
}

/** What is the same in both; ends with the directory of the logs. */
function serviceSection(place: ServicePlace, command: string): string {
  return `\
[Service]
Type=exec
ExecStart=${place.program} ${command}
# The log is opened anew, for what has moved it away.
ExecReload=/bin/kill -HUP $MAINPID
Restart=on-failure
RestartSec=5s
# Wrong usage, permissions and configuration do not mend themselves.
RestartPreventExitStatus=${FOR_GOOD}
# The program ends what it has started, and writes what it has read.
KillMode=mixed
TimeoutStopSec=30s
User=${SERVICE_USER}
Group=${SERVICE_USER}
${logDirectorySettings(place)}`;
}

function capabilitySettings(capabilities: readonly Capability[]): string {
  const names = capabilities.map(({ name }) => name).join(" ");
  return [
    "# It is not root. What each capability is for:",
    ...capabilities.map(({ name, use }) => `#   ${name}: ${use}`),
    `CapabilityBoundingSet=${names}`,
    `AmbientCapabilities=${names}`,
    "",
  ].join("\n");
}
