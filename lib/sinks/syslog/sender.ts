/** Sends messages, again and again if need be. */
import type { Level } from "../../collector.ts";
import { Backoff } from "../../child/backoff.ts";
import type { FrameCounts } from "./protocol.ts";
import type { Frame, FrameQueue } from "./queue.ts";
import { shortenMessage } from "./shorten.ts";
import { countFrames, MessageTooLong, type OpenTransport, type Transport } from "./transport.ts";
import { troubleText } from "./trouble_text.ts";

/**
 * How much of what was sent over a stream is kept, to be sent again when the connection is lost: syslog
 * over TCP has no acknowledgement (RFC 6587, 3.3). The kernels of both ends hold 10 MiB at most by default
 * (`tcp_wmem` 4 MiB, `tcp_rmem` 6 MiB of tcp(7)).
 */
export const RESEND_BYTES = 16 * 2 ** 20;
/** By then the kernel has given up a connection whose receiver is silent (15 minutes: `tcp_retries2`). */
export const RESEND_MS = 20 * 60_000;

/** How often it is looked what need not be kept any more while nothing is sent. */
const IDLE_MS = 10_000;
/** No message is made shorter than this: what takes less is no transport of syslog. */
const SHORTEST = 256;

/** Hears what becomes of messages. */
export interface SenderEvents {
  say(level: Level, message: string): void;
  /** They were handed to the system for the first time. */
  taken(counts: FrameCounts): void;
  /** One was longer than the transport allows. */
  shortened(isRecord: boolean): void;
}

/** How a sender may differ. */
export interface SenderOptions {
  /** The target, for messages. */
  readonly name: string;
  /** See {@linkcode RESEND_BYTES}, which is the default. */
  readonly resendBytes?: number;
  /** Milliseconds of a clock that does not jump. */
  readonly now?: () => number;
  /** A number from 0 up to 1, for the jitter of back-off. */
  readonly random?: () => number;
}

/** Messages that were sent together, and when. */
interface Sent {
  readonly count: number;
  readonly bytes: number;
  readonly at: number;
}

/** Takes messages from a queue and sends them. */
export class Sender {
  readonly #queue: FrameQueue;
  readonly #open: OpenTransport;
  readonly #events: SenderEvents;
  readonly #name: string;
  readonly #resendBytes: number;
  readonly #now: () => number;
  readonly #random: () => number;
  readonly #backoff = new Backoff();
  /** What was sent over this connection and is kept. */
  #sent: Sent[] = [];
  #sentBytes = 0;
  /** How many messages at the front of the queue were handed to the system before. */
  #counted = 0;
  /** How many of them are to be taken again. */
  #again = 0;
  /** The longest message that the transport takes, as far as is known. */
  #most = Infinity;
  #isDown = false;
  #isEnding = false;
  #isOver = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #wake: () => void = () => {};
  #cancel: (error: Error) => void = () => {};
  /** The one that is in use, and why it is of no use any more. */
  #transport: Transport | undefined;
  #lost: Error | undefined;

  constructor(
    queue: FrameQueue,
    open: OpenTransport,
    events: SenderEvents,
    { name, resendBytes = RESEND_BYTES, now = () => performance.now(), random = Math.random }:
      SenderOptions,
  ) {
    this.#queue = queue;
    this.#open = open;
    this.#events = events;
    this.#name = name;
    this.#resendBytes = resendBytes;
    this.#now = now;
    this.#random = random;
  }

  /** There is something in the queue. */
  wake(): void {
    this.#wake();
  }

