/** `watch --from trace --bytes all` on this kernel: the bytes of datagrams are those that were sent, or absent. */
import { assert, assertEquals } from "@std/assert";
import { eventually, PYTHON, ROOT, runOther } from "../program.ts";
import { liveTest } from "./live.ts";
import { Watch, type WatchRecord } from "./trace_records.ts";

const ACTOR = `${ROOT}tests/actors/datagram_sizes.py`;

/** What is true of a stream of datagrams. */
interface Truth {
  readonly what: string;
  readonly pid: number;
  readonly local: number;
  readonly ip: string;
  readonly remote: number;
  readonly bytes: number;
  /** Whether its bytes have to be told, must not be, or may be. */
  readonly told: boolean | null;
}

/** The ends that a record tells of a stream, and the bytes that its process has sent in it. */
function bytesIn(records: readonly WatchRecord[], truth: Truth): (number | undefined)[] {
  const bytes: (number | undefined)[] = [];
  for (const { connscribe, process, source, destination } of records) {
    if (connscribe.event !== "close" || process?.pid !== truth.pid) continue;
    if (source?.port === truth.local && destination?.port === truth.remote) {
      bytes.push(source.bytes);
    } else if (destination?.port === truth.local && source?.port === truth.remote) {
      bytes.push(destination.bytes);
    }
  }
  return bytes;
}

function mistake(records: readonly WatchRecord[], truth: Truth): string {
  const ends = bytesIn(records, truth);
  if (ends.length === 0) return "no record";
  const told = ends.filter((bytes) => bytes !== undefined);
  if (truth.told === true && told.length === 0) return "no bytes";
  if (truth.told === false && told.length > 0) return `${told} bytes, that cannot be known`;
  return told.some((bytes) => bytes !== truth.bytes) ? `${told} bytes` : "";
}

async function truths(seed: number): Promise<Truth[]> {
  const text = await runOther([PYTHON, ACTOR, String(seed)]);
  return text.trimEnd().split("\n").map((line): Truth => JSON.parse(line));
}

function watching(bytes: string): Promise<Watch> {
  const options = ["--mount-tracefs", "--udp-timeout", "1s", "--bytes", bytes];
  return Watch.start(["--from", "trace", ...options], ["trace"]);
}

liveTest("trace tells the bytes of datagrams to the byte, or not at all", async () => {
  await using watch = await watching("all");
  const expected = [...await truths(1), ...await truths(2)];
  const wrong = () => {
    const records = watch.records();
    return expected.map((truth) => [truth, mistake(records, truth)] as const)
      .filter(([, problem]) => problem !== "");
  };
  await eventually(() => wrong().length === 0 ? true : undefined, "all bytes", 8000)
    .catch(() => {});
  assertEquals(wrong(), [], `of ${expected.length}`);
  assert(expected.filter(({ told }) => told === true).length > 50);
  const { overrun } = await watch.end();
  assertEquals(overrun, 0);
});

liveTest("trace tells no bytes of datagrams where it is not asked", async () => {
  await using watch = await watching("tcp");
  const [truth] = await truths(3);
  assert(truth);
  await eventually(() => bytesIn(watch.records(), truth).length || undefined, "a stream", 5000);
  assertEquals(bytesIn(watch.records(), truth), [undefined]);
  await watch.end();
});
