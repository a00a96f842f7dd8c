/** The sink that sends records as syslog messages. */
import type { Connection } from "../../connection.ts";
import type { Diag } from "../../diag.ts";
import { EXIT, ExitError } from "../../exit.ts";
import type { Format } from "../../formats/format.ts";
import type { Ledger } from "../../pipeline/stage.ts";
import type { Report } from "../../report.ts";
import type { Sink } from "../sink.ts";
import { headerOf, type Heading, type Origin, SEVERITY } from "./frame.ts";
import { Piece } from "./piece.ts";
import type { FrameCounts, FromSender, ToSender } from "./protocol.ts";
import { shorten } from "./shorten.ts";

/** How long what is left at the end is sent, milliseconds. */
const END_MS = 5000;
/** The worker is told to end in time; if it does not, it is ended. */
const GRACE_MS = 1000;

/** The part of a worker that is used. */
export interface SenderPort {
  postMessage(message: ToSender, transfer: Transferable[]): void;
  onmessage: ((event: MessageEvent<FromSender>) => void) | null;
  terminate(): void;
}

/** How messages are made. */
export interface SyslogSinkOptions {
  /** The target, for messages to the user. */
  readonly name: string;
  readonly origin: Origin;
  /** Longest message, bytes. */
  readonly most: number;
  /** How many bytes may be under way. */
  readonly queueBytes: number;
}

/**
 * Posts messages to the worker that sends them. A record counts as emitted when the worker has handed it
 * to the system or stored it in the spool. When too much is under way, new records are dropped: what came
 * first is nearer to the cause.
 */
export class SyslogSink implements Sink {
  readonly name: string;
  readonly #port: SenderPort;
  readonly #format: Format;
  readonly #ledger: Ledger | undefined;
  readonly #diag: Diag;
  readonly #options: SyslogSinkOptions;
  readonly #header: (heading: Heading) => string;
  readonly #encoder = new TextEncoder();
  readonly #piece = new Piece();
  /** What was posted and not answered. */
  #bytesUnderWay = 0;
  #recordsUnderWay = 0;
  #framesUnderWay = 0;
  #closed = false;
  #hasFailed = false;
  #lost = 0;
  #untold = 0;
  /** While there is no room: the count of lost messages when that began. */
  #lostBefore: number | undefined;
  #room: PromiseWithResolvers<void> | undefined;
  #ended: (() => void) | undefined;
  #settled: (() => void) | undefined;

  /**
   * @param port The worker, which is ready.
   * @param ledger Where records are counted. Of several sinks only the first has one.
   */
  constructor(
    port: SenderPort,
    format: Format,
    ledger: Ledger | undefined,
    diag: Diag,
    options: SyslogSinkOptions,
  ) {
    this.name = `"${options.name}"`;
    this.#port = port;
    this.#format = format;
    this.#ledger = ledger;
    this.#diag = diag;
    this.#options = options;
    this.#header = headerOf(options.origin);
    port.onmessage = ({ data }) => this.#receive(data);
  }

  get closed(): boolean {
    return this.#closed;
  }

  get lost(): number {
    return this.#lost;
  }

  get untold(): number {
    return this.#untold;
  }

  get busy(): Promise<void> | undefined {
    return this.#room?.promise;
  }

