/** Questions about a fleet: what `query` and `hourly` answer, and the SQL of docs/FLEET.md for the same. */
import { generator } from "../../bench/export_rows.ts";
import { run } from "../program.ts";
import { BEGIN, remoteOf, SPAN } from "./made_segments.ts";

/** A question. */
export interface FleetQuestion {
  /** The command line of connscribe, without the logs. */
  readonly args: readonly string[];
  /** SQL for any of the databases; the rows are the lines of the answer. */
  readonly sql: string;
}

/** What stands in the queries of docs/FLEET.md for what is asked for. */
const ASKED = {
  host: "db.example.com",
  since: "2026-11-21 08:00:00",
  until: "2026-11-21 10:00:00",
} as const;

/** Queries of the document by their names: the first line of each block of SQL is `-- NAME: what it asks`. */
export function documentedQueries(): ReadonlyMap<string, string> {
  const text = Deno.readTextFileSync(new URL("../../docs/FLEET.md", import.meta.url));
  const blocks = text.matchAll(/^```sql\n-- ([a-z ]+): .*\n([^`]+);\n```$/gm);
  return new Map([...blocks].map(([, name = "", sql = ""]) => [name, sql]));
}

function sqlTime(time: number): string {
  return new Date(time / 1000).toISOString().slice(0, 19).replace("T", " ");
}

function quoted(text: string): string {
  return text.replaceAll("'", "''");
}

/** 20 questions, made from a seed: each query of the document several times. */
export function madeQuestions(seed: number): readonly FleetQuestion[] {
  const random = generator(seed);
  const queries = documentedQueries();
  const names = Object.keys(ARGUMENTS) as (keyof typeof ARGUMENTS)[];
  return Array.from({ length: 20 }, (_, number): FleetQuestion => {
    const name = names[number % names.length] ?? "connections";
    const host = random(3) === 0 ? `10.20.${random(4)}.${random(256)}` : remoteOf(random);
    const first = random(SPAN / 1e6 - 600);
    const last = first + 600 + random(SPAN / 1e6 - first);
    const [since, until] = [BEGIN + first * 1e6, BEGIN + last * 1e6];
    const documented = queries.get(name);
    if (documented === undefined) throw new Error(`docs/FLEET.md has no query "${name}"`);
    return {
      args: ARGUMENTS[name](host, `${since / 1e6}`, `${until / 1e6}`),
      sql: documented.replaceAll(ASKED.host, quoted(host))
        .replaceAll(ASKED.since, sqlTime(since)).replaceAll(ASKED.until, sqlTime(until)),
    };
  });
}

/** What connscribe is asked for each query of the document. */
const ARGUMENTS = {
  "connections": (host: string, since: string, until: string) => [
    ...["query", "--format", "ndjson", "--to", host, "--since", since, "--until", until],
  ],
  "how many": (host: string, since: string, until: string) => [
    ...["query", "--count", "--from", host, "--since", since, "--until", until],
  ],
  "callers": (host: string, since: string, until: string) => [
    ...["query", "--unique", "--to", host, "--since", since, "--until", until],
  ],
  "top hosts": (_host: string, since: string, until: string) => [
    ...["query", "--top", "10", "--since", since, "--until", until],
  ],
  "top programs": (host: string, since: string, until: string) => [
    ...["query", "--top", "10", "--by", "process", "--host", host],
    ...["--since", since, "--until", until],
  ],
  "hourly": (host: string) => ["hourly", "--to", host, "--from", host],
} as const;

/** What connscribe answers: its lines. The records of several logs have no order among each other. */
export async function answerOf(
  { args }: FleetQuestion,
  logs: readonly string[],
): Promise<readonly string[]> {
  const { code, stdout, stderr } = await run([...args, ...logs], { timeout: 300_000 });
  // 1: there is no such record.
  if (code > 1) throw new Error(`${args.join(" ")}: ended with ${code}: ${stderr}`);
  const lines = stdout.split("\n").slice(0, -1);
  return ordered(args, args.includes("ndjson") ? lines.map(eventIdOf) : lines);
}

function eventIdOf(line: string): string {
  const { event }: { event: { id: string } } = JSON.parse(line);
  return event.id;
}

/** Records in the order of their ids; hours in that of their lines. All other answers have an order to be kept. */
export function ordered(args: readonly string[], lines: readonly string[]): readonly string[] {
  return args.includes("ndjson") || args[0] === "hourly" ? lines.toSorted() : lines;
}
