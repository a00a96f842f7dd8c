// deno-lint-ignore-file no-console -- a benchmark prints its result
/** Programs that answer the same question, side by side: whole processes, in turn, with start-up. */
import { median } from "./load.ts";

const ROUNDS = 3;

/** What takes longer than this in the first round is not run again. */
const SLOW_SECONDS = 30;

/** A program with a question. */
export interface Contender {
  readonly name: string;
  readonly command: readonly string[];
  /** What it has to print, where it answers another question than the others. */
  readonly expected?: string;
}

/** What one run has come to. */
interface Run {
  readonly seconds: number;
  /** Peak resident memory as GNU time has it. */
  readonly mebibytes: number;
  readonly answer: string;
  /** What it has said besides. */
  readonly said: string;
}

/** Whether a program can be started. */
export function isThere(program: string): boolean {
  try {
    new Deno.Command(program, { args: ["--version"], stdout: "null", stderr: "null" }).outputSync();
    return true;
  } catch {
    return false;
  }
}

/** Those contenders whose programs are there; says which are left out. */
export function present(contenders: readonly Contender[]): Contender[] {
  return contenders.filter(({ name, command: [program = ""] }) => {
    const isFound = isThere(program);
    if (!isFound) console.log(`(${name} is left out: there is no ${program})`);
    return isFound;
  });
}

async function run({ name, command }: Contender): Promise<Run> {
  const began = performance.now();
  const { code, stdout, stderr } = await new Deno.Command("/usr/bin/time", {
    args: ["-q", "-f", "%M", ...command],
    // The quickest way for programs that would read characters instead of bytes.
    env: { LC_ALL: "C" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).output();
  const seconds = (performance.now() - began) / 1000;
  const decoder = new TextDecoder();
  const text = decoder.decode(stderr).trim();
  // 1: nothing was found.
  if (code > 1) throw new Error(`${name} ended with ${code}: ${text}`);
  const lines = text.split("\n");
  const mebibytes = Number(lines.pop()) / 1024;
  return { seconds, mebibytes, answer: decoder.decode(stdout).trim(), said: lines.join("\n") };
}

function shorten(text: string): string {
  return JSON.stringify(text.length > 200 ? text.slice(0, 200) + "..." : text);
}

/**
 * Lets all answer in turn and prints the medians.
 *
 * @param contenders The first one is what the others are compared with.
 * @param normalise Makes answers equal that are written in another order or spelling.
 * @throws Error where two answers are not equal.
 */
export async function contest(
  title: string,
  contenders: readonly Contender[],
  normalise: (answer: string) => string = (answer) => answer,
): Promise<void> {
  const runs = contenders.map((): Run[] => []);
  let first: string | undefined;
  for (let round = 0; round < ROUNDS; round++) {
    for (const [index, contender] of contenders.entries()) {
      if ((runs[index]?.[0]?.seconds ?? 0) > SLOW_SECONDS) continue;
      const result = await run(contender);
      const answer = normalise(result.answer);
      const expected = contender.expected ?? (first ??= answer);
      if (answer !== expected) {
        const [found, wanted] = [shorten(answer), shorten(expected)];
        throw new Error(
          `${contender.name} answers ${found}, not ${wanted} as expected: ${result.said}`,
        );
      }
      runs[index]?.push(result);
    }
  }
  console.log(`\n${title}: median of ${ROUNDS} runs in turn, peak memory`);
  if (first !== undefined && first !== "" && first.length < 20) console.log(`  (answer: ${first})`);
  const reference = median(runs[0]?.map(({ seconds }) => seconds) ?? []);
  for (const [index, { name }] of contenders.entries()) {
    const own = runs[index] ?? [];
    const seconds = median(own.map((each) => each.seconds));
    const memory = median(own.map((each) => each.mebibytes)).toFixed(0).padStart(7);
    const ratio = (seconds / reference).toFixed(2).padStart(8);
    const note = own.length < ROUNDS ? "  (run once)" : "";
    const time = seconds.toFixed(3).padStart(9);
    console.log(`  ${name.padEnd(26)}${time} s${ratio} x${memory} MiB${note}`);
  }
}
