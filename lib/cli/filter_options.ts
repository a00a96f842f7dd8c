/** The options that choose which records go on. */
import { checkPid, checkPortRange, checkProtocol, checkRemote } from "../pipeline/patterns.ts";
import type { OptionSpec } from "./spec.ts";
import { DIRECTIONS, EVENTS } from "../record_words.ts";

/** The filters: see `lib/pipeline/filter.ts`. */
export const FILTER_OPTIONS: readonly OptionSpec[] = [
  {
    name: "event",
    type: "choice",
    choices: EVENTS,
    repeatable: true,
    negatable: true,
    summary: "Only this kind of event; close has one record a connection, with all that is known",
  },
  {
    name: "ip",
    type: "choice",
    choices: ["4", "6"],
    repeatable: true,
    negatable: true,
    summary: "Only this version of the Internet Protocol",
  },
  {
    name: "protocol",
    short: "p",
    type: "text",
    placeholder: "NAME|REGEX",
    repeatable: true,
    negatable: true,
    check: checkProtocol,
    summary:
      "Only this protocol, by IANA keyword or number (tcp, udp, icmp, ipv6-icmp, 47), or by a regular expression over version and keyword (^ipv6/, ipv4/(tcp|udp))",
  },
  {
    name: "direction",
    type: "choice",
    choices: DIRECTIONS,
    repeatable: true,
    negatable: true,
    summary: "Only this direction",
  },
  {
    name: "remote",
    type: "text",
    placeholder: "CIDR|IP|NAME",
    repeatable: true,
    negatable: true,
    check: checkRemote,
    summary:
      "Only this remote network, address, or host name and all names below it (example.com also takes www.example.com)",
  },
  {
    name: "port",
    type: "text",
    placeholder: "N[-M]",
    repeatable: true,
    negatable: true,
    check: checkPortRange,
    summary: "Only this port or range of ports, on either end",
  },
  {
    name: "pid",
    type: "text",
    placeholder: "PID",
    repeatable: true,
    negatable: true,
    check: checkPid,
    summary: "Only this process",
  },
  {
    name: "process",
    type: "text",
    placeholder: "NAME|PATH",
    repeatable: true,
    negatable: true,
    summary: "Only processes with this name or path of the executable; * and ? are wildcards",
  },
  {
    name: "user",
    short: "u",
    type: "text",
    placeholder: "NAME|UID",
    repeatable: true,
    negatable: true,
    summary: "Only processes and sockets of this user",
  },
  {
    name: "unit",
    type: "text",
    placeholder: "NAME",
    repeatable: true,
    negatable: true,
    summary: "Only this systemd unit, system or user; * and ? are wildcards",
  },
  {
    name: "no-listen",
    type: "flag",
    summary: "Leave out listeners and sockets without a peer",
  },
  {
    name: "no-loopback",
    type: "flag",
    summary: "Leave out the loopback networks 127.0.0.0/8 and ::1",
  },
  {
    name: "no-private",
    type: "flag",
    summary:
      "Leave out peers in private (RFC 1918), shared (CGNAT), link-local, unique local and multicast networks, IPv4 and IPv6",
  },
].map((option): OptionSpec => ({ ...option, group: "Filters" }) as OptionSpec);
