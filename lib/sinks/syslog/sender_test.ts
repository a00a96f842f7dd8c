import { assert, assertEquals, assertMatch } from "@std/assert";
import type { Level } from "../../collector.ts";
import { headerOf } from "./frame.ts";
import { MemoryQueue } from "./queue.ts";
import { RESEND_MS, Sender } from "./sender.ts";
import { MessageTooLong, type Transport, type TransportEnd } from "./transport.ts";

const encoder = new TextEncoder();

/** More than it takes to send all, on a busy machine too, milliseconds. */
const LONG = 60_000;

/** What a receiver does. */
interface Behaviour {
  readonly isStream?: boolean;
  /** After how many messages the connection is lost. */
  readonly lives?: number;
  /** The longest message. */
  readonly most?: number;
  readonly end?: TransportEnd;
  readonly lifeMs?: number;
  /** Takes nothing. */
  readonly isStalled?: boolean;
}

/** A queue, a sender and the receivers that it finds, one after the other; the last one stays. */
class Scene {
  readonly queue = new MemoryQueue();
  /** What each receiver has read. */
  readonly read: string[][] = [];
  readonly said: string[] = [];
  taken = 0;
  shortened = 0;
  opened = 0;
  now = 0;
  /** Ends the connection. */
  lose = () => {};
  readonly sender: Sender;

  constructor(behaviours: readonly (Behaviour | Error)[], resendBytes?: number) {
    const open = () => {
      const behaviour = behaviours[Math.min(this.opened++, behaviours.length - 1)] ?? {};
      if (behaviour instanceof Error) return Promise.reject(behaviour);
      return Promise.resolve(this.#transport(behaviour));
    };
    this.sender = new Sender(this.queue, open, {
      say: (_: Level, message) => this.said.push(message),
      taken: ({ records }) => this.taken += records,
      shortened: () => this.shortened++,
    }, {
      name: "test",
      now: () => this.now,
      // The shortest waits that there are.
      random: () => 0,
      ...(resendBytes !== undefined && { resendBytes }),
    });
  }

  #transport(behaviour: Behaviour): Transport {
    const { isStream = true, lives = Infinity, most = Infinity, end = "confirmed" } = behaviour;
    const read: string[] = [];
    this.read.push(read);
    const { promise: lost, resolve } = Promise.withResolvers<Error>();
    this.lose = () => resolve(new Deno.errors.ConnectionReset("it has gone"));
    return {
      batchBytes: isStream ? 2 : 1,
      isStream,
      lost,
      ...(behaviour.lifeMs !== undefined && { lifeMs: behaviour.lifeMs }),
      send: async (frames) => {
        if (behaviour.isStalled) await new Promise(() => {});
        for (const { bytes } of frames) {
          if (bytes.length > most) throw new MessageTooLong();
          if (read.length >= lives) throw new Deno.errors.BrokenPipe("Broken pipe (os error 32)");
          read.push(new TextDecoder().decode(bytes));
        }
      },
      end: () => Promise.resolve(end),
      close: () => {},
    };
  }

  push(...texts: string[]): void {
    for (const text of texts) this.queue.push({ bytes: encoder.encode(text), isRecord: true });
    this.sender.wake();
  }
}

Deno.test("Sender sends all in order, and what it has sent again when the connection is lost", async () => {
  const scene = new Scene([{ lives: 2 }, { lives: 3 }, {}]);
  scene.push("a", "b", "c", "d", "e");
  scene.sender.end(LONG);
  await scene.sender.run();
  assertEquals(scene.read, [["a", "b"], ["a", "b", "c"], ["a", "b", "c", "d", "e"]]);
  assertEquals([scene.taken, scene.queue.waiting], [5, 0]);
  assertEquals(scene.queue.rewind(), 0);
});

