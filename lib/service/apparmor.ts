/** A profile of AppArmor (apparmor.d(5)). */
import { SETPRIV_PATHS, SS_PATHS, STDBUF_PATHS } from "../../collectors/trace/bytes/programs.ts";
import { CONNTRACK_PATHS, NFT_PATHS, NSENTER_PATHS } from "../../collectors/registry.ts";
import { CHRT_PATHS } from "../real_time.ts";
import { capabilitiesOf, uses } from "./capabilities.ts";
import { type ServicePlace, STATE_DIRECTORY } from "./place.ts";
import { head } from "./systemd_sandbox.ts";

/** What the namespaces without a process are read with, besides nsenter. */
const TAIL_PATHS = ["/usr/bin/tail", "/bin/tail"] as const;

/** A profile for the collector that `from` names. Programs that are started run under it too (ix). */
export function apparmorProfile(place: ServicePlace, installed: string): string {
  const { program, from, logDirectory } = place;
  const trace = uses(from, "trace");
  const conntrack = uses(from, "conntrack");
  const programs = [
    ...NSENTER_PATHS,
    ...TAIL_PATHS,
    ...(trace ? [...SS_PATHS, ...STDBUF_PATHS, ...SETPRIV_PATHS, ...CHRT_PATHS] : []),
    ...(conntrack ? [...CONNTRACK_PATHS, ...NFT_PATHS] : []),
  ];
  const capabilities = capabilitiesOf(from).map(({ name }) => name.slice(4).toLowerCase());
  return `\
${head("Confines connscribe to what it needs", installed)}
abi <abi/3.0>,
include <tunables/global>

profile connscribe ${program} {
  include <abstractions/base>

${lines(capabilities.map((name) => `capability ${name}`))}
  # Processes of all users are looked into; none is changed.
  ptrace (read),
  @{PROC}/ r,
  @{PROC}/** r,

  /etc/passwd r,
  /etc/nsswitch.conf r,
  /etc/machine-id r,
  @{sys}/fs/cgroup/** r,
  @{run}/netns/ r,
  @{run}/netns/* r,

  # What connscribe is to write. The lock is for one writer at a time.
  ${logDirectory}/ r,
  ${logDirectory}/** rwk,
  ${STATE_DIRECTORY}/ r,
  ${STATE_DIRECTORY}/** rwk,

  # A connection to itself shows whether the collector works; the rest is asked of the kernel.
  network inet stream,
  network inet dgram,
  network inet6 stream,
  network inet6 dgram,
${
    lines([
      ...(trace ? ["network netlink dgram", "network netlink raw"] : []),
      ...(conntrack && !trace ? ["network netlink raw"] : []),
    ])
  }
${
    trace
      ? `\
  # The kernel's trace: read all of it, write to instances of its own.
  @{sys}/kernel/tracing/ r,
  @{sys}/kernel/tracing/** r,
  @{sys}/kernel/tracing/instances/** rw,
  @{sys}/devices/system/cpu/** r,
  /usr/{lib,libexec}/**/libstdbuf.so mr,

`
      : ""
  }\
  ${program} mr,
  # Absolute paths alone; they run under this profile.
${lines(programs.map((path) => `${path} ix`))}}
`;
}

function lines(rules: readonly string[]): string {
  return rules.map((rule) => `  ${rule},\n`).join("");
}
