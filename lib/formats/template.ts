// deno-lint-ignore-file camelcase -- the keys are the names that a user types in a template
/**
 * The format `template`: one line a record, as the user wants it. The default is the line of the
 * program conntrack-logger.
 *
 * A line is read back by the text between the fields, so no value may hold that text. Every value but
 * the command line and the reason is one word: its blanks are escaped too. And where a value that
 * others choose would hold, or together with its neighbours make, the text behind it, or the one before
 * it if that is not blank, a character of that is escaped. `unescapeControl` undoes all of it. `-`
 * stands for what is not known. Text that touches a value with a letter, digit or backslash sets
 * nothing apart, and nor does a lone hyphen.
 */
import { didYouMean } from "../cli/nearest.ts";
import { quote } from "../cli/quote.ts";
import type { Connection, RecordedEndpoint } from "../connection.ts";
import { localIsSource } from "./ecs.ts";
import { stateText } from "./endpoint.ts";
import { escapeControl } from "./escape.ts";
import type { Format, FormatContext } from "./format.ts";
import { checkLiteral, compileTimeFormat } from "./strftime.ts";

/** The line of conntrack-logger. */
export const DEFAULT_TEMPLATE =
  "{ts}: {ev.proto} {ev.src}/{ev.sport} > {ev.dst}/{ev.dport} :: {info.pid} {info.uid}:{info.gid} {info.service} :: {info.cmdline}";

/** Seconds since the epoch, as in conntrack-logger. */
export const DEFAULT_TIME_FORMAT = "%s";

/** What a field takes from a record; undefined where it is not known. */
type Getter<Value> = (connection: Connection) => Value | undefined;
type Getters<Value> = Readonly<Record<string, Getter<Value>>>;

/** Who opened the connection. */
function source(connection: Connection): RecordedEndpoint | undefined {
  return localIsSource(connection) ? connection.local : connection.remote;
}

function destination(connection: Connection): RecordedEndpoint | undefined {
  return localIsSource(connection) ? connection.remote : connection.local;
}

/** `ipv4/tcp`; of what is not known of them, the other. */
function protocolPath({ ipVersion, protocol }: Connection): string | undefined {
  if (ipVersion === undefined) return protocol;
  return protocol === undefined ? `ipv${ipVersion}` : `ipv${ipVersion}/${protocol}`;
}

function userName({ process, socket }: Connection): string | undefined {
  const uid = process?.uid ?? socket?.uid;
  return process?.user ?? (uid === undefined ? undefined : String(uid));
}

/** Rendered by the time format. */
const TIMES: Getters<number> = {
  ts: (c) => c.time,
  start: (c) => c.start,
  end: (c) => c.end,
};

/** Numbers, addresses and this program's own words. */
const FACTS: Getters<string | number> = {
  "ev.proto": protocolPath,
  "ev.src": (c) => source(c)?.ip,
  "ev.sport": (c) => source(c)?.port,
  "ev.dst": (c) => destination(c)?.ip,
  "ev.dport": (c) => destination(c)?.port,
  "info.pid": (c) => c.process?.pid,
  "info.uid": (c) => c.process?.uid,
  "info.gid": (c) => c.process?.gid,
  event: (c) => c.event,
  direction: (c) => c.direction,
  outcome: (c) => c.outcome,
  state: stateText,
  local_ip: (c) => c.local.ip,
  local_port: (c) => c.local.port,
  remote_ip: (c) => c.remote?.ip,
  remote_port: (c) => c.remote?.port,
  bytes_in: (c) => c.bytesIn,
  bytes_out: (c) => c.bytesOut,
  packets_in: (c) => c.packetsIn,
  packets_out: (c) => c.packetsOut,
  duration: (c) => c.durationUs === undefined ? undefined : c.durationUs / 1e6,
  attribution: (c) => c.attribution,
  id: (c) => c.id,
  collector: (c) => c.collector,
};

/** Names that others choose. */
const NAMES: Getters<string> = {
  "info.service": (c) => c.process?.cgroup,
  process: (c) => c.process?.name,
  executable: (c) => c.process?.executable,
  user: userName,
  parent: (c) => c.process?.parent?.name,
  unit: (c) => c.process?.unit,
  user_unit: (c) => c.process?.userUnit,
  container: (c) => c.process?.containerId,
  remote_name: (c) => c.remote?.name,
  host: (c) => c.host?.name,
};

/** Several words each. */
const PHRASES: Getters<string> = {
  "info.cmdline": commandLine,
  reason: (c) => c.attributionReason,
};

function commandLine({ process }: Connection): string | undefined {
  const text = process?.commandLine?.join(" ");
  return process?.commandLineBytes === undefined ? text : `${text ?? ""} …`;
}

/** Names of all fields. */
export const FIELD_NAMES: readonly string[] = [TIMES, FACTS, NAMES, PHRASES].flatMap(Object.keys);

