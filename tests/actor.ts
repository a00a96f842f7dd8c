/** A process that makes sockets as it is told: `actors/sockets.py`. */
import { Program, PYTHON, ROOT } from "./program.ts";

/** What an actor says of a socket that it has made. */
export interface SocketFacts {
  readonly pid: number;
  readonly inode: number;
  readonly local: readonly [string, number];
  readonly remote?: readonly [string, number];
}

/** A command of `actors/sockets.py`: the name of a function there, and its arguments. */
export type Command = { readonly do: string } & Readonly<Record<string, unknown>>;

type Answer = Record<string, unknown>;

/** How an actor is started. */
export interface ActorOptions {
  /** Words before the program. */
  readonly prefix?: readonly string[];
  /** Arguments that do nothing but stand in its argv. */
  readonly args?: readonly string[];
}

/** A running actor. It and its sockets go when it is disposed of. */
export class Actor implements AsyncDisposable {
  readonly #program: Program;
  #answers = 0;
  /** As the actor sees itself. */
  pid = 0;

  private constructor(program: Program) {
    this.#program = program;
  }

  static async start(options: ActorOptions = {}): Promise<Actor> {
    const words = [PYTHON, "-I", `${ROOT}tests/actors/sockets.py`, ...options.args ?? []];
    const program = new Program(words, {
      stdin: true,
      ...(options.prefix && { prefix: options.prefix }),
    });
    const actor = new Actor(program);
    try {
      const { pid } = await actor.#answer("start");
      actor.pid = Number(pid);
    } catch (error) {
      await program[Symbol.asyncDispose]();
      throw error;
    }
    return actor;
  }

  /** The process that was started first: with a prefix that forks, not the actor. */
  get outerPid(): number {
    return this.#program.pid;
  }

  /** Has something done and returns what the actor says of it. Throws what went wrong. */
  async ask(command: Command): Promise<Answer> {
    await this.#program.write(JSON.stringify(command) + "\n");
    return await this.#answer(command.do);
  }

  /** {@linkcode ask} for commands that make a socket. */
  async socket(command: Command): Promise<SocketFacts> {
    const { pid, inode, local, remote } = await this.ask(command);
    return {
      pid: Number(pid),
      inode: Number(inode),
      local: endOf(local),
      ...(remote !== undefined && { remote: endOf(remote) }),
    };
  }

  async #answer(what: string): Promise<Answer> {
    const index = this.#answers++;
    let seen = 0;
    const line = await this.#program.line(() => seen++ === index, `the answer to "${what}"`);
    const answer: unknown = JSON.parse(line);
    if (typeof answer !== "object" || answer === null) throw new TypeError(`${what}: ${line}`);
    if ("error" in answer) throw new Error(`${what}: ${answer.error}`);
    return { ...answer };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#program.closeInput();
    await this.#program.ended(5000).catch(() => {});
    await this.#program[Symbol.asyncDispose]();
  }
}

function endOf(value: unknown): readonly [string, number] {
  const [ip, port] = Array.isArray(value) ? value : [];
  return [String(ip), Number(port)];
}
