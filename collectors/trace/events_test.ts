import { assert, assertEquals } from "@std/assert";
import { STATE } from "../../lib/tcp_states.ts";
import { EVENTS } from "./events.ts";

const NAMES = EVENTS.map(({ name }) => name);

Deno.test("EVENTS names no event twice, and needs the states of sockets alone", () => {
  assertEquals(new Set(NAMES).size, NAMES.length);
  assertEquals(EVENTS.filter(({ required }) => required).map(({ name }) => name), [
    "inet_sock_set_state",
  ]);
});

/** What a filter lets through, by the rules of filters of ftrace, as far as these use them. */
function passes(filter: string, event: Readonly<Record<string, number>>): boolean {
  const words = filter.match(/&&|\|\||==|!=|[()!&]|[a-z_]+|\d+/g) ?? [];
  assertEquals(words.join(""), filter.replaceAll(" ", ""), "an unknown word");
  let at = 0;
  const take = (word: string) => words[at] === word && ++at > 0;
  const term = (): boolean => {
    if (take("!")) return !term();
    if (take("(")) {
      const value = either();
      assert(take(")"), filter);
      return value;
    }
    const value = event[words[at++] ?? ""];
    assert(value !== undefined, `${filter}: no field before ${words[at]}`);
    const operator = words[at++];
    const number = Number(words[at++]);
    if (operator === "&") return (value & number) !== 0;
    return operator === "==" ? value === number : value !== number;
  };
  const both = (): boolean => {
    let value = term();
    while (take("&&")) value = term() && value;
    return value;
  };
  function either(): boolean {
    let value = both();
    while (take("||")) value = both() || value;
    return value;
  }
  const value = either();
  assertEquals(at, words.length, filter);
  return value;
}

Deno.test("EVENTS lets through the lookups for what a process of this host sends", () => {
  const lookups = EVENTS.filter(({ name }) => name.endsWith("_table_lookup"));
  assertEquals(lookups.map(({ system }) => system), ["fib", "fib6"]);
  const datagram = { iif: 1, proto: 17, err: 0, ["common_flags"]: 0x01 };
  const tcp = { ...datagram, proto: 6 };
  for (const { name, filters = [] } of lookups) {
    assertEquals(filters.length, 2, name);
    for (const filter of filters) {
      assert(passes(filter, datagram), "a datagram");
      assert(passes(filter, { ...datagram, err: -101 }), "a datagram without a route");
      assert(!passes(filter, { ...datagram, iif: 0 }), "a lookup of who the peer is");
      assert(!passes(filter, { ...datagram, iif: 2 }), "a packet of another host");
      assert(!passes(filter, tcp), "TCP, whose states are traced");
      assert(passes(filter, { ...tcp, err: -113 }), "TCP without a route");
    }
    const [best = "", plain = ""] = filters;
    for (const flag of [0x08, 0x10, 0x40, 0x80]) {
      const event = { ...datagram, ["common_flags"]: 0x01 | flag };
      assert(!passes(best, event), `an interrupt, or the kernel itself: ${flag}`);
      // An older kernel has no such field for filters.
      assert(passes(plain, event), `${flag}`);
    }
    assert(passes(best, { ...datagram, ["common_flags"]: 0x04 | 0x20 }), "to be rescheduled");
  }
});

Deno.test("EVENTS lets through the SYNs that are sent again, and nothing else that is", () => {
  const { filters = [] } = EVENTS.find(({ name }) => name === "tcp_retransmit_skb") ?? {};
  const passed = [1, 2, 3, 4, 12].filter((state) =>
    filters.some((filter) => passes(filter, { state }))
  );
  assertEquals(passed, [STATE.synSent]);
});

Deno.test("EVENTS filters nothing but lookups and what is sent again", () => {
  const filtered = EVENTS.filter(({ filters }) => filters !== undefined).map(({ name }) => name);
  assertEquals(filtered, ["tcp_retransmit_skb", "fib_table_lookup", "fib6_table_lookup"]);
});
