/** Logs with every trouble, for the tests of `query`: made from a seed. */
import { isoTime } from "../time.ts";

/** Formats of logs that are made. */
export const MADE_FORMATS = ["connspy", "connscribe-ndjson", "zeek"] as const;

/** How to make a log. */
export interface LogShape {
  readonly format: typeof MADE_FORMATS[number];
  readonly seed: number;
  readonly lines: number;
  /** When it begins, microseconds after {@linkcode ORIGIN}. */
  readonly begin: number;
  /** Microseconds between two lines, at most. */
  readonly gap: number;
  /** How late lines are, at most: microseconds. */
  readonly late: number;
  /** Of a hundred lines, so many have another line before them that is no record. */
  readonly rubbish: number;
  /** Whether some lines are very long. */
  readonly isLong: boolean;
  /** Bytes that are cut off the end. */
  readonly torn: number;
}

/** Logs begin about here, microseconds since the epoch. */
export const ORIGIN = 1_565_647_204_351_000;

/** Names as logs of connspy and of connscribe have them. */
export const HOSTS = [
  "zyla",
  "Zyla",
  "ZYLA.",
  "db.zyla",
  "mia",
  "Bob.example.com",
  "zylax",
  "xzyla",
];

/** Addresses: each stands for the one that it is the same as. */
export const ADDRESSES: Readonly<Record<string, string>> = {
  "10.0.0.7": "10.0.0.7",
  "::ffff:10.0.0.7": "10.0.0.7",
  "::FFFF:a00:7": "10.0.0.7",
  "10.0.0.70": "10.0.0.70",
  "2001:DB8::0:1": "2001:db8::1",
  "2001:db8::1": "2001:db8::1",
};

/** Numbers from 0 to below a limit (a linear congruential generator). */
function numbers(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor(state / 2 ** 32 * below);
  };
}

type Random = ReturnType<typeof numbers>;

function pick<T>(random: Random, [first, ...others]: readonly [T, ...T[]]): T {
  return [first, ...others][random(others.length + 1)] ?? first;
}

/** What a format writes of a connection. */
interface Writer {
  readonly head: readonly string[];
  readonly rubbish: readonly [string, ...string[]];
  line(time: number, written: number, random: Random): string;
  /** Blanks that a line may have more of, anywhere between its fields. */
  readonly blank: string;
}

const ENDS: readonly [string, ...string[]] = ["h2", ...HOSTS, ...Object.keys(ADDRESSES)];

const CONNSPY: Writer = {
  head: ["# time from to"],
  rubbish: [
    "",
    "  ",
    "# text",
    "rubbish",
    "1565647204 zyla",
    "1565647204351 zyla mia more",
    "zyla mia 3",
  ],
  blank: " ",
  line(time, _written, random) {
    const [milliseconds, seconds] = [time / 1000, time / 1e6];
    const stamp = pick(random, [`${milliseconds}`, `${seconds}`, seconds.toFixed(6)]);
    return [stamp, pick(random, ENDS), pick(random, ENDS)].join(pick(random, [" ", "\t", "   "]));
  },
};

function jsonEnd(random: Random): object {
  const end = pick(random, ENDS);
  const ip = ADDRESSES[end];
  return ip === undefined ? { domain: end, ip: "192.0.2.1" } : { ip: end };
}

const NDJSON: Writer = {
  head: [],
  rubbish: ["", "{", "{}", "[1]", "null", '{"@timestamp":"2019-08-12T22:00:04.351Z"}', "zyla"],
  blank: " ",
  line(time, _written, random) {
    return JSON.stringify({
      "@timestamp": isoTime(time),
      event: { id: `c${random(1e9)}-open`, kind: "event" },
      source: jsonEnd(random),
      destination: jsonEnd(random),
      connscribe: {
        connection: { id: "c" },
        event: "open",
        direction: "unknown",
        outcome: "unknown",
        initiator: "local",
        attribution: { kind: "none" },
        collector: "connspy",
      },
    }).replaceAll(',"', ', "');
  },
};

const COLUMNS = "ts uid id.orig_h id.orig_p id.resp_h id.resp_p proto service duration conn_state";

const ZEEK: Writer = {
  head: [
    "#separator \\x09",
    "#unset_field\t-",
    "#path\tconn",
    "#fields\t" + COLUMNS.replaceAll(" ", "\t"),
  ],
  rubbish: [
    "",
    "# text",
    "#close\t2019-08-12-22-00-04",
    "1565647204.000000\tC1",
    "\t",
    "#types\ttime",
  ],
  blank: "",
  line(time, written, random) {
    const [from = "", to = ""] = [0, 0].map(() => pick(random, ["::", ...Object.keys(ADDRESSES)]));
    const span = written === time ? "-" : ((written - time) / 1e6).toFixed(6);
    const stamp = (time / 1e6).toFixed(6);
    return [stamp, `C${random(1e9)}`, from, 1, to, 2, "tcp", "-", span, "SF"].join("\t");
  },
};

const WRITERS = { "connspy": CONNSPY, "connscribe-ndjson": NDJSON, "zeek": ZEEK };

/** A made log: its bytes. */
export function makeLog(shape: LogShape): Uint8Array {
  const random = numbers(shape.seed);
  const writer = WRITERS[shape.format];
  const isZeek = shape.format === "zeek";
  let clock = ORIGIN + shape.begin;
  const made = Array.from({ length: shape.lines }, () => {
    clock += random(3) === 0 ? 0 : 1000 * random(shape.gap / 1000 + 1);
    // Where it stands is when it arrived.
    return { written: clock, arrived: clock + random(shape.late + 1) };
  }).sort((a, b) => a.arrived - b.arrived);
  let text = writer.head.map((line) => line + "\n").join("");
  for (const { written } of made) {
    const end = random(4) === 0 ? "\r\n" : "\n";
    if (random(100) < shape.rubbish) text += pick(random, writer.rubbish) + end;
    if (isZeek && random(200) === 0) text += `#fields\t${COLUMNS.replaceAll(" ", "\t")}\n`;
    const time = isZeek && random(2) === 0 ? written - 1000 * random(shape.gap / 100) : written;
    const line = writer.line(time, written, random);
    const isLong = shape.isLong && random(100) === 0;
    text += isLong
      ? line.replace(writer.blank, writer.blank.repeat(40_000 + random(60_000)))
      : line;
    text += end;
  }
  return new TextEncoder().encode(text).slice(0, Math.max(1, text.length - shape.torn));
}
