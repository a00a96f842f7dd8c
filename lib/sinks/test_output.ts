/** Outputs for the tests of sinks, that fail as they are told to. */
import type { Connection } from "../connection.ts";
import type { Format } from "../formats/format.ts";
import type { FileEnd, FileStatus, LogFile, Output } from "../system.ts";

/** What one write does: throws, or takes at most so many bytes. */
export type Step = Error | number;

/** An error without a class of its own, as Deno throws it. */
export function osError(message: string, number: number): Error {
  return new Error(`${message} (os error ${number})`);
}

/** ENOSPC */
export const NO_SPACE = osError("No space left on device", 28);

/** A pipe that keeps what it is given. The steps are taken one after the other; then it takes all. */
export class TestPipe implements Output {
  readonly isTerminal = false;
  bytes = new Uint8Array(0);
  /** How many writes were tried. */
  tries = 0;
  readonly steps: Step[];

  constructor(steps: readonly Step[] = []) {
    this.steps = [...steps];
  }

  get text(): string {
    return new TextDecoder().decode(this.bytes);
  }

  write(bytes: Uint8Array): number {
    this.tries++;
    const step = this.steps.shift() ?? Infinity;
    if (step instanceof Error) throw step;
    return this.append(bytes.subarray(0, step));
  }

  /** Adds bytes behind the back of the writer, or for it. */
  append(bytes: Uint8Array): number {
    const longer = new Uint8Array(this.bytes.length + bytes.length);
    longer.set(this.bytes);
    longer.set(bytes, this.bytes.length);
    this.bytes = longer;
    return bytes.length;
  }
}

/** A file, optionally with text in it, on a disk with so much room. */
export class TestFile extends TestPipe implements LogFile {
  /** How large it can become, bytes. */
  capacity = Infinity;
  /** Whether it can be made shorter; not so with `chattr +a`. */
  canTruncate = true;
  isClosed = false;
  /** What the next attempt to make it durable throws. */
  syncError: Error | undefined;

  constructor(text = "", steps: readonly Step[] = []) {
    super(steps);
    this.append(new TextEncoder().encode(text));
  }

  override write(bytes: Uint8Array): number {
    const room = this.capacity - this.bytes.length;
    if (this.steps.length === 0 && room <= 0) {
      this.tries++;
      throw NO_SPACE;
    }
    return super.write(bytes.subarray(0, Math.max(room, 0)));
  }

  size(): number {
    return this.bytes.length;
  }

  truncate(size: number): void {
    if (!this.canTruncate) throw new Deno.errors.PermissionDenied("Operation not permitted");
    this.bytes = this.bytes.slice(0, size);
  }

  lastByte(): number | undefined {
    return this.bytes.at(-1);
  }

  status(): FileStatus {
    return { isDirectory: false, file: "test", size: this.bytes.length, modified: 0 };
  }

  tryLock(): boolean {
    return true;
  }

  sync(): FileEnd {
    if (this.syncError !== undefined) throw this.syncError;
    return { file: "test", size: this.bytes.length };
  }

  close(): void {
    this.isClosed = true;
  }
}

/** A record that {@linkcode ID_FORMAT} writes as a line of this text. */
export function recordOf(id: string): Connection {
  return {
    id,
    event: "open",
    time: 0,
    direction: "unknown",
    outcome: "unknown",
    protocol: "tcp",
    protocolNumber: 6,
    ipVersion: 4,
    local: { ip: "192.0.2.1" },
    attribution: "none",
    collector: "test",
    host: { id: "h", name: "h" },
  };
}

/** The id alone; nothing for the id "". */
export const ID_FORMAT: Format = { line: ({ id }) => id === "" ? "" : id + "\n" };
