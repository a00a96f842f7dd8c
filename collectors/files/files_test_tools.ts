/** Logs for tests: a format of a time and a text, and files that are gone after the test. */
import type { LogFormat } from "./log_format.ts";

/** Lines `TS text`, where TS is a time in microseconds, at most 16 digits: a torn one is another time. */
export function tinyFormat(options: Partial<LogFormat> = {}): LogFormat {
  return {
    name: "connspy",
    summary: "a time and a text",
    recognises: (lines) => lines.every((line) => written(line) !== undefined),
    reader: () => ({ read: () => undefined }),
    written,
    isPrompt: true,
    disorderUs: 0,
    seekable: true,
    marks: [],
    escapes: [],
    ...options,
  };
}

function written(line: string): number | undefined {
  const digits = /^(\d{1,16})/.exec(line)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** Runs with a directory that is removed afterwards; its name ends with a slash. */
export async function withDirectory(run: (directory: string) => Promise<void> | void) {
  const directory = await Deno.makeTempDir();
  try {
    await run(`${directory}/`);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

/** The lines of a text with their places, the last one also without a line break; not decoded. */
export function linesOf(text: Uint8Array): { at: number; bytes: Uint8Array }[] {
  const lines: { at: number; bytes: Uint8Array }[] = [];
  for (let at = 0; at < text.length;) {
    const lineFeed = text.indexOf(0x0a, at);
    const end = lineFeed < 0 ? text.length : lineFeed;
    lines.push({ at, bytes: text.slice(at, end) });
    at = end + 1;
  }
  return lines;
}
