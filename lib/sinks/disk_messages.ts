/** What the main thread and the thread that sees to a disk say to each other. */
import type { Compression, MinFree } from "./parse_rotation.ts";

/** To the thread. */
export type ToDisk =
  | {
    readonly type: "start";
    readonly directory: string;
    /** Absent: it is not looked how much is free. */
    readonly minFree?: MinFree;
    /**
     * Two numbers: how many KiB are lacking to what is to be free, negative where there is more; and how
     * often that was looked at.
     */
    readonly found: SharedArrayBuffer;
  }
  | {
    readonly type: "compress";
    readonly path: string;
    readonly to: string;
    readonly compression: Compression;
  };

/** From the thread. */
export type FromDisk =
  /** It has looked once. The problem, if there is one, is that it cannot see how much is free. */
  | { readonly type: "ready"; readonly problem?: string }
  | { readonly type: "compressed"; readonly problem?: string };
