import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { parquetReadObjects } from "hyparquet";
import { zstdDecompressSync } from "node:zlib";
import { TempDir } from "../../tests/program.ts";
import type { Connection } from "../connection.ts";
import { ExitError } from "../exit.ts";
import { eventId } from "../formats/event_id.ts";
import { identityText } from "../mapping/identity.ts";
import { createNdjsonFormat } from "../formats/ndjson.ts";
import { hostileConnection, SAMPLES } from "../formats/test_records.ts";
import { Ledger } from "../pipeline/stage.ts";
import { isoTime } from "../time.ts";
import { storeColumns } from "../schema/store_columns.ts";
import { realSystem } from "../system.ts";
import { PARQUET_LIMITS, type ParquetContext, ParquetSink } from "./parquet_sink.ts";

const RECORDS = Object.values(SAMPLES);

function contextOf(given: Partial<ParquetContext> = {}) {
  const messages: string[] = [];
  const ledger = new Ledger();
  const diag = { say: (_level: string, message: string) => void messages.push(message) };
  const context = {
    system: realSystem(),
    diag,
    ledger,
    syncs: false,
    communityIdSeed: 0,
    ...given,
  };
  return { context, ledger, messages };
}

function filesBelow(directory: string): string[] {
  return [...Deno.readDirSync(directory)].flatMap(({ name, isDirectory }) =>
    isDirectory ? filesBelow(`${directory}/${name}`) : [`${directory}/${name}`]
  ).sort();
}

/** The rows of a file as another library reads them. */
async function rowsOf(path: string): Promise<Record<string, unknown>[]> {
  const { buffer } = await Deno.readFile(path);
  const compressors = { ZSTD: (bytes: Uint8Array) => new Uint8Array(zstdDecompressSync(bytes)) };
  return await parquetReadObjects({ file: buffer, compressors });
}

async function allRows(directory: string): Promise<Record<string, unknown>[]> {
  const rows: Record<string, unknown>[] = [];
  for (const path of filesBelow(directory)) rows.push(...await rowsOf(path));
  return rows;
}

const format = createNdjsonFormat({ communityIdSeed: 0 });
const COLUMNS = storeColumns();

/** What ndjson says of a field; null where it says nothing. */
function inNdjson(object: unknown, path: string): unknown {
  let value = object;
  for (const name of path.split(".")) {
    if (typeof value !== "object" || value === null) return null;
    value = Object.entries(value).find(([key]) => key === name)?.[1];
  }
  return value ?? null;
}

/** A value as ndjson has it. */
function plainly(value: unknown, kind: string): unknown {
  if (value instanceof Date) return value.toISOString().slice(0, 23);
  if (kind === "duration" && typeof value === "bigint") return Number(value);
  return typeof value === "bigint" ? Number(value) : value ?? null;
}

function assertSame(row: Record<string, unknown> | undefined, record: Connection): void {
  // Half a character is U+FFFD in UTF-8. The reader takes U+FEFF at the beginning of a text away.
  const object: unknown = JSON.parse(
    format.line(record),
    (_, value) => typeof value === "string" ? value.toWellFormed().replace(/^\uFEFF/, "") : value,
  );
  for (const { name, path, column: { kind } } of COLUMNS) {
    const said = inNdjson(object, path);
    // The reader gives times as Dates, which have milliseconds.
    const expected = kind === "time" && typeof said === "string" ? said.slice(0, 23) : said;
    assertEquals(
      plainly(row?.[name], kind),
      expected,
      `${name} of ${identityText(eventId(record))}`,
    );
  }
}

Deno.test("ParquetSink writes what ndjson says, as another library reads it", async () => {
  await using directory = await new TempDir();
  const { context, ledger } = contextOf();
  ledger.read = RECORDS.length;
  const sink = new ParquetSink(directory.path, context);
  sink.write(RECORDS);
  sink.close();
  const rows = await allRows(directory.path);
  assertEquals(rows.length, RECORDS.length);
  for (const record of RECORDS) {
    const isIt = (row: Record<string, unknown>) =>
      row["event_id"] === identityText(eventId(record)) &&
      inNdjson(row, "host_name") === (record.host?.name ?? null) &&
      JSON.stringify(plainly(row["timestamp"], "time")) ===
        JSON.stringify(isoTime(record.time).slice(0, 23)) &&
      row["connscribe_direction"] === record.direction &&
      row["connscribe_outcome"] === record.outcome;
    assert(rows.some(isIt), identityText(eventId(record)));
  }
  assertEquals([ledger.emitted, ledger.balance, sink.lost], [RECORDS.length, 0, 0]);
});

