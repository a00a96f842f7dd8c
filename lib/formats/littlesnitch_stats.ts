/**
 * The format `littlesnitch-stats`: the lines of the program littlesnitch-log-exporter, so that what reads
 * them goes on. Time and host are those of the export, the time in local time with milliseconds.
 *
 *     2021-01-02 12:10:35,634 host: APP: '/bin/a' DIRECTION: OUT IP: 8.8.8.8 HOST: 'dns.google' PORT: 53 ACTION: ALLOWED COUNT: 255
 *
 * COUNT is connections; `rows` counts what the connections were told in, as that program does. What is not
 * known is `-`, or nothing between the quotation marks.
 */
import type { Connection } from "../connection.ts";
import { servicePort } from "../service_port.ts";
import { localTime } from "../time.ts";
import { escapeControl } from "./escape.ts";
import type { Format, FormatContext } from "./format.ts";

/** Stands for all programs for which there was no room. */
const OTHERS = "(other)";

/** `2021-01-02 12:10:35,634` */
function stamp(time: number): string {
  return `${localTime(time, " ")},${String(Math.floor(time / 1000) % 1000).padStart(3, "0")}`;
}

/** Text between quotation marks: it holds none itself, so it ends where it ends. */
function quoted(text: string | undefined): string {
  return `'${escapeControl(text ?? "").replaceAll("'", "\\x27")}'`;
}

function word(value: string | number | undefined): string {
  return value === undefined || value === ""
    ? "-"
    : escapeControl(String(value)).replaceAll(" ", "\\x20");
}

function direction({ direction, initiator }: Connection): "IN" | "OUT" {
  const isIngress = initiator === undefined ? direction === "ingress" : initiator === "remote";
  return isIngress ? "IN" : "OUT";
}

/** What was done with all that the record stands for. */
function action({ event, outcome, count = 0, denied = 0 }: Connection): string {
  if (event !== "summary") return outcome === "denied" ? "DENIED" : "ALLOWED";
  if (denied === 0) return "ALLOWED";
  return denied >= count ? "DENIED" : "ALLOWED,DENIED";
}

/** Creates the format. */
export function createLittleSnitchStatsFormat(context: FormatContext): Format {
  const time = stamp(context.now);
  return {
    line(connection) {
      const { remote, process, host, count = 1, records = 1, other } = connection;
      const app = other ? OTHERS : process?.executable ?? process?.name;
      return time +
        " " + word(host?.name) +
        ": APP: " + quoted(app) +
        " DIRECTION: " + direction(connection) +
        " IP: " + word(remote?.ip) +
        " HOST: " + quoted(remote?.name) +
        " PORT: " + word(servicePort(connection)) +
        " ACTION: " + action(connection) +
        " COUNT: " + (context.counted === "rows" ? records : count) + "\n";
    },
  };
}
