import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { formatIp } from "../ip.ts";
import { decodeEndpoints, type NetRow } from "./net_table.ts";
import { scanSctpAssociations, scanSctpEndpoints } from "./sctp.ts";

type Scan = typeof scanSctpEndpoints;

const EPS = " ENDPT     SOCK   STY SST HBKT LPORT   UID INODE LADDRS\n";
const ASSOCS =
  " ASSOC     SOCK   STY SST ST HBKT ASSOC-ID TX_QUEUE RX_QUEUE UID INODE LPORT RPORT " +
  "LADDRS <-> RADDRS HBINT INS OUTS MAXRT T1X T2X RTXC wmema wmemq sndbuf rcvbuf\n";

function found(scan: Scan, text: string | Uint8Array): { rows: NetRow[]; malformed: number } {
  const rows: NetRow[] = [];
  const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;
  const result = scan(bytes, (row) => rows.push(row));
  assertEquals(result.rows, rows.length);
  return { rows, malformed: result.malformed };
}

Deno.test("scanSctpEndpoints reads listeners with one and several addresses", () => {
  const { rows, malformed } = found(
    scanSctpEndpoints,
    EPS +
      "ffff9a4c4e1b2000 ffff9a4c4e1b4000 2   10  44   38412  1000 91600 0.0.0.0 \n" +
      "       0        0 2   10  29   36412     0 91601 10.99.0.1 fd99:0000:0000:0000:0000:0000:0000:0001 \n" +
      "       0        0 0   10  29   36413     0 91602 fd99:0000:0000:0000:0000:0000:0000:0001 \n" +
      "       0        0 2   7   29   0         0 91603 \n",
  );
  assertEquals(malformed, 0);
  assertEquals(rows.map(({ inode, uid, state }) => [inode, uid, state]), [
    [91600, 1000, 10],
    [91601, 0, 10],
    [91602, 0, 10],
  ]);
  assertEquals(rows.map(({ key }) => decodeEndpoints(key)), [
    { local: { ip: "0.0.0.0", port: 38412 }, remote: { ip: "0.0.0.0", port: 0 }, ipVersion: 4 },
    { local: { ip: "10.99.0.1", port: 36412 }, remote: { ip: "0.0.0.0", port: 0 }, ipVersion: 4 },
    { local: { ip: "fd99::1", port: 36413 }, remote: { ip: "::", port: 0 }, ipVersion: 6 },
  ]);
});

Deno.test("scanSctpAssociations takes the primary addresses, of kernels old and recent", () => {
  const { rows, malformed } = found(
    scanSctpAssociations,
    ASSOCS +
      "ffff96a14c8d1000 ffff96a4c628ac00 2   1   3  0    1827707        0        0    1003 137248804 3878  55312  " +
      "172.16.218.253 40.40.0.59 <-> 60.30.171.143 *40.40.0.58 \t   30000    10    10   10    0    0        0        1        0  4194304  4194304\n" +
      "       0        0 2   1   1  0      60        0      496       0 188897 12345 54321  10.0.0.1 *10.0.0.2 <-> *10.0.0.3 \n" +
      "       0        0 2   1   6  0      61        0        0       0 188898 12345 54321  10.0.0.1 fd99::1 <-> *fd99::2 \n",
  );
  assertEquals(malformed, 0);
  assertEquals(rows.map(({ inode, uid, state }) => [inode, uid, state]), [
    [137248804, 1003, 1],
    [188897, 0, 2],
    [188898, 0, 8],
  ]);
  assertEquals(rows.map(({ key }) => decodeEndpoints(key)), [
    {
      local: { ip: "172.16.218.253", port: 3878 },
      remote: { ip: "40.40.0.58", port: 55312 },
      ipVersion: 4,
    },
    {
      local: { ip: "10.0.0.2", port: 12345 },
      remote: { ip: "10.0.0.3", port: 54321 },
      ipVersion: 4,
    },
    { local: { ip: "fd99::1", port: 12345 }, remote: { ip: "fd99::2", port: 54321 }, ipVersion: 6 },
  ]);
});

