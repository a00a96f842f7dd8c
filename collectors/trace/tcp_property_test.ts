import { assertEquals } from "@std/assert";
import fc from "fast-check";
import type { Happening } from "./happening.ts";
import { TcpTable } from "./tcp.ts";
import { OWNERS, script } from "./tcp_test_tools.ts";

/** How a connection can go, without times; `T` its thread, `K` its socket, `E` its ends. */
const LIVES: readonly { readonly steps: readonly string[]; readonly outcome: string }[] = [
  {
    steps: ["T . K 7>2 E", "0 s K 2>1 E", "T . K 1>4 E", "0 s K 4>5 E", "0 s K 5>7 E"],
    outcome: "established",
  },
  {
    steps: ["T . K 7>2 E", "T . K 2>1 E", "0 s K 1>8 E", "T . K 8>9 E", "0 s K 9>7 E"],
    outcome: "established",
  },
  { steps: ["T . K 7>2 E", "0 s K reset-in", "0 s K 2>7 E+0 s error 111 E"], outcome: "refused" },
  { steps: ["T . K 7>2 E", "0 s K 2>7 E+0 s error 110 E"], outcome: "timeout" },
  { steps: ["T . K 7>2 E", "T . K 2>7 E"], outcome: "unknown" },
  { steps: ["T . K 7>2 E", "0 s K 2>1 E", "T . K 1>7 E+T . K reset-out"], outcome: "reset" },
  { steps: ["0 s K 10>3 E", "0 s K 3>1 E", "T . K 1>4 E", "0 s K 4>7 E"], outcome: "established" },
  { steps: ["0 s K 10>3 E", "0 s K 3>1 E", "0 s K reset-in", "T . K 1>7 E"], outcome: "reset" },
];

Deno.test("TcpTable gives each connection at most one open and one close, with its owner", () => {
  const slot = fc.array(fc.record({ life: fc.nat(LIVES.length - 1), thread: fc.nat(3) }), {
    maxLength: 6,
  });
  const order = fc.array(fc.tuple(fc.nat(5), fc.integer({ min: 1, max: 700_000 })), {
    minLength: 200,
    maxLength: 200,
  });
  fc.assert(
    fc.property(fc.array(slot, { minLength: 6, maxLength: 6 }), order, (slots, turns) => {
      const wanted = new Map<string, string>();
      const queues = slots.map((lives, socket) =>
        lives.flatMap(({ life, thread }, turn) => {
          const { steps, outcome } = LIVES[life] ?? { steps: [], outcome: "" };
          const remote = `10.0.${socket}.${turn}:80`;
          wanted.set(remote, `${outcome} ${thread + 101}`);
          return steps.map((step) =>
            step.replaceAll("T", `${thread + 101}`).replaceAll("K", `sk${socket}`)
              .replaceAll("E", `10.0.0.1:${4000 + socket} ${remote}`)
          );
        })
      );
      const table = new TcpTable({ owners: OWNERS });
      const into: Happening[] = [];
      let now = 0;
      const step = (text: string, after: number) => {
        now += after;
        for (const part of text.split("+")) {
          for (const event of script(`${now++} ${part}`)) table.apply(event, into);
        }
      };
      for (const [index, after] of turns) {
        const text = queues[index]?.shift();
        if (text !== undefined) step(text, after);
      }
      for (const text of queues.flat()) step(text, 1);
      table.advance(now + 10_000, into);
      const closes = into.filter(({ event }) => event === "close");
      const opens = into.filter(({ event }) => event === "open").map(({ key }) => key);
      assertEquals(opens.length, new Set(opens).size);
      assertEquals(closes.length, new Set(closes.map(({ key }) => key)).size);
      const got = new Map(closes.map(({ remote, outcome, owner }) => [
        `${remote?.ip}:${remote?.port}`,
        `${outcome} ${owner.process?.pid}`,
      ]));
      assertEquals(got, wanted);
      assertEquals(table.size, 0);
    }),
    { numRuns: 200 },
  );
});