  write(batch: readonly Connection[]): void {
    let unsaid = 0;
    let lost = 0;
    let shortened = 0;
    for (const connection of batch) {
      const line = this.#closed ? "" : this.#format.line(connection);
      if (line === "") {
        unsaid++;
        continue;
      }
      const { noteworthy, time, host, event } = connection;
      const { bytes, isShortened } = this.#message(line, {
        severity: noteworthy === undefined ? SEVERITY.info : SEVERITY.notice,
        time,
        kind: event,
        ...(host !== undefined && { hostname: host.name }),
      });
      if (!this.#add(bytes)) lost++;
      else if (isShortened) shortened++;
    }
    this.#post(true);
    if (shortened > 0) this.#shortened(shortened);
    this.#drop(this.#hasFailed ? "io" : "queue", lost, lost);
    if (!this.#closed) this.#untold += unsaid;
    if (this.#ledger !== undefined) this.#ledger.filtered += unsaid;
  }

  report(report: Report): boolean {
    const line = this.#format.report?.(report) ?? "";
    if (line === "" || this.#closed) return line !== "";
    const { time, host, kind } = report;
    const heading = { severity: SEVERITY.info, time, kind, hostname: host.name };
    if (this.#add(this.#message(line, heading).bytes)) this.#post(false);
    else this.#drop(this.#hasFailed ? "io" : "queue", 0, 1);
    return true;
  }

  flush(): void {
    // Nothing is kept back between batches.
  }

  sync(): undefined {
    if (this.#closed || this.#lost > 0) {
      throw new ExitError(EXIT.io, `${this.name} has not taken all: ${lostText(this.#lost)}`);
    }
    if (this.#recordsUnderWay > 0) {
      throw new ExitError(
        EXIT.temporary,
        `${this.name} has not taken all: the next run with --since-last begins where this one has begun`,
      );
    }
    return undefined;
  }

  async settle(): Promise<void> {
    if (this.#framesUnderWay === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, END_MS);
    this.#settled = resolve;
    await promise;
    clearTimeout(timer);
  }

  tick(): void {
    // The worker sees to itself.
  }

  reopen(): void {
    // There is no file.
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    if (!this.#hasFailed) await this.#end();
    this.#port.terminate();
    this.#room?.resolve();
    const left = this.#framesUnderWay;
    if (left > 0) {
      this.#drop("queue", this.#recordsUnderWay, left);
      this.#diag.say(
        "error",
        `${this.name} has not taken all within ${END_MS / 1000}s of the end: ${lostText(left)}`,
      );
    }
    this.#framesUnderWay = 0;
    if (left === 0) this.#sayRoom();
  }

  /** Waits until the worker has sent all, or the time is over. */
  async #end(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, END_MS + GRACE_MS);
    this.#ended = resolve;
    this.#port.postMessage({ type: "end", ms: END_MS }, []);
    await promise;
    clearTimeout(timer);
  }

  /** The message of a line, no longer than is allowed. */
  #message(line: string, heading: Heading): { bytes: Uint8Array; isShortened: boolean } {
    const header = this.#header(heading);
    const { most } = this.#options;
    const text = line.endsWith("\n") ? line.slice(0, -1) : line;
    const bytes = this.#encoder.encode(header + text);
    if (bytes.length <= most) return { bytes, isShortened: false };
    const shorter = shorten(text, Math.max(most - header.length, 0));
    return { bytes: this.#encoder.encode(header + shorter), isShortened: true };
  }

  /** Adds a message to the piece. Returns whether there is room for it. */
  #add(bytes: Uint8Array): boolean {
    const { queueBytes } = this.#options;
    if (this.#hasFailed || this.#bytesUnderWay + this.#piece.size + bytes.length > queueBytes) {
      return false;
    }
    this.#piece.add(bytes);
    return true;
  }

  /** Posts the piece. */
  #post(areRecords: boolean): void {
    const { size, count: frames } = this.#piece;
    if (frames === 0) return;
    const { bytes, sizes } = this.#piece.take();
    this.#bytesUnderWay += size;
    this.#framesUnderWay += frames;
    if (areRecords) this.#recordsUnderWay += frames;
    this.#port.postMessage({ type: "frames", bytes, sizes, areRecords }, [
      bytes.buffer,
      sizes.buffer,
    ]);
    if (this.#isHalfFull) this.#room ??= Promise.withResolvers();
  }

  get #isHalfFull(): boolean {
    return this.#bytesUnderWay * 2 > this.#options.queueBytes;
  }

  #receive(message: FromSender): void {
    switch (message.type) {
      case "taken":
        this.#arrived(message.counts);
        if (this.#ledger !== undefined) this.#ledger.emitted += message.counts.records;
        break;
      case "dropped":
        this.#arrived(message.counts);
        this.#drop(message.why, message.counts.records, message.counts.frames);
        break;
      case "shortened":
        this.#shortened(message.records);
        break;
      case "say":
        this.#diag.say(message.level, message.message);
        break;
      case "failed":
        this.#fail(message.message);
        break;
      case "ended":
        if (message.spooled > 0) {
          this.#diag.say(
            "notice",
            `${this.name} has not taken all: ${message.spooled} messages stay in the spool`,
          );
        }
        this.#ended?.();
        break;
      case "ready":
        break;
    }
  }

  /** They are not under way any more. */
  #arrived({ records, frames, bytes }: FrameCounts): void {
    this.#bytesUnderWay -= bytes;
    this.#framesUnderWay -= frames;
    this.#recordsUnderWay -= records;
    if (this.#framesUnderWay === 0) this.#settled?.();
    if (this.#isHalfFull) return;
    this.#room?.resolve();
    this.#room = undefined;
    this.#sayRoom();
  }

  #shortened(records: number): void {
    const degraded = { shortened: records };
    this.#ledger?.collected({ read: 0, dropped: {}, degraded });
  }

  /** Counts what is lost, and says so once until there is room again. */
  #drop(why: "queue" | "io", records: number, frames: number): void {
    if (frames === 0) return;
    if (this.#lostBefore === undefined && !this.#closed) {
      this.#lostBefore = this.#lost;
      const problem = why === "queue" ? "its queue is full" : "its spool or worker has failed";
      this.#diag.say(
        "error",
        `cannot send to ${this.name}: ${problem}; messages are lost and counted until there is room again`,
      );
    }
    this.#lost += frames;
    if (records > 0) this.#ledger?.drop(why, records);
  }

  #sayRoom(): void {
    if (this.#lostBefore === undefined || this.#hasFailed) return;
    const count = this.#lost - this.#lostBefore;
    this.#lostBefore = undefined;
    this.#diag.say("error", `the queue of ${this.name} has room again: ${lostText(count)}`);
  }

  /** Nothing will be sent any more. */
  #fail(message: string): void {
    if (this.#hasFailed) return;
    this.#hasFailed = true;
    this.#diag.say("error", `${this.name} has failed: ${message}`);
    const counts = {
      records: this.#recordsUnderWay,
      frames: this.#framesUnderWay,
      bytes: this.#bytesUnderWay,
    };
    this.#arrived(counts);
    this.#drop("io", counts.records, counts.frames);
    this.#ended?.();
  }
}

function lostText(count: number): string {
  return count === 1 ? "1 message was lost" : `${count} messages were lost`;
}
