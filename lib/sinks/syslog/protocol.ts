/** What the main thread and the worker that sends syslog messages say to each other. */
import type { Level } from "../../collector.ts";
import type { SyslogTarget } from "./target.ts";

/** What TLS needs to know; paths of files in PEM. */
export interface TlsFiles {
  /** Certificate authorities that are trusted besides those of the system. */
  readonly ca?: string;
  /** Certificate of this client and its key: both or none. */
  readonly cert?: string;
  readonly key?: string;
}

/** What the worker is started with. */
export interface SendOptions {
  readonly target: SyslogTarget;
  readonly tls: TlsFiles;
  /** Directory of the spool; absent where messages wait in memory. */
  readonly spool?: string;
  /** Most bytes of the spool. */
  readonly queueBytes: number;
}

/** From the main thread to the worker. */
export type ToSender =
  | { readonly type: "start"; readonly options: SendOptions }
  /** Messages one after the other, and the length of each. */
  | {
    readonly type: "frames";
    readonly bytes: Uint8Array;
    readonly sizes: Uint32Array;
    /** Whether they are records of the ledger. */
    readonly areRecords: boolean;
  }
  /** No more will come: sends what is left, for so many milliseconds. */
  | { readonly type: "end"; readonly ms: number };

/** How many messages something has happened to. */
export interface FrameCounts {
  /** Messages that are records. */
  readonly records: number;
  /** All of them. */
  readonly frames: number;
  readonly bytes: number;
}

/** From the worker to the main thread. */
export type FromSender =
  /** It can begin: the main thread may give up its own permissions. */
  | { readonly type: "ready" }
  /** It cannot begin, or go on. */
  | { readonly type: "failed"; readonly code: number; readonly message: string }
  /** They were handed to the system, or stored in the spool. */
  | { readonly type: "taken"; readonly counts: FrameCounts }
  /** The spool has not taken them. */
  | { readonly type: "dropped"; readonly why: "queue" | "io"; readonly counts: FrameCounts }
  /** A message was longer than the transport allows. */
  | { readonly type: "shortened"; readonly records: number }
  | { readonly type: "say"; readonly level: Level; readonly message: string }
  /** All is sent, or the time is over. How many messages stay in the spool. */
  | { readonly type: "ended"; readonly spooled: number };
