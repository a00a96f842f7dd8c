/** What carries syslog messages. */
import type { FrameCounts } from "./protocol.ts";
import type { Frame } from "./queue.ts";

/** How a connection ended that was to be ended. */
export type TransportEnd =
  /** The receiver has read all. */
  | "confirmed"
  /** It is not known. */
  | "unknown"
  /** The receiver was gone: what was sent last may be lost. */
  | "lost";

/** An open way to a receiver. */
export interface Transport {
  /** About how many bytes are sent at once; 1: one message. */
  readonly batchBytes: number;
  /** Whether what the system has taken may still be lost with the connection. */
  readonly isStream: boolean;
  /** For how long it may be used before its host is looked up again, milliseconds. */
  readonly lifeMs?: number;
  /** Resolves with the reason when the connection is lost. Never rejects. */
  readonly lost: Promise<Error>;
  /**
   * Hands messages to the system, and waits while it takes none.
   *
   * @throws MessageTooLong when the only one is too long, any other error when the connection is lost.
   */
  send(frames: readonly Frame[]): Promise<void>;
  /** Says that no more will come, and waits until the receiver has read all, or for so many milliseconds. */
  end(ms: number): Promise<TransportEnd>;
  close(): void;
}

/** Opens a way to the receiver: its host is looked up anew each time. */
export type OpenTransport = () => Promise<Transport>;

/** A message is longer than the transport can carry. */
export class MessageTooLong extends Error {
  override readonly name = "MessageTooLong";
}

/** Counts of messages. */
export function countFrames(frames: readonly Frame[]): FrameCounts {
  let records = 0;
  let bytes = 0;
  for (const frame of frames) {
    bytes += frame.bytes.length;
    if (frame.isRecord) records++;
  }
  return { records, frames: frames.length, bytes };
}

/** Rejects when the promise takes longer; whoever waits for it deals with what comes later. */
export async function withTimeLimit<T>(ms: number, promise: Promise<T>, what: string): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const over = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Deno.errors.TimedOut(what)), ms);
  });
  try {
    return await Promise.race([promise, over]);
  } finally {
    clearTimeout(timer);
  }
}