  /** No more will come: {@linkcode run} ends when all is sent, or after so many milliseconds. */
  end(ms: number): void {
    this.#isEnding = true;
    this.#timer = setTimeout(() => {
      this.#isOver = true;
      this.#cancel(new Deno.errors.TimedOut("the time is over"));
      this.#wake();
    }, ms);
    this.#wake();
  }

  /** Sends until the end. Never rejects. */
  async run(): Promise<void> {
    let isFinished = false;
    for (let livedMs = 0; !isFinished && !this.#isOver;) {
      const begin = this.#now();
      try {
        const transport = await this.#connected();
        try {
          isFinished = await this.#serve(transport);
        } finally {
          this.#transport = undefined;
          this.#lost = undefined;
          transport.close();
        }
      } catch (error) {
        livedMs = this.#now() - begin;
        await this.#trouble(error, livedMs);
      }
    }
    clearTimeout(this.#timer);
  }

  async #connected(): Promise<Transport> {
    const opening = this.#open();
    try {
      const transport = await this.#unlessOver(opening);
      this.#transport = transport;
      this.#lost = undefined;
      transport.lost.then((error) => {
        if (this.#transport !== transport) return;
        this.#lost = error;
        this.#cancel(error);
      });
      if (this.#isDown) this.#events.say("warning", `${this.#name} takes messages again`);
      this.#isDown = false;
      return transport;
    } catch (error) {
      // It may come when nobody waits for it any more.
      opening.then((transport) => transport.close(), () => {});
      throw error;
    }
  }

  /** Returns whether all is sent; else the transport is to be opened anew. */
  async #serve(transport: Transport): Promise<boolean> {
    const { lifeMs = Infinity } = transport;
    const begin = this.#now();
    while (!this.#isOver) {
      this.#forget();
      if (this.#now() - begin > lifeMs) return false;
      const frames = this.#queue.take(transport.batchBytes);
      if (frames.length > 0) await this.#send(transport, frames);
      else if (!this.#isEnding) await this.#more();
      else return await this.#finish(transport);
    }
    return true;
  }

  async #send(transport: Transport, frames: readonly Frame[]): Promise<void> {
    const [only] = frames;
    if (transport.batchBytes === 1 && only !== undefined) await this.#sendFitting(transport, only);
    else await this.#unlessOver(transport.send(frames));
    const before = Math.min(this.#again, frames.length);
    this.#again -= before;
    const first = frames.slice(before);
    this.#counted += first.length;
    if (first.length > 0) this.#events.taken(countFrames(first));
    const { bytes } = countFrames(frames);
    this.#sent.push({ count: frames.length, bytes, at: this.#now() });
    this.#sentBytes += bytes;
    if (!transport.isStream) this.#forget(true);
  }

  /** Sends one message, and shortens it where it is too long for the transport. */
  async #sendFitting(transport: Transport, frame: Frame): Promise<void> {
    let { bytes } = frame;
    if (bytes.length > this.#most) bytes = shortenMessage(bytes, this.#most);
    while (true) {
      try {
        await this.#unlessOver(transport.send([{ ...frame, bytes }]));
        break;
      } catch (error) {
        if (!(error instanceof MessageTooLong) || bytes.length <= SHORTEST) throw error;
        this.#most = Math.max(Math.trunc(bytes.length * 0.75), SHORTEST);
        bytes = shortenMessage(frame.bytes, this.#most);
      }
    }
    if (bytes !== frame.bytes) this.#events.shortened(frame.isRecord);
  }

  /** Returns whether all is sent for good; throws when some of it may be lost. */
  async #finish(transport: Transport): Promise<boolean> {
    if (this.#lost !== undefined) throw this.#lost;
    // From here on the receiver may well close the connection.
    this.#transport = undefined;
    const left = await this.#unlessOver(transport.end(IDLE_MS));
    if (left === "lost") throw new Deno.errors.ConnectionReset("the receiver is gone");
    if (left === "confirmed") this.#forget(true);
    return true;
  }

  /** Confirms what need not be kept any more, or all. */
  #forget(all = false): void {
    const since = this.#now() - RESEND_MS;
    let count = 0;
    let batches = 0;
    for (const { count: sent, bytes, at } of this.#sent) {
      if (!all && this.#sentBytes <= this.#resendBytes && at > since) break;
      count += sent;
      this.#sentBytes -= bytes;
      batches++;
    }
    if (batches === 0) return;
    this.#sent = this.#sent.slice(batches);
    this.#counted -= count;
    this.#queue.confirm(count);
  }

  async #trouble(error: unknown, livedMs: number): Promise<void> {
    this.#forget();
    this.#sent = [];
    this.#sentBytes = 0;
    this.#queue.rewind();
    this.#again = this.#counted;
    if (this.#isOver) return;
    if (!this.#isDown) {
      const problem = troubleText(error);
      this.#events.say(
        "warning",
        `${this.#name} takes nothing: ${problem}; messages wait until it does`,
      );
    }
    this.#isDown = true;
    const ms = this.#backoff.next(livedMs) * (0.5 + this.#random() / 2);
    await this.#pause(ms);
  }

  /** Waits until there is more to send, for a while. */
  async #more(): Promise<void> {
    await this.#unlessOver(
      new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, IDLE_MS);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      }),
    ).finally(() => this.#wake());
    this.#wake = () => {};
  }

  async #pause(ms: number): Promise<void> {
    const wasEnding = this.#isEnding;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      // Messages can wait; the end cuts a long pause short.
      this.#wake = () => {
        if (!this.#isOver && this.#isEnding === wasEnding) return;
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = () => {};
  }

  /** As the promise, but rejects when the connection is lost or the time is over. */
  #unlessOver<T>(promise: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#cancel = reject;
      promise.then(resolve, reject);
      if (this.#lost !== undefined) reject(this.#lost);
      if (this.#isOver) reject(new Deno.errors.TimedOut("the time is over"));
    });
  }
}
