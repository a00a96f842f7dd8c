/** Logs whose headers change on the way, for tests. */
import fc from "fast-check";
import type { LogFormatName } from "./log_format.ts";

/** Microseconds since the epoch: 2019-08-12T22:00:04Z, when the first line was written. */
export const FIRST_TIME = 1_565_647_204_000_000;

/** What a log has: a header, a header that breaks off after its first line, or so many lines of records. */
type Piece =
  | { readonly type: "header"; readonly variant: number; readonly isWhole: boolean }
  | { readonly type: "lines"; readonly count: number };

/** Writes a format in its variants. */
interface Writer {
  header(variant: number): string[];
  row(variant: number, time: number, i: number): string;
}

const ZEEK_COLUMNS: readonly (readonly string[])[] = [
  "ts uid id.orig_h id.orig_p id.resp_h id.resp_p proto service duration conn_state".split(" "),
  "ts uid id.orig_h id.orig_p id.resp_h id.resp_p proto service duration conn_state local_orig"
    .split(" "),
  "uid ts id.resp_h id.resp_p id.orig_h id.orig_p conn_state proto".split(" "),
];

function zeekCell(name: string, time: number, i: number, unset: string): string {
  const cells: Readonly<Record<string, string>> = {
    ts: (time / 1e6).toFixed(6),
    uid: `C${i % 3}`,
    "id.orig_h": `10.0.0.${i % 7}`,
    "id.orig_p": "40000",
    "id.resp_h": `10.1.0.${i % 5}`,
    "id.resp_p": "443",
    proto: "tcp",
    "conn_state": "SF",
  };
  return cells[name] ?? unset;
}

const ZEEK: Writer = {
  header(variant) {
    const [separator, unset, names] = zeekVariant(variant);
    // A bare row of names has nothing else.
    if (variant % 5 === 4) return [names.join("\t")];
    return [
      `#separator \\x${separator.charCodeAt(0).toString(16).padStart(2, "0")}`,
      ["#unset_field", unset].join(separator),
      ["#path", "conn"].join(separator),
      ["#fields", ...names].join(separator),
    ];
  },
  row(variant, time, i) {
    const [separator, unset, names] = zeekVariant(variant);
    return names.map((name) => zeekCell(name, time, i, unset)).join(separator);
  },
};

function zeekVariant(variant: number): [string, string, readonly string[]] {
  const names = ZEEK_COLUMNS[variant % 3] ?? [];
  if (variant % 5 === 4) return ["\t", "-", names];
  return [variant % 2 === 0 ? "\t" : ";", variant % 4 < 2 ? "-" : "none", names];
}

const CSV_COLUMNS = [
  "time,event,connection_id,direction,outcome,attribution,collector,local_ip,remote_ip",
  "time,collector,remote_ip,local_ip,connection_id,event,direction,outcome,attribution,extra",
  "time,direction,outcome,attribution,local_ip,remote_ip,event,collector,connection_id",
];

const CSV: Writer = {
  header: (variant) => [CSV_COLUMNS[variant % 3] ?? ""],
  row(variant, time, i) {
    const cells: Readonly<Record<string, string>> = {
      time: new Date(time / 1000).toISOString(),
      event: "open",
      "connection_id": `c${i}`,
      direction: "egress",
      outcome: "unknown",
      attribution: "none",
      collector: "proc",
      "local_ip": `10.0.0.${i % 7}`,
      "remote_ip": `10.1.0.${i % 5}`,
    };
    return (CSV_COLUMNS[variant % 3] ?? "").split(",").map((name) => cells[name] ?? "").join(",");
  },
};

const LOGNET_COLUMNS = [
  "timestamp prot laddr lport raddr rport status upid",
  "timestamp raddr rport laddr lport prot",
  "timestamp laddr raddr",
];

const LOGNET: Writer = {
  header: (variant) => [`#Fields: ${LOGNET_COLUMNS[variant % 3]}`],
  row(variant, time, i) {
    const moment = new Date(time / 1000);
    const two = (number: number) => String(number).padStart(2, "0");
    const date = [moment.getFullYear(), moment.getMonth() + 1, moment.getDate()].map(two);
    const clock = [moment.getHours(), moment.getMinutes(), moment.getSeconds()].map(two);
    const cells: Readonly<Record<string, string>> = {
      timestamp: `${date.join("-")}|${clock.join(":")}`,
      prot: "TCP",
      laddr: `10.0.0.${i % 7}`,
      lport: "40000",
      raddr: `10.1.0.${i % 5}`,
      rport: "443",
      status: "ESTABLISHED",
      upid: "curl|7|1565647000.5",
    };
    return (LOGNET_COLUMNS[variant % 3] ?? "").split(" ").map((name) => cells[name] ?? "-").join(
      " ",
    );
  },
};

const WRITERS = { zeek: ZEEK, "connscribe-csv": CSV, lognet: LOGNET } as const;

/** Formats that have headers. */
export const HEADED_FORMATS: readonly (keyof typeof WRITERS & LogFormatName)[] = [
  "zeek",
  "connscribe-csv",
  "lognet",
];

const somePieces: fc.Arbitrary<readonly Piece[]> = fc.array(
  fc.oneof(
    fc.record({
      type: fc.constant("header" as const),
      variant: fc.nat(59),
      isWhole: fc.constantFrom(true, true, true, false),
    }),
    fc.record({ type: fc.constant("lines" as const), count: fc.oneof(fc.nat(5), fc.nat(80)) }),
  ),
  { minLength: 1, maxLength: 12 },
);

/** A log: a line a second, each as the last header has it that is whole. */
export function someHeadedLog(format: typeof HEADED_FORMATS[number]): fc.Arbitrary<string> {
  return somePieces.map((pieces) => {
    const writer = WRITERS[format];
    const lines = writer.header(0);
    let variant = 0;
    let i = 0;
    for (const piece of pieces) {
      if (piece.type === "header") {
        const header = writer.header(piece.variant);
        lines.push(...piece.isWhole ? header : header.slice(0, 1));
        if (piece.isWhole || header.length === 1) variant = piece.variant;
        continue;
      }
      for (const end = i + piece.count; i < end; i++) {
        lines.push(writer.row(variant, FIRST_TIME + i * 1e6, i));
      }
    }
    return lines.join("\n") + "\n";
  });
}
