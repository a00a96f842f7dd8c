import { assertEquals, assertNotEquals } from "@std/assert";
import fc from "fast-check";
import type { Connection } from "../../lib/connection.ts";
import { complaint } from "./connscribe_test_tools.ts";
import { type LogFormat, MALFORMED } from "./log_format.ts";
import { ZEEK } from "./zeek.ts";
import { ZEEK_JSON } from "./zeek_json.ts";
import { ZEEK_DISORDER_US } from "./zeek_record.ts";
import { linesOf } from "./zeek_test_tools.ts";

const LINES = linesOf("zeek.log");

function recordsOf(lines: readonly string[], format: LogFormat = ZEEK): Connection[] {
  const reader = format.reader(lines);
  const records: Connection[] = [];
  for (const line of lines) {
    const record = reader.read(line, 0);
    assertNotEquals(record, MALFORMED, line);
    if (record !== undefined && record !== MALFORMED) records.push(record);
  }
  return records;
}

function only(pick: string, name: keyof Connection): unknown {
  return recordsOf(LINES).find(({ id }) => id.startsWith(pick))?.[name];
}

Deno.test("zeek reads a connection with all that is told of it", () => {
  assertEquals(recordsOf(LINES)[0], {
    id: "CHhAvVGS1DHFjwGM9",
    event: "close",
    time: 1795226380144181,
    start: 1795226380144181,
    end: 1795226380566869,
    durationUs: 422688,
    direction: "local",
    initiator: "local",
    outcome: "established",
    state: "sf",
    protocol: "tcp",
    protocolNumber: 6,
    application: "http",
    ipVersion: 4,
    local: { ip: "10.99.0.1", port: 36684 },
    remote: { ip: "10.99.0.2", port: 8080 },
    bytesOut: 108,
    bytesIn: 1514,
    packetsOut: 6,
    packetsIn: 4,
    attribution: "none",
    attributionReason: "Zeek sees packets, not processes",
    collector: "zeek",
  });
});

Deno.test("zeek makes the responder the local end where it alone is local", () => {
  const ssh = recordsOf(LINES)[2]!;
  assertEquals(ssh.direction, "ingress");
  assertEquals(ssh.initiator, "remote");
  assertEquals(ssh.local, { ip: "10.99.0.2", port: 22 });
  assertEquals(ssh.remote, { ip: "203.0.113.9", port: 50022 });
  assertEquals([ssh.bytesIn, ssh.bytesOut, ssh.packetsIn, ssh.packetsOut], [5000, 300, 40, 35]);
});

Deno.test("zeek leaves absent what is not set, and takes the ports of ICMP for its type", () => {
  const icmp = recordsOf(LINES)[5]!;
  assertEquals(icmp.icmp, { type: 128 });
  assertEquals(icmp.local, { ip: "fd99::1" });
  assertEquals(icmp.remote, { ip: "fd99::2" });
  assertEquals([icmp.protocol, icmp.protocolNumber, icmp.ipVersion], ["ipv6-icmp", 58, 6]);
  assertEquals(icmp.direction, "unknown");
  const unanswered = recordsOf(LINES)[4]!;
  assertEquals("end" in unanswered, false);
  assertEquals("bytesIn" in unanswered, false);
  assertEquals(only("C37j", "protocol"), "gre");
});

Deno.test("zeek takes for type and code of ICMP only what can be one", () => {
  const line = LINES.find((line) => line.includes("\ticmp\t")) ?? "";
  const icmpOf = (type: string, other: string) => {
    const cells = line.split("\t");
    cells.splice(3, 1, type);
    cells.splice(5, 1, other);
    return recordsOf([...LINES.slice(0, 8), cells.join("\t")]).at(-1)?.icmp;
  };
  assertEquals(icmpOf("255", "255"), { type: 255, code: 255 });
  assertEquals(icmpOf("3", "256"), { type: 3 });
  assertEquals(icmpOf("256", "0"), undefined);
});

Deno.test("zeek takes the outcome from the state of the connection", () => {
  const outcomes = recordsOf(LINES).map(({ outcome }) => outcome);
  const wanted = [
    "established",
    "established",
    "reset",
    "refused",
    "timeout",
    "unknown",
    "unknown",
  ];
  assertEquals(outcomes, wanted);
  const udp = LINES.map((line) => line.replace("\tSF\tT\tF", "\tS0\tT\tF"));
  assertEquals(recordsOf(udp)[1]?.outcome, "unknown");
});

