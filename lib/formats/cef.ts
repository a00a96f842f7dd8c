/**
 * The format `cef`: ArcSight's Common Event Format, version 0 (Implementation Standard, version 27), without a
 * syslog header: the output `syslog` puts its own before it.
 *
 * Keys are those of ArcSight's dictionary; a custom one (`cs1`, `cn1`) has its label beside it, which is what
 * csv calls the same. Backslash and equals sign have a backslash before them. Text goes through
 * {@linkcode escapeControl} first, for CEF has an escape for line breaks only; blanks at its ends are escaped,
 * too, because readers cut them off. Where the dictionary says IPv4, an address may be one of IPv6.
 *
 * The dictionary has limits, in characters: 4000 of `cs1` to `cs6` (the command line), 1023 of `filePath`, `msg`
 * and names, 255 of `deviceExternalId`, 128 of `devicePayloadId`, 100 of `dvchost`. Values are not cut here: what
 * a connector does with a longer one is its own affair, and most readers have no limit.
 */
import { columnsOf } from "../mapping/field.ts";
import type { Column } from "../mapping/field.ts";
import type { Connection } from "../connection.ts";
import { isWarning, type Report } from "../report.ts";
import { VERSION } from "../version.ts";
import type { Format, FormatContext } from "./format.ts";
import { textValues } from "./mapped_text.ts";
import {
  camelCase,
  createPairsFormat,
  escapeEnds,
  nameAndEquals,
  type PairSyntax,
} from "./pairs.ts";

/** Printable ASCII that is itself, with no blank at an end. */
const PLAIN = /^(?! )[ -<>-[\]-~]*$(?<! )/;

const HEADER = `CEF:0|connscribe|connscribe|${VERSION}|`;

/** Readable names of the events: the same for all of a kind, as the standard wants. */
const NAMES: Readonly<Record<Connection["event"] | Report["kind"], string>> = {
  open: "Connection opened",
  update: "Connection goes on",
  close: "Connection closed",
  listen: "Port listening",
  summary: "Connections summed up",
  stats: "Statistics of the run",
  coverage: "What the run can see",
  gap: "Time that was left out",
  clock: "Clock was set",
  segment: "Segment of a log begins",
};

/** Severities of CEF: 0 to 3 low, 4 to 6 medium, 7 and 8 high, 9 and 10 very high. */
const USUAL = 3;
const DENIED = 5;
const WARNING = 5;
const FINE = 1;
const NOTEWORTHY = 8;

/** How much a record matters; LEEF counts from 1 to 10, too. */
export function severity({ outcome, denied, noteworthy }: Connection): number {
  if (noteworthy !== undefined && noteworthy.length > 0) return NOTEWORTHY;
  return outcome === "denied" || (denied !== undefined && denied > 0) ? DENIED : USUAL;
}

/** A report on lost records or time matters more than one that all is well. */
export function reportSeverity(report: Report): number {
  return isWarning(report) ? WARNING : FINE;
}

function textOf(text: string): string {
  return PLAIN.test(text) ? text : escapeEnds(text).replace(/[\\=]/g, "\\$&");
}

/** CEF has milliseconds. */
function milliseconds(microseconds: number): string {
  return String(Math.floor(microseconds / 1000));
}

/** A custom key says in another one what it is. */
function labelled(column: Column): string {
  const { name, field } = column;
  if (!/^c[sn]\d$/.test(name)) return nameAndEquals(column);
  const [plain = column] = columnsOf([field], "plain");
  return `${name}Label=${plain.name} ${name}=`;
}

function head(event: Connection["event"] | Report["kind"], severity: number): string {
  return `${HEADER}${event}|${NAMES[event]}|${severity}|`;
}

const SYNTAX: PairSyntax = {
  head: {
    ofRecord: (record) => head(record.event, severity(record)),
    ofReport: (report) => head(report.kind, reportSeverity(report)),
  },
  schema: "cef",
  separator: " ",
  before: labelled,
  reportName: camelCase,
  values: { ...textValues(textOf), time: milliseconds },
};

/** Creates the format. */
export function createCefFormat(context: Pick<FormatContext, "communityIdSeed"> = {}): Format {
  return createPairsFormat(SYNTAX, context);
}
