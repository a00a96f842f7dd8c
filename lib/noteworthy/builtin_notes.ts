/** The built-in rules that make records noteworthy on every system. */

/** Text of rules, to stand at the end of a rules file. */
export const NOTE_RULES = `\
[[rule]]
name = "interpreter"
why = "Shells, interpreters and netcat are what attackers use; the web and DNS are left out."
note = "a shell or interpreter talks to a public address on an unusual port"
direction = "egress"
protocol = ["tcp", "udp", "sctp"]
remote = "public"
not_port = [53, 80, 123, 443, 853]
executable = [
  "*/bash", "*/sh", "*/dash", "*/zsh", "*/ksh*", "*/fish", "*/ash", "*/busybox",
  "*/python", "*/python2*", "*/python3*", "*/perl", "*/perl5*", "*/ruby*", "*/php*", "*/lua*",
  "*/tclsh*", "*/expect", "*/gawk", "*/pwsh", "*/nc", "*/nc.*", "*/ncat", "*/netcat", "*/socat",
  "*/telnet*",
]

[[rule]]
name = "temporary-executable"
why = "Everyone can write there, and no package installs programs there."
note = "the program lies in a directory for temporary files"
executable = [
  "/tmp/*", "/var/tmp/*", "/dev/shm/*", "/private/tmp/*", "/private/var/tmp/*", "/Users/Shared/*",
]

[[rule]]
name = "memory-executable"
why = "A program that never was a file leaves nothing to look at (memfd_create(2))."
note = "the program runs from memory, without a file"
executable = "/memfd:*"

[[rule]]
name = "deleted-executable"
why = "Intruders remove their program once it runs. An update does so too, until a restart."
note = "the file of the program has been removed or replaced since it started"
executable = "/* (deleted)"
not_executable = "/memfd:*"

[[rule]]
name = "public-ssh"
why = "An SSH connection to the Internet can carry anything away."
note = "SSH to a public address"
direction = "egress"
protocol = "tcp"
port = 22
remote = "public"

[[rule]]
name = "public-smtp"
why = "Mail servers and clients deliver mail; what else does may send spam, or data out."
note = "mail to a public address by a program that does not deliver mail"
direction = "egress"
protocol = "tcp"
port = [25, 465, 587]
remote = "public"
not_executable = [
  "/usr/lib/postfix/sbin/smtp", "/usr/libexec/postfix/smtp", "/usr/sbin/exim4", "/usr/sbin/exim",
  "/System/Applications/Mail.app/Contents/*", "/Applications/Microsoft Outlook.app/Contents/*",
  "/Applications/Thunderbird.app/Contents/*", "/usr/lib/thunderbird/thunderbird*",
]

[[rule]]
name = "public-irc"
why = "Bots take their orders by IRC."
note = "IRC to a public address"
direction = "egress"
protocol = "tcp"
port = ["6660-6669", 6697, 7000]
remote = "public"

[[rule]]
name = "public-tor"
why = "Tor hides where a connection goes."
note = "a port of Tor relays at a public address"
direction = "egress"
protocol = "tcp"
port = [9001, 9030, 9040, 9050, 9051, 9150]
remote = "public"
`;
