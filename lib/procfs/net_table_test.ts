import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { decodeEndpoints, type NetRow, scanNetTable, type ScanResult } from "./net_table.ts";

const HEADER =
  "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode";
const LISTEN =
  "   0: 0100007F:0BBB 00000000:0000 0A 00000000:00000001 00:00000000 00000000     0        0 91555 2 000000007b4fde8a 100 0 0 10 0";
const SYN_SENT =
  "   2: 0100630A:D2E6 C800630A:0051 02 00000001:00000000 01:0000001A 00000000  1000        0 89790 2 00000000af63ed1c 100 0 0 10 -1";
const TIME_WAIT =
  "   7: 0100007F:CFFC 0100007F:0BB9 06 00000000:00000000 03:00001726 00000000     0        0 0 3 0000000024bfb952";
const MAPPED =
  "   4: 0000000000000000FFFF00000100007F:0BBA 0000000000000000FFFF00000100007F:B04A 01 00000000:00000000 02:000003B1 00000000     0        0 89792 1 00000000c3a1be11 20 4 30 10 -1";
const UDP =
  "13791: 0100630A:B057 0200630A:14E9 01 00000000:00000000 00:00000000 00000000     0        0 89800 2 0000000059b71d20 0";

const encoder = new TextEncoder();

/** Rows of a table, copied. */
function scan(table: string | Uint8Array): ScanResult & { found: NetRow[] } {
  const found: NetRow[] = [];
  const bytes = typeof table === "string" ? encoder.encode(table) : table;
  const result = scanNetTable(bytes, ({ key, state, inode, uid }) => {
    found.push({ key, state, inode, uid });
  });
  assertEquals(result.rows, found.length);
  return { ...result, found };
}

/** A second way to read a table: one regular expression a line. */
function naive(bytes: Uint8Array): { found: NetRow[]; malformed: number } {
  const row =
    /^ *\d+: ((?:[0-9A-F]{8}|[0-9A-F]{32}):[0-9A-F]{4} (?:[0-9A-F]{8}|[0-9A-F]{32}):[0-9A-F]{4}) ([0-9A-F]{2}) [0-9A-F]{8}:[0-9A-F]{8} [0-9A-F]{2}:[0-9A-F]{8,} [0-9A-F]{8} +(\d+) +-?\d+ +(\d+) +-?\d+ +[!-\u00ff]/;
  const text = [...bytes].map((byte) => String.fromCharCode(byte)).join("");
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  if (/^ *sl /.test(lines[0] ?? "")) lines.shift();
  const found: NetRow[] = [];
  for (const line of lines) {
    const match = row.exec(line);
    const [, key = "", state = "", uid = "", inode = ""] = match ?? [];
    const [local = "", remote = ""] = key.split(" ");
    if (match === null || local.length !== remote.length) continue;
    if (Number(uid) > 0xffffffff || !Number.isSafeInteger(Number(inode))) continue;
    found.push({ key, state: parseInt(state, 16), inode: Number(inode), uid: Number(uid) });
  }
  return { found, malformed: lines.length - found.length };
}

Deno.test("scanNetTable reads rows that a kernel has printed", () => {
  const padded = [HEADER, LISTEN, SYN_SENT, TIME_WAIT, UDP].map((line) => line.padEnd(149)).join(
    "\n",
  );
  const { found, malformed } = scan(padded + "\n" + MAPPED + "\n");
  assertEquals(malformed, 0);
  assertEquals(found, [
    { key: "0100007F:0BBB 00000000:0000", state: 10, inode: 91555, uid: 0 },
    { key: "0100630A:D2E6 C800630A:0051", state: 2, inode: 89790, uid: 1000 },
    { key: "0100007F:CFFC 0100007F:0BB9", state: 6, inode: 0, uid: 0 },
    { key: "0100630A:B057 0200630A:14E9", state: 1, inode: 89800, uid: 0 },
    {
      key: "0000000000000000FFFF00000100007F:0BBA 0000000000000000FFFF00000100007F:B04A",
      state: 1,
      inode: 89792,
      uid: 0,
    },
  ]);
});

Deno.test("scanNetTable finds nothing in an empty table", () => {
  for (const table of ["", HEADER, HEADER + "\n", HEADER.padEnd(149) + "\n"]) {
    assertEquals(scan(table), { rows: 0, malformed: 0, found: [] });
  }
});

Deno.test("scanNetTable makes no row of one that is cut anywhere before its last column", () => {
  const end = LISTEN.indexOf("000000007b4fde8a");
  for (let length = 1; length <= end; length++) {
    const cut = LISTEN.slice(0, length);
    assertEquals(scan(cut), { rows: 0, malformed: 1, found: [] }, cut);
    const followed = scan(`${HEADER}\n${cut}\n${TIME_WAIT}\n`);
    assertEquals([followed.rows, followed.malformed], [1, 1], cut);
  }
  assertEquals(scan(LISTEN).rows, 1);
});

Deno.test("scanNetTable refuses rows with one wrong field", () => {
  const edits: [string, string][] = [
    ["0100007F:0BBB", "0100007f:0BBB"],
    ["0100007F:0BBB", "100007F:0BBB"],
    ["0100007F:0BBB", "0100007F:BBB"],
    ["00000000:0000 0A", "00000000000000000000000000000000:0000 0A"],
    [" 0A ", " A "],
    [" 0A ", " 00A "],
    ["   0:", "   x:"],
    ["   0:", "    :"],
    [" 91555 ", " -91555 "],
    [" 91555 ", " 9007199254740992 "],
    [" 91555 ", " "],
    ["     0        0", "     4294967296        0"],
    ["00:00000000 ", "00:0000000 "],
    [" 2 0000", " x 0000"],
    [" 0A ", "\t0A "],
  ];
  for (const [from, to] of edits) {
    assert(LISTEN.includes(from));
    assertEquals(scan(LISTEN.replace(from, to) + "\n").malformed, 1, `${from} -> ${to}`);
  }
});

