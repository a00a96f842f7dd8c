/** Makes a CSV as `littlesnitch log-traffic` prints it, of any size: the same bytes for the same seed. */

const HEADER =
  "date,direction,uid,ipAddress,remoteHostname,protocol,port,connectCount,denyCount,byteCountIn," +
  "byteCountOut,connectingExecutable,parentAppExecutable\n";

const BEGIN = Date.UTC(2021, 0, 2, 10);
const MINUTES = 60;
const BUFFER = 1 << 20;

/** A generator of whole numbers below a limit (xorshift32). */
export function generator(seed: number): (limit: number) => number {
  let state = seed | 1;
  return (limit) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % limit;
  };
}

/** What stands before and after the counters of a row of the group. */
function groupOf(number: number): readonly [string, string] {
  const program = number % 23;
  const path = program % 3 === 0
    ? `/usr/libexec/daemon${program}`
    : `/Applications/Program ${program}.app/Contents/MacOS/Program ${program}`;
  const ip = `${10 + (number >> 16)}.${(number >> 8) & 255}.${number & 255}.7`;
  const port = [443, 443, 443, 80, 993, 5223][number % 6];
  const parent = program % 3 === 0 ? "" : `"${path}"`;
  return [`out,501,${ip},host${number}.example.com,6,${port}`, `"${path}",${parent}`];
}

/** Writes `rows` rows of `groups` groups in the order of their dates, an hour in all. */
export function writeRows(path: string, rows: number, groups: number, seed = 1): void {
  const random = generator(seed);
  const known = groups <= 10_000 ? Array.from({ length: groups }, (_, n) => groupOf(n)) : undefined;
  using file = Deno.openSync(path, { write: true, create: true, truncate: true });
  const encoder = new TextEncoder();
  let text = HEADER;
  for (let row = 0; row < rows; row++) {
    const minute = Math.floor((row * MINUTES) / rows);
    const date = new Date(BEGIN + minute * 60_000).toISOString().slice(0, 19);
    // Each group comes at least once.
    const number = row < groups ? row : random(groups);
    const [before, after] = known?.[number] ?? groupOf(number);
    const counters = `${random(4)},0,${random(100_000)},${random(10_000)}`;
    text += `${date}Z,${before},${counters},${after}\n`;
    if (text.length < BUFFER && row + 1 < rows) continue;
    const bytes = encoder.encode(text);
    for (let at = 0; at < bytes.length;) at += file.writeSync(bytes.subarray(at));
    text = "";
  }
}