Deno.test("zeek knows every state of a connection", () => {
  const states = "S0 S1 S2 S3 SF REJ RSTO RSTR RSTOS0 RSTRH SH SHR OTH ABC".split(" ");
  const outcomes = states.map((state) =>
    recordsOf(LINES.map((line) => line.replace("\tSF\t", `\t${state}\t`)))[0]?.outcome
  );
  assertEquals(outcomes, [
    "timeout",
    ...Array(4).fill("established"),
    "refused",
    ...Array(4).fill("reset"),
    ...Array(4).fill("unknown"),
  ]);
});

Deno.test("zeek knows the direction where both ends are known to be local or not", () => {
  const directions = ["T\tT", "T\tF", "F\tT", "F\tF", "T\t-", "-\tT"].map((flags) =>
    recordsOf(LINES.map((line) => line.replace("SF\tT\tT", `SF\t${flags}`)))[0]?.direction
  );
  assertEquals(directions, ["local", "egress", "ingress", "unknown", "unknown", "unknown"]);
});

Deno.test("zeek reads logs without meta data, and headers that come again with other columns", () => {
  assertEquals(recordsOf(linesOf("zeek_bare.log")), recordsOf(LINES));
  const [first, second, ...none] = recordsOf(linesOf("zeek_rotated.log"));
  assertEquals(none, []);
  assertEquals(first, recordsOf(LINES)[0]);
  assertEquals(second?.durationUs, 2_500_000);
  assertEquals(second?.remote, { ip: "10.99.0.2", port: 443 });
});

Deno.test("zeek reads other separators and other texts for what is not set", () => {
  const lines = LINES.map((line) =>
    line.startsWith("#separator")
      ? "#separator \\x3b"
      : line.replaceAll("\t", ";").replaceAll(";-", ";none")
  );
  assertEquals(recordsOf(lines), recordsOf(LINES));
});

Deno.test("zeek reads other texts for what is empty, also where it reads on", () => {
  const lines = LINES.map((line) =>
    line.startsWith("#empty_field") ? "#empty_field\tnil" : line.replace("\thttp\t", "\tnil\t")
  );
  assertEquals("application" in recordsOf(lines)[0]!, false);
  const head = ZEEK.reader(lines).header?.lines ?? [];
  assertEquals(ZEEK.reader(head).read(lines[8]!, 0), recordsOf(lines)[0]);
});

Deno.test("zeek undoes escapes, and gives a line without a uid an identity of its own", () => {
  const odd = LINES.map((line) =>
    line.replace("CHhAvVGS1DHFjwGM9\t10", "a\\x09\\xc3\\xa9\\x2\t10")
  );
  assertEquals(recordsOf(odd)[0]?.id, "a\té\\x2");
  const none = LINES.map((line) => line.replace("CHhAvVGS1DHFjwGM9\t10", "-\t10"));
  const [record] = recordsOf(none);
  assertNotEquals(record?.id, "-");
  assertEquals({ ...record, id: "" }, { ...recordsOf(LINES)[0], id: "" });
});

Deno.test("zeek undoes a backslash as Zeek writes it, and a byte order mark as any other character", () => {
  const head = LINES.slice(0, 8);
  for (
    const [cell, text] of [
      ["a\\\\x41", "a\\x41"],
      ["\\\\\\x41", "\\A"],
      ["\\xef\\xbb\\xbfx", "\ufeffx"],
    ] as const
  ) {
    const line = LINES[8]!.replace("http", () => cell);
    assertEquals(recordsOf([...head, line])[0]?.application, text);
  }
});

Deno.test("zeek reads what other sensors add to the columns", () => {
  const lines = LINES.map((line) =>
    line.startsWith("#fields")
      ? line + "\tcommunity_id\tagent_hostname\tagent_uuid"
      : line + "\t1:LQU9qZlK+B5F3KDmev6m5PMibrg=\tsensor-1\tu-1"
  );
  const [first] = recordsOf(lines);
  assertEquals(first?.communityId, "1:LQU9qZlK+B5F3KDmev6m5PMibrg=");
  assertEquals(first?.host, { id: "u-1", name: "sensor-1" });
  const empty = lines.map((line) => line.replace("sensor-1", "(empty)").replace("http", "(empty)"));
  assertEquals("host" in (recordsOf(empty)[0] ?? {}), false);
  assertEquals("application" in (recordsOf(empty)[0] ?? {}), false);
});

