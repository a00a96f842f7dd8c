/** All files of a service, in one table: `service --print` prints them, and packaging/ holds a copy of each. */
import { apparmorProfile } from "./apparmor.ts";
import { logrotate, sysusers, tmpfiles } from "./host_files.ts";
import { type ServicePlace, USUAL_LOG_DIRECTORY, USUAL_PROGRAM } from "./place.ts";
import { crontab, launchDaemon, splunkInput } from "./schedules.ts";
import { exportTimer, exportUnit } from "./systemd_export.ts";
import { procfsUnit, watchUnit } from "./systemd_watch.ts";

/** One file. */
export interface ServiceFile {
  /** Value of `--print`. */
  readonly name: string;
  /** Its name in packaging/. */
  readonly packaged: string;
  /** Where it goes on a host: an absolute path, or one below the directory of another program. */
  readonly installed: string;
  /** Values of `--from` that it can be made for; the first one holds when none is given. */
  readonly from: readonly string[];
  /** Its text. */
  readonly render: (place: ServicePlace, installed: string) => string;
}

/** Collectors that `watch` runs on Linux. */
const LIVE = ["auto", "trace", "conntrack", "proc", "trace,conntrack", "conntrack,trace"];

/** What exports sum up. */
const PAST = ["files", "littlesnitch"];

/** The table. */
export const SERVICE_FILES: readonly ServiceFile[] = [
  {
    name: "systemd",
    packaged: "connscribe.service",
    installed: "/etc/systemd/system/connscribe.service",
    from: LIVE,
    render: watchUnit,
  },
  {
    name: "systemd-procfs",
    packaged: "connscribe-procfs.service",
    installed: "/etc/systemd/system/connscribe-procfs.service",
    from: ["proc"],
    render: procfsUnit,
  },
  {
    name: "systemd-export",
    packaged: "connscribe-export.service",
    installed: "/etc/systemd/system/connscribe-export.service",
    from: ["files"],
    render: exportUnit,
  },
  {
    name: "systemd-timer",
    packaged: "connscribe-export.timer",
    installed: "/etc/systemd/system/connscribe-export.timer",
    from: ["files"],
    render: exportTimer,
  },
  {
    name: "launchd",
    packaged: "connscribe.plist",
    installed: "/Library/LaunchDaemons/connscribe.plist",
    from: ["littlesnitch"],
    render: launchDaemon,
  },
  { name: "cron", packaged: "crontab", installed: "crontab -e", from: PAST, render: crontab },
  {
    name: "splunk",
    packaged: "inputs.conf",
    installed: "$SPLUNK_HOME/etc/apps/connscribe/local/inputs.conf",
    from: PAST,
    render: splunkInput,
  },
  {
    name: "logrotate",
    packaged: "connscribe.logrotate",
    installed: "/etc/logrotate.d/connscribe",
    from: LIVE,
    render: logrotate,
  },
  {
    name: "sysusers",
    packaged: "connscribe.sysusers",
    installed: "/usr/lib/sysusers.d/connscribe.conf",
    from: LIVE,
    render: sysusers,
  },
  {
    name: "tmpfiles",
    packaged: "connscribe.tmpfiles",
    installed: "/usr/lib/tmpfiles.d/connscribe.conf",
    from: LIVE,
    render: tmpfiles,
  },
  {
    name: "apparmor",
    packaged: "connscribe.apparmor",
    installed: "/etc/apparmor.d/connscribe",
    from: LIVE,
    render: apparmorProfile,
  },
];

/** The row of that name; undefined if there is none. */
export function serviceFile(name: string): ServiceFile | undefined {
  return SERVICE_FILES.find((file) => file.name === name);
}

/** The text of a file for the usual paths, as packaging/ holds it. */
export function packagedText({ from: [from = ""], installed, render }: ServiceFile): string {
  return render({ program: USUAL_PROGRAM, from, logDirectory: USUAL_LOG_DIRECTORY }, installed);
}