/** Printable ASCII without blank and backslash. */
const PLAIN_WORD = /^[!-[\]-~]+$/;

/** Escapes one UTF-16 code unit: none that is escaped here is half of a pair. */
function escapeUnit(unit: string): string {
  const code = unit.charCodeAt(0);
  return code <= 0xff
    ? "\\x" + code.toString(16).padStart(2, "0")
    : "\\u" + code.toString(16).padStart(4, "0");
}

/** The value as text that shows. A value that poses as unknown is told from one. */
function phrase(value: string): string {
  return value === "-" ? escapeUnit(value) : escapeControl(value);
}

/** The same, as one word. */
function word(value: string): string {
  if (PLAIN_WORD.test(value) && value !== "-") return value;
  return phrase(value).replace(/\s/g, escapeUnit);
}

/**
 * Escapes what in a value would be taken for the text before or behind it: the last character of the
 * text before and the first one of the text behind, wherever the whole text would be read.
 */
function setApart(value: string, before: string, behind: string): string {
  const head = before + value;
  const tail = value + behind;
  if (
    (before === "" || head.indexOf(before, 1) < 0) &&
    (behind === "" || tail.indexOf(behind) === value.length)
  ) return value;
  let text = "";
  for (let i = 0; i < value.length; i++) {
    const unit = value.charAt(i);
    const isRead = (before !== "" && head.startsWith(before, i + 1)) ||
      (behind !== "" && tail.startsWith(behind, i));
    text += isRead ? escapeUnit(unit) : unit;
  }
  return text;
}

/** Characters that no escape is made of, nor a surrogate pair. */
const SEPARATES = /[^0-9A-Za-z\\\ud800-\udfff]/;

/** A template in parts: one text more than fields, each field between two of them. */
interface Template {
  readonly texts: readonly string[];
  readonly fields: readonly string[];
}

function parseTemplate(template: string): Template {
  checkLiteral(template);
  const texts = [""];
  const fields: string[] = [];
  for (const [part, field] of template.matchAll(/[^{}]+|\{\{|\}\}|\{([^{}]*)\}|[{}]/g)) {
    if (field !== undefined) {
      checkField(field);
      fields.push(field);
      texts.push("");
      continue;
    }
    if (part === "{" || part === "}") {
      const other = part === "{" ? "}" : "{";
      throw new RangeError(`it has a "${part}" without "${other}": write "${part + part}" for one`);
    }
    texts.push(texts.pop() + (part === "{{" ? "{" : part === "}}" ? "}" : part));
  }
  return { texts, fields };
}

function checkField(name: string): void {
  if (FIELD_NAMES.includes(name)) return;
  const near = didYouMean(name, FIELD_NAMES) || `: known are ${FIELD_NAMES.join(", ")}`;
  throw new RangeError(`it has the unknown field ${quote(name)}${near}`);
}

/** A field as a function that renders it, between the text before and the text behind it. */
function createField(
  name: string,
  before: string,
  behind: string,
  clock: (time: number) => string,
): (connection: Connection) => string {
  const time = TIMES[name];
  if (time !== undefined) {
    return (connection) => {
      const value = time(connection);
      return value === undefined ? "-" : clock(value);
    };
  }
  const fact = FACTS[name];
  if (fact !== undefined) {
    const unknown = name === "info.pid" ? "?" : "-";
    return (connection) => {
      const value = fact(connection);
      if (value === undefined || value === "") return unknown;
      return typeof value === "number" ? String(value) : word(value);
    };
  }
  const left = SEPARATES.test(before.slice(-1)) && before.trim() !== "" ? before : "";
  const right = SEPARATES.test(behind.charAt(0)) ? behind : "";
  const get = NAMES[name] ?? PHRASES[name];
  const escape = NAMES[name] === undefined ? phrase : word;
  return (connection) => {
    const value = get?.(connection);
    return value === undefined || value === "" ? "-" : setApart(escape(value), left, right);
  };
}

/**
 * Creates the format.
 *
 * @throws {RangeError} If the template or the time format is wrong.
 */
export function createTemplateFormat(context: FormatContext): Format {
  const { texts, fields } = parseTemplate(context.template ?? DEFAULT_TEMPLATE);
  const clock = compileTimeFormat(context.timeFormat ?? DEFAULT_TIME_FORMAT);
  const first = texts[0] ?? "";
  const rest = fields.map((name, index) => ({
    render: createField(name, texts[index] ?? "", texts[index + 1] ?? "", clock),
    text: texts[index + 1] ?? "",
  }));
  return {
    line(connection) {
      let line = first;
      for (const { render, text } of rest) line += render(connection) + text;
      return line + "\n";
    },
  };
}

/**
 * Checks a template.
 *
 * @throws {RangeError} If it has an unknown field or a brace that is not closed, or would break a line.
 */
export function checkTemplate(template: string): void {
  parseTemplate(template);
}
