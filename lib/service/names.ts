/** What `service` can be asked for. Apart from the templates, so that the command table loads none of them. */

/** Values of `--print`, in the order of the help text. */
export const SERVICE_FILE_NAMES = [
  "systemd",
  "systemd-procfs",
  "systemd-export",
  "systemd-timer",
  "launchd",
  "cron",
  "splunk",
  "logrotate",
  "sysusers",
  "tmpfiles",
  "apparmor",
] as const;
