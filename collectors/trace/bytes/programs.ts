/** Programs that tell of bytes, and how they are called. Absolute, so PATH is not trusted. */

/** Where ss (iproute2) is looked for. */
export const SS_PATHS = ["/usr/bin/ss", "/usr/sbin/ss", "/bin/ss", "/sbin/ss"] as const;

/** Where stdbuf (coreutils) is looked for. */
export const STDBUF_PATHS = ["/usr/bin/stdbuf", "/bin/stdbuf"] as const;

/** Where setpriv (util-linux) is looked for. */
export const SETPRIV_PATHS = ["/usr/bin/setpriv", "/bin/setpriv"] as const;

/**
 * Options of ss: TCP sockets, without a head (`-H`), on one line each (`-O`), with cookies (`-e`) and
 * counts (`-i`).
 */
export const SS_TABLE = ["-HtneioO"] as const;

/** The same, of each socket that is destroyed (`-E`). */
export const SS_EVENTS = ["-EHtneioO"] as const;
