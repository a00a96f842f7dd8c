/** Version of connscribe: that of deno.json, which a compiled binary does not carry. */
export const VERSION = "0.1.0";
