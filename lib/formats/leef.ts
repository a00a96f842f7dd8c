/**
 * The format `leef`: Log Event Extended Format 2.0 of IBM QRadar, without a syslog header: the output `syslog`
 * puts its own before it.
 *
 * What stands between attributes is `^`, which the header says: a tab, LEEF's usual one, is a control character,
 * which syslog servers rewrite (rsyslog makes `#011` of it). LEEF has no escapes. Text goes through
 * {@linkcode escapeControl}; a `^` in it is `\x5e`, and blanks at its ends are escaped, too, because readers cut
 * them off. The same unescaping undoes it all.
 *
 * Names are IBM's predefined attributes where there is one, else own ones of letters and digits, as IBM's
 * guidelines want them. `devTime` is written in the most exact of IBM's patterns; `eventTime`, `startTime` and
 * `endTime`, which are own ones, in ISO 8601 with microseconds.
 */
import { isoTime } from "../time.ts";
import { VERSION } from "../version.ts";
import { reportSeverity, severity } from "./cef.ts";
import { seconds } from "./cim.ts";
import type { Format, FormatContext } from "./format.ts";
import { textValues } from "./mapped_text.ts";
import {
  camelCase,
  createPairsFormat,
  escapeEnds,
  nameAndEquals,
  type PairSyntax,
} from "./pairs.ts";

/** Between attributes. */
const DELIMITER = "^";

/** Printable ASCII that is itself, with no blank at an end. */
const PLAIN = /^(?! )[ -[\]_-~]*$(?<! )/;

const HEADER = `LEEF:2.0|connscribe|connscribe|${VERSION}|`;

const MONTHS = [..."JanFebMarAprMayJunJulAugSepOctNovDec".matchAll(/.../g)].map(([name]) => name);

/** How `devTime` is written, for Java's SimpleDateFormat: one of the patterns that IBM suggests. */
const DEV_TIME_FORMAT = "MMM dd yyyy HH:mm:ss.SSS z";

/** `Nov 21 2026 02:01:40.144 GMT`. */
function devTime(time: number): string {
  const iso = isoTime(time);
  const month = MONTHS[Number(iso.slice(5, 7)) - 1] ?? "";
  return `${month} ${iso.slice(8, 10)} ${iso.slice(0, 4)} ${iso.slice(11, 23)} GMT`;
}

function textOf(text: string): string {
  return PLAIN.test(text) ? text : escapeEnds(text).replaceAll(DELIMITER, "\\x5e");
}

function head(event: string, time: number, severity: number): string {
  return `${HEADER}${event}|${DELIMITER}|devTime=${
    devTime(time)
  }^devTimeFormat=${DEV_TIME_FORMAT}` +
    `^sev=${severity}^`;
}

const SYNTAX: PairSyntax = {
  head: {
    ofRecord: (record) => head(record.event, record.time, severity(record)),
    ofReport: (report) => head(report.kind, report.time, reportSeverity(report)),
  },
  schema: "leef",
  separator: DELIMITER,
  before: nameAndEquals,
  reportName: camelCase,
  values: { ...textValues(textOf), duration: seconds },
};

/** Creates the format. */
export function createLeefFormat(context: Pick<FormatContext, "communityIdSeed"> = {}): Format {
  return createPairsFormat(SYNTAX, context);
}
