/** Databases from npm, in a process of Node.js: their native parts are not made for Deno. */

/** Rows of cells, as text. */
export type Rows = readonly (readonly string[])[];

/** A database that is installed. */
export interface Database {
  /** Runs statements one after the other. Returns the rows of each. @throws with what the database says. */
  run(statements: readonly string[]): Promise<readonly Rows[]>;
}

/** Packages, to the version, and programs that read statements as JSON and write the rows of each as JSON. */
const PROGRAMS = {
  duckdb: {
    packageName: "@duckdb/node-api@1.5.6-r.1",
    program: `
import { readFileSync } from "node:fs";
import { DuckDBInstance } from "@duckdb/node-api";
const connection = await (await DuckDBInstance.create(process.argv[2])).connect();
const answers = [];
for (const statement of JSON.parse(readFileSync(0, "utf8"))) {
  const reader = await connection.runAndReadAll(statement);
  answers.push(reader.getRows().map((row) => row.map(String)));
}
console.log(JSON.stringify(answers));
`,
  },
  chdb: {
    packageName: "chdb@3.4.0",
    program: `
import { readFileSync } from "node:fs";
import { Session } from "chdb";
const session = new Session(process.argv[2]);
const answers = [];
for (const statement of JSON.parse(readFileSync(0, "utf8"))) {
  const text = session.query(statement, "JSONCompactStringsEachRow");
  answers.push((text ?? "").split("\\n").filter((line) => line !== "").map((line) => JSON.parse(line)));
}
console.log(JSON.stringify(answers));
session.close();
`,
  },
} as const;

/** Runs a program to its end. @throws with its stderr when it fails. */
async function output(
  words: readonly string[],
  options: { readonly input?: string } = {},
): Promise<string> {
  const [program = "", ...args] = words;
  await using child = new Deno.Command(program, {
    args,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  // A program that reads nothing is no trouble.
  const feeding = writer.write(new TextEncoder().encode(options.input ?? ""))
    .then(() => writer.close()).catch(() => {});
  const { success, stdout, stderr } = await child.output();
  await feeding;
  if (!success) throw new Error(`${words.join(" ")}: ${new TextDecoder().decode(stderr)}`);
  return new TextDecoder().decode(stdout);
}

/**
 * Installs a database into a directory; what it stores is there too.
 *
 * @param installed A directory into which it has been installed before.
 */
export async function openDatabase(
  name: keyof typeof PROGRAMS,
  directory: string,
  installed?: string,
): Promise<Database> {
  const { packageName, program } = PROGRAMS[name];
  const place = installed ?? directory;
  if (installed === undefined) {
    await output(["npm", "install", "--silent", "--no-audit", "--prefix", place, packageName]);
  }
  const path = `${place}/ask-${name}.mjs`;
  await Deno.writeTextFile(path, program);
  return {
    async run(statements) {
      const input = JSON.stringify(statements);
      return JSON.parse(await output(["node", path, `${directory}/${name}-store`], { input }));
    },
  };
}

/** The statements of a file of SQL, without their comments. */
export function statementsOf(sql: string): string[] {
  const text = sql.replaceAll(/^--.*\n/gm, "");
  return text.split(/;\n/).filter((statement) => statement.trim() !== "");
}

/** A file of the repository. */
export function repositoryFile(path: string): string {
  return Deno.readTextFileSync(new URL(`../../${path}`, import.meta.url));
}

/** A time as databases write it. */
const STAMP = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.0+)?$/;

/** Rows as connscribe writes the lines of an answer: columns apart by tabs, times as seconds since the epoch. */
export function linesOf(rows: Rows): string[] {
  return rows.map((row) =>
    row.map((cell) => {
      const [, day, time] = STAMP.exec(cell) ?? [];
      return day === undefined ? cell : `${Date.parse(`${day}T${time}Z`) / 1000}.0`;
    }).join("\t")
  );
}