Deno.test("zeek takes lines with # that it does not know for comments", () => {
  const noted = LINES.flatMap((line, i) => i < 7 ? [line] : [line, "#note\tany\ttext", "#"]);
  assertEquals(recordsOf(noted), recordsOf(LINES));
});

Deno.test("zeek reads on from any line with the header of the head", () => {
  assertEquals(ZEEK.reader(LINES).read(LINES[9]!, 999), recordsOf(LINES)[1]);
  assertEquals(ZEEK.reader([]).read(LINES[9]!, 999), MALFORMED);
});

Deno.test("zeek takes damaged lines for malformed, and a count that has overflowed for absent", () => {
  const reader = ZEEK.reader(LINES);
  const line = LINES[8]!;
  for (
    const wrong of [
      "text",
      line + "\t",
      line.slice(0, 40),
      line.replace("10.99.0.2", "-"),
      line.replace("10.99.0.2", "10.99.0"),
      line.replace("36684", "66684"),
      line.replace("1795226380.144181", "-"),
      line.replace("0.422688", "-0.4"),
      line.replace("\tT\tT", "\ttrue\tT"),
      line.replace("1514", "many"),
    ]
  ) assertEquals(reader.read(wrong, 0), MALFORMED, wrong);
  assertEquals(reader.read("", 0), undefined);
  const record = reader.read(line.replace("1514", "18446744073709551615"), 0);
  const { bytesIn: _bytes, ...rest } = recordsOf(LINES)[0]!;
  assertEquals(record, rest);
});

Deno.test("zeek and zeek-json say when a line was written: at the last packet", () => {
  for (const [name, format] of [["zeek.log", ZEEK], ["zeek_json.log", ZEEK_JSON]] as const) {
    let latest = 0;
    for (const line of linesOf(name)) {
      const record = format.reader(linesOf(name)).read(line, 0);
      const written = format.written(line);
      if (record === undefined || record === MALFORMED) {
        assertEquals(written, undefined);
        continue;
      }
      assertEquals(written, record.end ?? record.time);
      assertEquals((written ?? 0) + ZEEK_DISORDER_US >= latest, true);
      latest = Math.max(latest, written ?? 0);
    }
  }
  // Columns in another order: where the duration is cannot be told from the line.
  assertEquals(ZEEK.written(linesOf("zeek_rotated.log").at(-1) ?? ""), undefined);
  assertEquals(ZEEK.written(LINES[8]!.replace("0.422688", "422688")), undefined);
});

Deno.test("zeek is known by its header, and only conn.log", () => {
  for (const name of ["zeek.log", "zeek_bare.log", "zeek_rotated.log"]) {
    assertEquals(ZEEK.recognises(linesOf(name)), true, name);
  }
  for (const name of ["zeek_json.log", "zeek_json_iso.log", "zeek_dns.log", "connspy.log"]) {
    assertEquals(ZEEK.recognises(linesOf(name)), false, name);
  }
  assertEquals(ZEEK.recognises(LINES.filter((line) => !line.startsWith("#"))), false);
});

Deno.test("zeek never throws, and what it gives is sane", () => {
  const cell = fc.oneof(
    fc.constantFrom(
      "",
      "-",
      "(empty)",
      "T",
      "9",
      "1.5",
      "::ffff:1.2.3.4",
      "\\xff",
      "#fields",
      "ts",
    ),
    fc.string({ unit: "binary", maxLength: 6 }),
  );
  fc.assert(
    fc.property(fc.nat(), fc.nat(), cell, fc.string({ maxLength: 40 }), (row, at, other, text) => {
      const cells = (LINES[8 + row % 7] ?? "").split("\t");
      cells[at % cells.length] = other;
      const line = cells.join("\t");
      for (const one of [line, text, "#" + text, "#fields\t" + line]) {
        const record = ZEEK.reader([...LINES.slice(0, 8), text]).read(one, 0);
        const written = ZEEK.written(one);
        ZEEK.recognises([text, one]);
        if (record === undefined || record === MALFORMED) continue;
        assertEquals(complaint(record), "");
        if (written !== undefined) assertEquals(record.time <= written, true);
      }
    }),
    { numRuns: 1000 },
  );
});
