/** Every filter option, against what the unfiltered records say. */
import { assert, assertEquals } from "@std/assert";
import { ROOT } from "../program.ts";
import { pythonTest, type Row, snapshot } from "../read_back.ts";

const FIXTURE = ["--procfs", `${ROOT}fixtures/proc`];

type Values = Readonly<Record<string, string>>;
type Predicate = (row: Row, values: Values) => boolean;

/** Networks of `--no-private`, as the first characters of textual addresses. */
const PRIVATE = new RegExp(
  "^(?:10\\.|172\\.(?:1[6-9]|2\\d|3[01])\\.|192\\.168\\.|169\\.254\\.|" +
    "100\\.(?:6[4-9]|[7-9]\\d|1[01]\\d|12[0-7])\\.|2(?:2[4-9]|3\\d)\\.|f[cd]|fe[89ab]|ff)",
);

const LOOPBACK = /^(?:127\.|::1$)/;

const isPort = (port: number): Predicate => ({ local, remote }) =>
  local[1] === port || remote?.[1] === port;

/** Options, and which records they should leave. */
const FILTERS: readonly (readonly [args: readonly string[], keeps: Predicate])[] = [
  [["--ip", "4"], (_, { ip_version }) => ip_version === "4"],
  [["--ip", "!4"], (_, { ip_version }) => ip_version === "6"],
  [["--protocol", "udp"], ({ protocol }) => protocol === "udp"],
  [["-p", "17", "-p", "icmp"], ({ protocol }) => protocol === "udp" || protocol === "icmp"],
  [["--protocol", "!tcp"], ({ protocol }) => protocol !== "tcp"],
  [["--direction", "ingress"], ({ direction }) => direction === "ingress"],
  [["--direction", "egress"], ({ direction }) => direction === "egress"],
  [["--direction", "local"], ({ direction }) => direction === "local"],
  [["--no-listen"], ({ remote }) => remote !== null],
  [["--no-loopback"], ({ local, remote }) => !LOOPBACK.test((remote ?? local)[0] ?? "")],
  [["--no-private"], ({ remote }) => remote === null || !PRIVATE.test(remote[0])],
  [["--port", "443"], isPort(443)],
  [["--port", "!443"], (row, values) => !isPort(443)(row, values)],
  [["--user", "root"], ({ user }) => user === "root"],
  [["--user", "0"], (_, { uid, socket_uid }) => (uid || socket_uid) === "0"],
];

pythonTest("filters leave exactly the records that they should", async () => {
  const { rows: all } = await snapshot("csv", FIXTURE);
  const valuesOf = (row: Row) =>
    Object.fromEntries(Object.entries(row.whole ?? {}).map(([name, value]) => [name, `${value}`]));
  const idsOf = (rows: readonly Row[]) => rows.map((row) => valuesOf(row)["event_id"]).sort();
  // Where ids depend on the clock, they are of no use here: the ends say which record it is.
  const key = ({ protocol, local, remote, state, pid }: Row) =>
    JSON.stringify([protocol, local, remote, state, pid]);
  assertEquals(new Set(idsOf(all)).size, all.length, "event ids are unique");

  const examples: [readonly string[], Predicate][] = [];
  const pid = all.find((row) => row.pid !== null)?.pid;
  examples.push([["--pid", `${pid}`], (row) => row.pid === pid]);
  const name = all.find((row) => /^[a-z]+$/.test(row.name ?? ""))?.name ?? "";
  examples.push([["--process", name], (row) => row.name === name]);
  const start = name.slice(0, 2);
  examples.push([
    ["--process", `${start}*`],
    (row, { executable }) =>
      [row.name, executable?.split("/").at(-1)].some((each) => each?.startsWith(start)),
  ]);
  const unit = all.find((row) => row.unit?.endsWith(".service"))?.unit ?? "";
  const hasUnit: Predicate = (_, values) => values["unit"] === unit || values["user_unit"] === unit;
  examples.push([["--unit", unit], hasUnit]);
  examples.push([["--unit", `!${unit}`], (row, values) => !hasUnit(row, values)]);
  const remote = all.find((row) => row.remote !== null && row.direction === "egress")?.remote?.[0];
  examples.push([["--remote", `${remote}`], (row) => row.remote?.[0] === remote]);
  examples.push([["--remote", "!0.0.0.0/0", "--remote", "!::/0"], (row) => row.remote === null]);

  for (const [args, keeps] of [...FILTERS, ...examples]) {
    const { rows } = await snapshot("csv", [...FIXTURE, ...args]);
    const expected = all.filter((row) => keeps(row, valuesOf(row)));
    assertEquals(rows.map(key).sort(), expected.map(key).sort(), args.join(" "));
    assert(rows.length > 0, `${args.join(" ")}: the fixture has nothing that it leaves`);
    assert(rows.length < all.length, `${args.join(" ")}: the fixture has nothing that it removes`);
  }
});

pythonTest("filters of different kinds all count", async () => {
  const args = ["--protocol", "tcp", "--no-listen", "--no-loopback", "--ip", "4"];
  const { rows } = await snapshot("csv", [...FIXTURE, ...args]);
  assert(rows.length > 0);
  for (const { protocol, remote } of rows) {
    assertEquals(protocol, "tcp");
    assert(remote !== null && !LOOPBACK.test(remote[0]) && !remote[0].includes(":"));
  }
});