Deno.test("scanNetTable takes wide numbers that a kernel may print", () => {
  const wide = LISTEN.replace("   0:", "123456:")
    .replace("00:00000000 ", "01:0000000123456789 ")
    .replace("    0        0 91555", "4294967294       -1 4294967295");
  const { found } = scan(wide + "\n");
  assertEquals(found, [
    { key: "0100007F:0BBB 00000000:0000", state: 10, inode: 4294967295, uid: 4294967294 },
  ]);
});

const hex = (digits: number) =>
  fc.string({
    unit: fc.constantFrom(..."0123456789ABCDEF"),
    minLength: digits,
    maxLength: digits,
  });

const rowText = fc.record({
  slot: fc.nat(99_999),
  ends: fc.constantFrom(8, 32).chain((n) => fc.tuple(hex(n), hex(4), hex(n), hex(4))),
  state: hex(2),
  uid: fc.nat(),
  inode: fc.nat(),
  tail: fc.constantFrom("2 000000007b4fde8a 100 0 0 10 -1", "3 0000000024bfb952", "1 0 0"),
}).map(({ slot, ends: [a, b, c, d], state, uid, inode, tail }) => ({
  row: { key: `${a}:${b} ${c}:${d}`, state: parseInt(state, 16), inode, uid },
  line: `${String(slot).padStart(4)}: ${a}:${b} ${c}:${d} ${state} 00000000:00000000 ` +
    `00:00000000 00000000 ${String(uid).padStart(5)}        0 ${inode} ${tail}`,
}));

Deno.test("scanNetTable reads back every row that was printed", () => {
  fc.assert(
    fc.property(fc.array(rowText, { maxLength: 20 }), fc.boolean(), (rows, padded) => {
      const lines = rows.map(({ line }) => padded ? line.padEnd(149) : line);
      const { found, malformed } = scan([HEADER, ...lines, ""].join("\n"));
      assertEquals(malformed, 0);
      assertEquals(found, rows.map(({ row }) => row));
      for (const { key } of found) decodeEndpoints(key);
    }),
    { numRuns: 100 },
  );
});

Deno.test("scanNetTable agrees with a regular expression on damaged tables", () => {
  const change = fc.tuple(fc.nat(), fc.constantFrom(0, 1, 2), fc.nat(255));
  const changes = fc.array(change, { maxLength: 6 });
  fc.assert(
    fc.property(fc.array(rowText, { maxLength: 4 }), changes, (rows, edits) => {
      const bytes = [...encoder.encode([HEADER, ...rows.map(({ line }) => line), ""].join("\n"))];
      for (const [where, remove, byte] of edits) {
        bytes.splice(where % (bytes.length + 1), remove, ...(byte % 3 === 0 ? [] : [byte]));
      }
      const table = Uint8Array.from(bytes);
      const { found, malformed } = scan(table);
      assertEquals({ found, malformed }, naive(table));
    }),
    { numRuns: 1000 },
  );
});

Deno.test("scanNetTable never throws on arbitrary bytes", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 500 }), (bytes) => {
      const { found, malformed } = scan(bytes);
      assertEquals({ found, malformed }, naive(bytes));
    }),
    { numRuns: 300 },
  );
});

Deno.test("decodeEndpoints gives both ends, and IPv4 for mapped ones", () => {
  assertEquals(decodeEndpoints("0100630A:D2E6 C800630A:0051"), {
    local: { ip: "10.99.0.1", port: 53990 },
    remote: { ip: "10.99.0.200", port: 81 },
    ipVersion: 4,
  });
  assertEquals(
    decodeEndpoints(
      "000099FD000000000000000001000000:B052 000099FD000000000000000002000000:1F90",
    ),
    { local: { ip: "fd99::1", port: 45138 }, remote: { ip: "fd99::2", port: 8080 }, ipVersion: 6 },
  );
  assertEquals(
    decodeEndpoints(
      "0000000000000000FFFF00000100007F:0BBA 00000000000000000000000000000000:0000",
    ),
    { local: { ip: "127.0.0.1", port: 3002 }, remote: { ip: "0.0.0.0", port: 0 }, ipVersion: 4 },
  );
  assertEquals(
    decodeEndpoints(
      "00000000000000000000000000000000:0BBA 00000000000000000000000000000000:0000",
    ),
    { local: { ip: "::", port: 3002 }, remote: { ip: "::", port: 0 }, ipVersion: 6 },
  );
});

Deno.test("decodeEndpoints refuses what is not a key", () => {
  for (
    const key of ["", "0100007F:0BBB", "0100007F:0BBB 00000000:000", "0100007:0BBB 00000000:0000"]
  ) {
    assertThrows(() => decodeEndpoints(key), RangeError);
  }
});

Deno.test("decodeEndpoints is right about more addresses than it remembers", () => {
  for (let round = 0; round < 2; round++) {
    for (let i = 0; i < 5000; i++) {
      const [low, high] = [i & 255, i >>> 8];
      const hex = (byte: number) => byte.toString(16).toUpperCase().padStart(2, "0");
      const { local, remote } = decodeEndpoints(`${hex(low)}${hex(high)}000A:0050 0100007F:FFFF`);
      assertEquals(local, { ip: `10.0.${high}.${low}`, port: 80 });
      assertEquals(remote, { ip: "127.0.0.1", port: 65535 });
    }
  }
});
