/** Options that take a secret, of programs whose option does not say so by its name. */

/** Where the secret stands. */
export interface SecretOption {
  /** As they are typed: `-p`. */
  readonly options: readonly string[];
  /** In the word after the option, in the same word, or in either. */
  readonly form: "next" | "same" | "either";
  /** What comes before this is no secret: of `user:password` the colon. Absent: all is secret. */
  readonly after?: string;
  /** Letters without a value may stand before that of the option: `-su user:password`. */
  readonly clusters?: true;
  /** Only after this word: `docker login -p`, but not `docker run -p`. */
  readonly behind?: string;
}

/** Programs that take the same options. */
interface ProgramRule {
  /** Base names. */
  readonly programs: readonly string[];
  readonly options: readonly SecretOption[];
  /** The last word is a secret where one of the options, if there are any named, is given. */
  readonly lastWord?: RegExp;
}

/** All of them. Each as the manual page of the program has it. */
export const PROGRAM_RULES: readonly ProgramRule[] = [
  {
    programs:
      "mysql mysqldump mysqlimport mysqlshow mysqlcheck mysqlslap mysqlbinlog mysqlpump mysqlsh mariadb mariadb-dump mariadb-import mariadb-show mariadb-check mariadb-slap mariadb-binlog mariadb-backup mycli"
        .split(" "),
    // The next word is the name of the database.
    options: [{ options: ["-p"], form: "same" }],
  },
  {
    programs: ["mysqladmin", "mariadb-admin"],
    options: [{ options: ["-p"], form: "same" }],
    lastWord: /^(?:old-)?password$/,
  },
  { programs: ["sshpass"], options: [{ options: ["-p"], form: "either" }] },
  {
    programs: ["smbclient", "smbget", "smbcacls", "smbcquotas", "smbtree", "rpcclient", "net"],
    options: [{ options: ["-U", "--user"], form: "either", after: "%" }],
  },
  {
    programs: "ldapsearch ldapadd ldapmodify ldapdelete ldapcompare ldapwhoami ldapmodrdn ldapexop"
      .split(" "),
    options: [{ options: ["-w"], form: "either" }],
  },
  { programs: ["ldappasswd"], options: [{ options: ["-w", "-s", "-a"], form: "either" }] },
  {
    programs: ["curl"],
    options: [
      { options: ["-u", "-U"], form: "either", after: ":", clusters: true },
      { options: ["--user", "--proxy-user"], form: "either", after: ":" },
      { options: ["-b", "--cookie"], form: "either", after: "=", clusters: true },
      { options: ["-E", "--cert", "--proxy-cert"], form: "either", after: ":", clusters: true },
    ],
  },
  {
    programs: ["http", "https", "httpie", "xh", "xhs"],
    options: [{ options: ["-a", "--auth"], form: "either", after: ":" }],
  },
  {
    programs: ["redis-cli", "redis-benchmark", "valkey-cli", "keydb-cli"],
    options: [{ options: ["-a"], form: "next" }],
  },
  {
    programs:
      "mongo mongosh mongodump mongorestore mongoexport mongoimport mongostat mongotop mongofiles"
        .split(" "),
    options: [{ options: ["-p"], form: "either" }],
  },
  {
    programs: ["docker", "podman", "buildah", "skopeo", "nerdctl", "helm", "oc", "az"],
    options: [{ options: ["-p"], form: "either", behind: "login" }],
  },
  { programs: ["openssl"], options: [{ options: ["-k", "-K"], form: "next" }] },
  { programs: ["mosquitto_pub", "mosquitto_sub"], options: [{ options: ["-P"], form: "either" }] },
  {
    programs: "snmpget snmpgetnext snmpwalk snmpbulkwalk snmpbulkget snmpset snmptable snmptrap"
      .split(" "),
    options: [{ options: ["-c", "-A", "-X"], form: "either" }],
  },
  { programs: ["ipmitool"], options: [{ options: ["-P"], form: "either" }] },
  { programs: ["sqlcmd", "bcp", "isql", "tsql"], options: [{ options: ["-P"], form: "either" }] },
  { programs: ["zip", "unzip"], options: [{ options: ["-P"], form: "either" }] },
  {
    programs: ["7z", "7za", "7zr", "7zz", "rar", "unrar"],
    options: [{ options: ["-hp", "-p"], form: "same" }],
  },
  {
    programs: ["xfreerdp", "xfreerdp3", "wlfreerdp", "sdl-freerdp"],
    options: [{ options: ["/p:", "/gp:"], form: "same" }],
  },
  { programs: ["rdesktop", "vncdo"], options: [{ options: ["-p"], form: "either" }] },
  { programs: ["lftp"], options: [{ options: ["-u", "--user"], form: "either", after: "," }] },
  { programs: ["plink", "pscp", "psftp"], options: [{ options: ["-pw"], form: "next" }] },
  { programs: ["useradd", "usermod", "groupadd"], options: [{ options: ["-p"], form: "either" }] },
  {
    programs: ["nmcli"],
    options: [{
      options: ["wifi-sec.psk", "802-11-wireless-security.psk", "password"],
      form: "next",
    }],
  },
  { programs: ["ssh-keygen"], options: [{ options: ["-N", "-P"], form: "either" }] },
  { programs: ["cqlsh", "twine"], options: [{ options: ["-p"], form: "either" }] },
  { programs: ["consul"], options: [{ options: ["-encrypt"], form: "either" }] },
  { programs: ["influx"], options: [{ options: ["-t"], form: "either" }] },
  { programs: ["swaks"], options: [{ options: ["-ap"], form: "next" }] },
  { programs: ["htpasswd"], options: [], lastWord: /^-[a-zA-Z0-9]*b/ },
  {
    programs: ["rabbitmqctl"],
    options: [],
    lastWord: /^(?:add_user|authenticate_user|change_password)$/,
  },
];

/** Words that some options are looked for behind. */
export const BEHIND: ReadonlySet<string> = new Set(
  PROGRAM_RULES.flatMap(({ options }) => options.flatMap(({ behind }) => behind ?? [])),
);

/** By base name. */
export const RULE_OF_PROGRAM: ReadonlyMap<string, ProgramRule> = new Map(
  PROGRAM_RULES.flatMap((rule) => rule.programs.map((program) => [program, rule] as const)),
);
