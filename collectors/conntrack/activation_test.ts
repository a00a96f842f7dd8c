import { assertEquals, assertRejects } from "@std/assert";
import { ExitError } from "../../lib/exit.ts";
import { activateTracking, type Activation, type ActivationOptions } from "./activation.ts";
import { FakePrograms } from "./child_test_tools.ts";

/** An nft that knows three tables, writes down what it is told, and fails where a file says so. */
const NFT = `
  [ $# -eq 1 ] || exit 9
  echo "$1" >> $0.log
  for word in list add delete; do
    case "$1" in "$word "*) [ ! -e $0.$word ] || { cat $0.$word >&2; exit 1; };; esac
  done
  case "$1" in "list tables") printf '%s\\n' 'table ip nat' 'table inet connscribe_12' \\
    'table inet connscribe_34' 'table ip6 connscribe_56' 'table inet connscribe_7x' \\
    'table inet connscribe_99';; esac`;

function activate(
  fakes: FakePrograms,
  options: Partial<ActivationOptions> = {},
): Promise<Activation> {
  return activateTracking({
    system: fakes.system,
    programs: [`${fakes.path}/none`, fakes.script(NFT, "nft")],
    pid: 99,
    alive: (pid) => pid === 34,
    report: (_level, message) => fakes.reports.push(message),
    ...options,
  });
}

function log(fakes: FakePrograms): string[] {
  return fakes.written("nft.log").trimEnd().split("\n");
}

const ADD = "add table inet connscribe_99; delete table inet connscribe_99; " +
  "add table inet connscribe_99 { chain tracking { ct state new; }; }";

Deno.test("activateTracking adds a table, and removes it and those of dead processes", async function () {
  await using fakes = new FakePrograms();
  {
    await using activation = await activate(fakes);
    assertEquals(activation.table, "connscribe_99");
    assertEquals(log(fakes), ["list tables", ADD, "delete table inet connscribe_12"]);
  }
  assertEquals(log(fakes).slice(3), ["delete table inet connscribe_99"]);
  assertEquals(fakes.reports, [
    'added the nftables table "connscribe_99", which makes the kernel track connections',
    'removed the nftables table "connscribe_12" of a dead process',
    'removed the nftables table "connscribe_99"',
  ]);
});

Deno.test("activateTracking says what it could not remove, and goes on", async function () {
  await using fakes = new FakePrograms();
  await activate(fakes).then(async (activation) => {
    await Deno.writeTextFile(`${fakes.path}/nft.delete`, "Error: Device or resource busy\nmore\n");
    await activation[Symbol.asyncDispose]();
  });
  assertEquals(
    fakes.reports.at(-1),
    'cannot remove the nftables table "connscribe_99": nft said "Error: Device or resource busy"',
  );
});

Deno.test("activateTracking gives up where it cannot add its table", async function () {
  for (
    const [word, said, code, message] of [
      [
        "list",
        "Operation not permitted (you must be root)\nnetlink: Error: cache initialization failed\n",
        77,
        "may not list the nftables tables: run as root, or with CAP_NET_ADMIN",
      ],
      [
        "add",
        "Error: Could not process rule: No such file or directory\n  ^^^^\n",
        69,
        'cannot add the nftables table "connscribe_99": nft said "Error: Could not process rule: No such file or directory"',
      ],
    ] as const
  ) {
    await using fakes = new FakePrograms();
    await Deno.writeTextFile(`${fakes.path}/nft.${word}`, said);
    const error = await assertRejects(() => activate(fakes), ExitError);
    assertEquals([error.code, error.message], [code, message]);
    assertEquals(log(fakes).filter((line) => line.startsWith("delete")), []);
  }
});

Deno.test("activateTracking gives up where there is no nft", async function () {
  await using fakes = new FakePrograms();
  const error = await assertRejects(
    () => activate(fakes, { programs: ["/nonexistent/nft"] }),
    ExitError,
  );
  assertEquals(error.code, 69);
  assertEquals(
    error.message,
    'there is no "/nonexistent/nft": install nftables, or add a rule that uses connection tracking by other means, with iptables for one',
  );
});
