/** What starts exports where there is no systemd: launchd, cron and Splunk. */
import { SERVICE_USER, type ServicePlace } from "./place.ts";
import { exportArguments, summaryFile } from "./systemd_export.ts";

/** Seconds between two exports: the length of their windows. */
const INTERVAL = 300;

/** Where a Mac keeps the state of daemons. */
const MAC_STATE = "/var/db/connscribe.state";

/** State of what Splunk starts: it may run beside another export, and both are to be complete. */
const SPLUNK_STATE = "/var/lib/connscribe-splunk/export.state";
const MAC_SPLUNK_STATE = "/var/db/connscribe-splunk.state";

/** Arguments of an export of the traffic log of Little Snitch. */
function macExport(state: string): readonly string[] {
  return ["export", "--from", "littlesnitch", "--since-last", state, "--format", "ndjson"];
}

/** A launch daemon of macOS (launchd.plist(5)): it runs as root, as Little Snitch asks. */
export function launchDaemon(place: ServicePlace, installed: string): string {
  const words = [place.program, ...macExport(MAC_STATE), "--out", summaryFile(place), "--quiet"];
  return `\
<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<!-- Exports the traffic log of Little Snitch every five minutes, every window once. -->
<!-- Goes to ${installed}; then: launchctl bootstrap system ${installed} -->
<!-- Make ${place.logDirectory} before, and allow access via Terminal in the settings of Little Snitch. -->
<plist version="1.0">
<dict>
  <key>Label</key>
  <string>connscribe</string>
  <key>ProgramArguments</key>
  <array>
${words.map((word) => `    <string>${word}</string>`).join("\n")}
  </array>
  <key>RunAtLoad</key>
  <true/>
  <key>StartInterval</key>
  <integer>${INTERVAL}</integer>
  <key>ProcessType</key>
  <string>Background</string>
  <key>LowPriorityIO</key>
  <true/>
  <!-- 027: what is made is not for others. -->
  <key>Umask</key>
  <integer>${0o027}</integer>
  <key>StandardErrorPath</key>
  <string>${place.logDirectory}/connscribe.err</string>
</dict>
</plist>
`;
}

/**
 * A line for crontab(5): five fields and a command for sh, in which % would be a line feed. Nothing that is
 * printed is mailed: the records go to a file, and only errors to stderr.
 */
export function crontab(place: ServicePlace): string {
  const args = isMac(place) ? macExport(MAC_STATE) : exportArguments(place);
  const command = [place.program, ...args, "--out", summaryFile(place), "--quiet"].map(shellWord);
  const minutes = `*/${INTERVAL / 60}`;
  const who = isMac(place) ? "root" : SERVICE_USER;
  return `\
# Exports every five minutes, every window once; a run that was missed is made up for.
# Goes to the crontab of the user ${who}: crontab -u ${who} -e
${minutes} * * * * ${command.join(" ")}
`;
}

/**
 * A scripted input of Splunk (inputs.conf). Splunk never starts a second one while one runs, and what goes
 * to stderr it logs by itself. Its environment has libraries of its own, which must not reach the program.
 */
export function splunkInput(place: ServicePlace, installed: string): string {
  const args = isMac(place) ? macExport(MAC_SPLUNK_STATE) : exportArguments(place, SPLUNK_STATE);
  const command = ["/usr/bin/env", "-u", "LD_LIBRARY_PATH", place.program, ...args, "--quiet"];
  return `\
# Exports every five minutes, every window once, into Splunk.
# Goes to ${installed}
# Beside it, bin/connscribe.path holds this one line. The directory of the state has to belong to
# the user that Splunk runs as, and this user to the group that may read the logs:
#   ${command.join(" ")}
[script://./bin/connscribe.path]
interval = ${INTERVAL}
sourcetype = connscribe:ecs
source = connscribe
disabled = 0

# Or, where a forwarder may read the segments of connscribe.service, each record instead of summaries:
[monitor://${place.logDirectory}/connscribe-*.ndjson]
sourcetype = connscribe:ecs
disabled = 1
`;
}

function isMac({ from }: ServicePlace): boolean {
  return from === "littlesnitch";
}

/** The word as sh(1) takes it. */
function shellWord(word: string): string {
  return /^[A-Za-z0-9/._+-]+$/.test(word) ? word : `'${word}'`;
}
