/** What running programs use: CPU time and memory, of a process with its children. */

const TICKS_A_SECOND = 100;

/** CPU seconds (user and system) of a process and all its children that live. */
export function cpuSeconds(pid: number): number {
  let ticks = 0;
  for (const each of [pid, ...childrenOf(pid)]) {
    const stat = Deno.readTextFileSync(`/proc/${each}/stat`);
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    ticks += Number(fields[11]) + Number(fields[12]);
  }
  return ticks / TICKS_A_SECOND;
}

/** Resident memory in MiB of the process alone. */
export function residentMegabytes(pid: number): number {
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) / 1024;
}

/** Process ids of the children. */
export function childrenOf(pid: number): number[] {
  const children: number[] = [];
  for (const { name } of Deno.readDirSync(`/proc/${pid}/task`)) {
    const text = Deno.readTextFileSync(`/proc/${pid}/task/${name}/children`);
    for (const word of text.split(" ")) if (word !== "") children.push(Number(word));
  }
  return children;
}

/** Runs a program to its end and returns what it printed. */
export async function output(words: readonly string[]): Promise<string> {
  const [program = "", ...args] = words;
  const child = new Deno.Command(program, { args, stdin: "null", stderr: "inherit" });
  const { code, stdout } = await child.output();
  if (code !== 0) throw new Error(`${words.join(" ")} ended with ${code}`);
  return new TextDecoder().decode(stdout);
}

/** Resolves after so many milliseconds. */
export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
