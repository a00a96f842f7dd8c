// deno-lint-ignore-file no-console -- a benchmark prints its result
/** Databases from npm that answer SQL about files: DuckDB and chDB. */
import type { Contender } from "./contest.ts";

/** A database that is installed. */
export interface Database {
  /** The contender that asks it. The rows of the answer are lines, their columns apart by tabs. */
  asking(sql: string): Contender;
}

/** Packages, to the version, and programs that print the answer to their first argument. */
const PROGRAMS = {
  DuckDB: {
    packageName: "@duckdb/node-api@1.5.6-r.1",
    program: `import { DuckDBInstance } from "@duckdb/node-api";
const connection = await (await DuckDBInstance.create()).connect();
const reader = await connection.runAndReadAll(process.argv[2]);
console.log(reader.getRows().map((row) => row.join("\\t")).join("\\n"));
`,
  },
  chDB: {
    packageName: "chdb@3.4.0",
    program: `import { query } from "chdb";
console.log(query(process.argv[2], "TSV"));
`,
  },
} as const;

/** Installs a database into the directory. Undefined, and said, where that fails. */
export async function installDatabase(
  name: keyof typeof PROGRAMS,
  directory: string,
): Promise<Database | undefined> {
  const { packageName, program } = PROGRAMS[name];
  const place = `${directory}/${name}`;
  const path = `${place}/ask.mjs`;
  try {
    await Deno.mkdir(place);
    await Deno.writeTextFile(path, program);
    const { success } = await new Deno.Command("npm", {
      args: ["install", "--prefix", place, packageName],
      stdout: "null",
      stderr: "null",
    }).output();
    if (!success) throw new Error(`npm cannot install ${packageName}`);
    const asking = (sql: string) => ({ name, command: ["node", path, sql] });
    const [node = "", ...args] = asking("select 1").command;
    const { success: works } = await new Deno.Command(node, { args, stderr: "null" }).output();
    if (!works) throw new Error(`${packageName} does not run here`);
    return { asking };
  } catch (error) {
    console.log(`(${name} is left out: ${error instanceof Error ? error.message : error})`);
    return undefined;
  }
}