Deno.test("ParquetSink keeps hostile records as they are", async () => {
  await fc.assert(
    fc.asyncProperty(hostileConnection, async (record) => {
      await using directory = await new TempDir();
      const { context } = contextOf();
      const sink = new ParquetSink(directory.path, context);
      sink.write([record]);
      sink.close();
      const [path = "", ...others] = filesBelow(directory.path);
      assertEquals(others, []);
      assertEquals(path.slice(directory.path.length).split("/").length, 4);
      const [row] = await rowsOf(path);
      assertSame(row, record);
    }),
    { numRuns: 60 },
  );
});

function manyRecords(count: number): Connection[] {
  const { open } = SAMPLES;
  assert(open);
  return Array.from({ length: count }, (_, i) => ({
    ...open,
    id: `c${i}`,
    time: open.time + i,
    host: { id: "h", name: `host${i % 7}` },
  }));
}

Deno.test("ParquetSink writes all records, in small groups and few files at a time too, and names the same files alike", async () => {
  const records = manyRecords(5000);
  const ids = records.map((record) => identityText(eventId(record))).sort();
  for (
    const limits of [
      PARQUET_LIMITS,
      { groupRows: 100, bufferBytes: 1e9, fileGroups: 3, partitions: 100 },
      { groupRows: 1e9, bufferBytes: 300_000, fileGroups: 100, partitions: 100 },
      { groupRows: 200, bufferBytes: 1e9, fileGroups: 100, partitions: 2 },
    ]
  ) {
    await using directory = await new TempDir();
    const names: string[][] = [];
    for (let run = 0; run < 2; run++) {
      const { context, ledger } = contextOf({ limits });
      const sink = new ParquetSink(`${directory.path}/fleet`, context);
      for (let at = 0; at < records.length; at += 512) sink.write(records.slice(at, at + 512));
      sink.close();
      assertEquals(ledger.emitted, records.length);
      names.push(filesBelow(directory.path));
    }
    assertEquals(names[0], names[1]);
    const rows = await allRows(directory.path);
    assertEquals(rows.map((row) => String(row["event_id"])).sort(), ids);
  }
});

Deno.test("ParquetSink counts and says what it cannot write, and leaves nothing half", async () => {
  await using directory = await new TempDir();
  const system = realSystem();
  let room = 20_000;
  const { context, ledger, messages } = contextOf({
    limits: { groupRows: 100, bufferBytes: 1e9, fileGroups: 4, partitions: 100 },
    system: {
      ...system,
      openAppend(path, mode, isNew) {
        const file = system.openAppend(path, mode, isNew);
        const write = (bytes: Uint8Array) => {
          if (bytes.length > room) throw new Error("No space left on device (os error 28)");
          room -= bytes.length;
          return file.write(bytes);
        };
        return { ...wrapped(file), write };
      },
    },
  });
  const records = manyRecords(3000);
  ledger.read = records.length;
  const sink = new ParquetSink(directory.path, context);
  sink.write(records);
  sink.close();
  assert(sink.lost > 0 && sink.lost <= records.length);
  assertEquals([ledger.emitted, ledger.balance], [records.length - sink.lost, 0]);
  assertEquals(messages.length, 1);
  assert(messages[0]?.includes("no space left on device"), messages[0]);
  assertEquals((await allRows(directory.path)).length, ledger.emitted);
  assertEquals(filesBelow(directory.path).filter((path) => path.endsWith(".unfinished")), []);
});

/** The methods of a file, bound to it. */
function wrapped(file: ReturnType<ReturnType<typeof realSystem>["openAppend"]>) {
  return {
    isTerminal: file.isTerminal,
    size: () => file.size(),
    truncate: (size: number) => file.truncate(size),
    lastByte: () => file.lastByte(),
    sync: () => file.sync(),
    status: () => file.status(),
    tryLock: () => file.tryLock(),
    close: () => file.close(),
  };
}

Deno.test("ParquetSink says at once that a directory cannot be made", async () => {
  await using directory = await new TempDir();
  const error = assertThrows(
    () => new ParquetSink(`${directory.path}/none/fleet`, contextOf().context),
    ExitError,
  );
  assertEquals(error.code, 73);
});

Deno.test("ParquetSink keeps the Community ID that a log has told, unless it is to be replaced", async () => {
  const record = SAMPLES["open"]!;
  const ids = [];
  for (const replacesCommunityIds of [false, true]) {
    await using directory = new TempDir();
    const { context } = contextOf({ replacesCommunityIds });
    const sink = new ParquetSink(directory.path, context);
    sink.write([{ ...record, communityId: "1:told" }]);
    sink.close();
    ids.push((await allRows(directory.path)).map((row) => row["network_community_id"]));
  }
  const computed = JSON.parse(format.line(record)).network.community_id;
  assertEquals(ids, [["1:told"], [computed]]);
});