Deno.test("scanSctpEndpoints and scanSctpAssociations count what is no complete row", () => {
  const endpoint = "0 0 2 10 44 38412 1000 91600 10.0.0.1 ";
  assertEquals(found(scanSctpEndpoints, endpoint).malformed, 1);
  for (let length = 0; length <= endpoint.indexOf("91600"); length++) {
    assertEquals(found(scanSctpEndpoints, `${endpoint.slice(0, length)}\n`).malformed, 1);
  }
  for (
    const bad of [
      "0 0 2 10 44 65536 0 1 10.0.0.1",
      "0 0 2 10 44 1 0 1 10.0.0.256",
      "0 0 2 10 44 1 -1 1",
    ]
  ) {
    assertEquals(found(scanSctpEndpoints, bad + "\n"), { rows: [], malformed: 1 });
  }
  const association = "0 0 2 1 3 0 60 0 496 0 188897 12345 54321 10.0.0.1 <-> *10.0.0.3 ";
  for (let length = 0; length <= association.indexOf("*"); length++) {
    assertEquals(found(scanSctpAssociations, `${association.slice(0, length)}\n`).malformed, 1);
  }
  for (
    const [from, to] of [["<->", "-"], ["2 1 3", "2 1 9"], ["10.0.0.3", "x"], ["54321", "5432x"]]
  ) {
    assert(from !== undefined && to !== undefined && association.includes(from));
    const bad = association.replace(from, to) + "\n";
    assertEquals(found(scanSctpAssociations, bad), { rows: [], malformed: 1 });
  }
});

Deno.test("scanSctpAssociations reads back what was printed", () => {
  const address = fc.constantFrom(4, 16).chain((length) =>
    fc.uint8Array({ minLength: length, maxLength: length })
  );
  const addresses = fc.array(address, { minLength: 1, maxLength: 3 });
  const number = fc.nat(65535);
  fc.assert(
    fc.property(
      addresses,
      addresses,
      number,
      number,
      fc.nat(),
      (locals, remotes, lport, rport, inode) => {
        const text = (list: Uint8Array[]) => `*${list.map(formatIp).join(" ")} `;
        const line = `0 0 2 1 3 0 7 0 0 5 ${inode} ${lport} ${rport}  ${text(locals)}<-> ${
          text(remotes)
        }\t 30000 1`;
        const { rows, malformed } = found(scanSctpAssociations, `${ASSOCS}${line}\n`);
        assertEquals([rows.length, malformed], [1, 0]);
        const row = rows[0];
        assert(row !== undefined);
        const { local, remote } = decodeEndpoints(row.key);
        assertEquals([row.state, row.inode, row.uid], [1, inode, 5]);
        assertEquals([local.port, remote.port], [lport, rport]);
        assertEquals(
          [local.ip, remote.ip],
          [locals, remotes].map(([ip]) => formatIp(ip ?? new Uint8Array(4))),
        );
      },
    ),
    { numRuns: 200 },
  );
});

Deno.test("scanSctpEndpoints and scanSctpAssociations never throw on arbitrary bytes", () => {
  const words = fc.array(
    fc.constantFrom(
      "0",
      "2",
      "10",
      "65535",
      "1.2.3.4",
      "*::1",
      "<->",
      "x",
      "\n",
      "\t",
      "99999999999999999",
    ),
    { maxLength: 40 },
  ).map((list) => new TextEncoder().encode(list.join(" ") + "\n"));
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 300 }), words), (bytes) => {
      for (const scan of [scanSctpEndpoints, scanSctpAssociations]) {
        const { rows } = found(scan, bytes);
        for (const { key } of rows) decodeEndpoints(key);
      }
    }),
    { numRuns: 500 },
  );
});