Deno.test("Sender keeps no more than it may of what it has sent, and not for ever", async () => {
  const scene = new Scene([{ lives: 4 }, {}], 2);
  scene.push("a", "b", "c", "d", "e");
  scene.sender.end(LONG);
  await scene.sender.run();
  assertEquals(scene.read[1], ["c", "d", "e"]);
  const old = new Scene([{ lives: 1 }, {}]);
  old.push("a");
  const running = old.sender.run();
  while (old.taken < 1) await new Promise((resolve) => setTimeout(resolve, 1));
  old.now += RESEND_MS;
  old.push("b");
  old.sender.end(LONG);
  await running;
  assertEquals(old.read[1], ["b"]);
});

Deno.test("Sender says once that nothing is taken, and when it is again", async () => {
  const refused = new Deno.errors.ConnectionRefused("Connection refused (os error 111)");
  const scene = new Scene([refused, refused, {}]);
  scene.push("a");
  const running = scene.sender.run();
  while (scene.taken < 1) await new Promise((resolve) => setTimeout(resolve, 1));
  scene.sender.end(LONG);
  scene.now += 1e6;
  await running;
  assertEquals(scene.said, [
    "test takes nothing: connection refused; messages wait until it does",
    "test takes messages again",
  ]);
});

Deno.test("Sender gives up in time at the end, whatever the receiver does", async () => {
  const refused = new Deno.errors.ConnectionRefused("refused");
  for (const behaviour of [refused, { isStalled: true }]) {
    const scene = new Scene([behaviour]);
    scene.push("a");
    scene.sender.end(20);
    await scene.sender.run();
    assertEquals([scene.taken, scene.queue.waiting], [0, 1]);
  }
});

Deno.test("Sender sends again when the receiver was lost at the very end", async () => {
  const scene = new Scene([{ end: "lost" }, { end: "unknown" }]);
  scene.push("a", "b");
  scene.sender.end(LONG);
  await scene.sender.run();
  assertEquals(scene.read, [["a", "b"], ["a", "b"]]);
  assertEquals(scene.taken, 2);
  // Nobody knows whether it was read: a spool keeps it.
  assertEquals(scene.queue.rewind(), 2);
});

Deno.test("Sender shortens a message that the transport does not take, and keeps nothing of datagrams", async () => {
  const scene = new Scene([{ isStream: false, most: 600 }]);
  const header = headerOf({ facility: 3, tag: "t", pid: 1 })({
    severity: 6,
    time: 0,
    kind: "open",
  });
  scene.push(header + "x".repeat(2000), header + "y".repeat(550), header + "z".repeat(900));
  scene.sender.end(LONG);
  await scene.sender.run();
  const [messages = []] = scene.read;
  assertEquals(messages.length, 3);
  assert(messages.every((message) => message.startsWith(header) && message.length <= 600));
  assertMatch(messages[0] ?? "", /x…\[truncated\]$/);
  assertEquals([scene.taken, scene.queue.rewind()], [3, 0]);
  assert(scene.shortened >= 2);
});

Deno.test("Sender opens a transport anew when its life is over", async () => {
  const scene = new Scene([{ lifeMs: 1000 }]);
  scene.push("a");
  const running = scene.sender.run();
  while (scene.taken < 1) await new Promise((resolve) => setTimeout(resolve, 1));
  scene.now += 2000;
  scene.push("b");
  scene.sender.end(LONG);
  await running;
  assertEquals([scene.opened, scene.taken], [2, 2]);
  assertEquals(scene.said, []);
});

Deno.test("Sender notices that a connection is lost while there is nothing to send", async () => {
  const scene = new Scene([{}]);
  scene.push("a");
  const running = scene.sender.run();
  while (scene.taken < 1) await new Promise((resolve) => setTimeout(resolve, 1));
  scene.lose();
  while (scene.opened < 2) await new Promise((resolve) => setTimeout(resolve, 1));
  scene.sender.end(LONG);
  await running;
  assertEquals(scene.read, [["a"], ["a"]]);
  assertEquals(scene.taken, 1);
});
