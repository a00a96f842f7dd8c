/**
 * Times by a format of the user, as strftime(3) in the C locale: in the time zone of the host, except
 * for `%s`. `%f`, the microseconds in six digits, is Python's.
 */
import { escapeControl, quoteJson } from "./escape.ts";

/** One moment, in the parts that conversions need. */
interface Moment {
  /** Its methods without `UTC` in their names give local time. */
  readonly date: Date;
  /** Whole seconds since the epoch. */
  readonly second: number;
  /** Microseconds after that second. */
  readonly microsecond: number;
}

/** What a conversion gives. */
type Convert = (moment: Moment) => string;

const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const MONTHS = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
];

function digits(number: number, length: number, fill = "0"): string {
  return String(number).padStart(length, fill);
}

function dayName({ date }: Moment): string {
  return DAYS[date.getDay()] ?? "";
}

function monthName({ date }: Moment): string {
  return MONTHS[date.getMonth()] ?? "";
}

/** 1 to 366. As the days are counted in UTC, no change of the clock makes one shorter. */
function dayOfYear({ date }: Moment): number {
  const day = Date.UTC(date.getFullYear(), date.getMonth(), date.getDate());
  return (day - Date.UTC(date.getFullYear(), 0)) / 86_400_000 + 1;
}

/** Offset from UTC: `+hhmm`. */
function zoneOffset({ date }: Moment): string {
  const minutes = -date.getTimezoneOffset();
  const size = Math.abs(minutes);
  return (minutes < 0 ? "-" : "+") + digits(Math.floor(size / 60), 2) + digits(size % 60, 2);
}

/** Each knows the abbreviations that are in use where it is spoken, and gives `GMT+9` for others. */
const ZONE_LOCALES = ["en-US", "en-GB", "en-CA", "en-AU", "en-IN", "en-ZA", "en-HK", "ja-JP"];

/**
 * Makes a function that gives the abbreviation of the time zone: `CET`, `PDT`. Where none is known, it is
 * the offset, as the tz database has it for zones without an abbreviation: `+0545`, `-03`.
 */
function createZoneName(): Convert {
  const formats = ZONE_LOCALES.map((locale) =>
    new Intl.DateTimeFormat(locale, { timeZoneName: "short" })
  );

  function find(moment: Moment): string {
    if (Number.isNaN(moment.date.getTime())) return "";
    for (const format of formats) {
      const parts = format.formatToParts(moment.date);
      const name = parts.find((part) => part.type === "timeZoneName")?.value;
      if (name !== undefined && /^[A-Z]+$/.test(name)) return name;
    }
    return zoneOffset(moment).replace(/00$/, "");
  }

  // Zones change their offset when a quarter of an hour begins, and to look a name up is slow.
  let latest = { quarter: NaN, name: "" };
  return (moment) => {
    const quarter = Math.floor(moment.second / 900);
    if (quarter !== latest.quarter) latest = { quarter, name: find(moment) };
    return latest.name;
  };
}

const CONVERSIONS: Readonly<Record<string, Convert>> = {
  "%": () => "%",
  A: dayName,
  a: (moment) => dayName(moment).slice(0, 3),
  B: monthName,
  b: (moment) => monthName(moment).slice(0, 3),
  d: ({ date }) => digits(date.getDate(), 2),
  e: ({ date }) => digits(date.getDate(), 2, " "),
  f: ({ microsecond }) => digits(microsecond, 6),
  H: ({ date }) => digits(date.getHours(), 2),
  I: ({ date }) => digits((date.getHours() + 11) % 12 + 1, 2),
  j: (moment) => digits(dayOfYear(moment), 3),
  M: ({ date }) => digits(date.getMinutes(), 2),
  m: ({ date }) => digits(date.getMonth() + 1, 2),
  p: ({ date }) => date.getHours() < 12 ? "AM" : "PM",
  S: ({ date }) => digits(date.getSeconds(), 2),
  s: ({ second }) => String(second),
  Y: ({ date }) => String(date.getFullYear()),
  y: ({ date }) => digits(date.getFullYear() % 100, 2),
  z: zoneOffset,
};

/** Conversions that stand for several. */
const COMPOUNDS: Readonly<Record<string, string>> = {
  c: "%a %b %e %H:%M:%S %Y",
  D: "%m/%d/%y",
  F: "%Y-%m-%d",
  h: "%b",
  R: "%H:%M",
  T: "%H:%M:%S",
};

/** The letters of all conversions. */
export const CONVERSION_LETTERS: readonly string[] = [
  ...Object.keys(CONVERSIONS),
  ...Object.keys(COMPOUNDS),
  "Z",
].sort();

/**
 * Checks text that goes into every line as it is.
 *
 * @throws {RangeError} If it would break the line, or holds what would not show other than a tab.
 */
export function checkLiteral(text: string): void {
  const bare = text.replace(/[\t\\]/g, "");
  if (escapeControl(bare) === bare) return;
  throw new RangeError("it holds a line break or another character that would not show");
}

/** Reads a format into what is copied and what is converted. */
function parse(format: string): (string | Convert)[] {
  const parts: (string | Convert)[] = [];
  for (const [text, letter] of format.matchAll(/[^%]+|%(.?)/gsu)) {
    if (letter === undefined) {
      parts.push(text);
      continue;
    }
    const compound = COMPOUNDS[letter];
    const convert = letter === "Z" ? createZoneName() : CONVERSIONS[letter];
    if (compound !== undefined) parts.push(...parse(compound));
    else if (convert !== undefined) parts.push(convert);
    else throw new RangeError(unknownConversion(text, letter));
  }
  return parts;
}

function unknownConversion(text: string, letter: string): string {
  if (letter === "") return 'it ends in a lone "%": write "%%" for a percent sign';
  const other = letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase();
  const near = CONVERSION_LETTERS.includes(other) ? `: did you mean "%${other}"?` : "";
  const known = CONVERSION_LETTERS.map((known) => "%" + known).join(" ");
  return `it has the unknown conversion ${quoteJson(text)}${near || ": known are " + known}`;
}

/**
 * Compiles a format into a function that renders microseconds since the epoch.
 *
 * @throws {RangeError} If the format has an unknown conversion or would break a line.
 */
export function compileTimeFormat(format: string): (time: number) => string {
  checkLiteral(format);
  const parts = parse(format);
  const whole = !parts.includes(CONVERSIONS["f"] ?? "");
  let latest = { second: NaN, text: "" };
  return (time) => {
    const second = Math.floor(time / 1e6);
    if (whole && second === latest.second) return latest.text;
    const moment = { date: new Date(second * 1000), second, microsecond: time - second * 1e6 };
    let text = "";
    for (const part of parts) text += typeof part === "string" ? part : part(moment);
    latest = { second, text };
    return text;
  };
}

/** Throws what {@linkcode compileTimeFormat} throws. */
export function checkTimeFormat(format: string): void {
  compileTimeFormat(format);
}
