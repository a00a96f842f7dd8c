/** A running trace: its instances in the kernel, and the events that come from them. */
import { EXIT, ExitError } from "../../lib/exit.ts";
import type { System } from "../../lib/system.ts";
import { TraceClock } from "./clock.ts";
import { EventDecoder } from "./decode.ts";
import type { TraceEvent } from "./event.ts";
import { EVENTS } from "./events.ts";
import { EXEC_EVENT, type ExecListener, ExecWatch } from "./exec_watch.ts";
import type { ExecReadingsOptions } from "./exec_readings.ts";
import { parseFormat } from "./format.ts";
import { TraceInstance } from "./instance.ts";
import { instanceName, isRunning, removeLeftovers, thisOwner } from "./leftovers.ts";
import { lacksOf, notesOf } from "./instance_notes.ts";
import { type PageDecoder, TraceReader } from "./reader.ts";
import type { Reading } from "./readings.ts";
import { SEND_EVENT } from "./sizes/send_event.ts";

/** Room for exec events on all CPUs, bytes: they are read at once. */
const EXEC_BUFFER = 1_048_576;

/** How often the clocks are compared, and CPUs are looked for, microseconds. */
const SYNC = 10_000_000;
const LOOK = 1_000_000;

/** What a session is made of. */
export interface SessionOptions {
  /** Where tracefs is mounted. */
  readonly tracefs: string;
  /** Room for events that are not read yet, over all CPUs. */
  readonly bufferBytes: number;
  /** Pages that are read at once, at most; absent: as many as there is usually memory for. */
  readonly pages?: number;
  /** Whether the sizes of datagrams are wanted. */
  readonly sizes?: boolean;
  /** Told of programs as they start; absent: nobody asks. */
  readonly exec?: ExecOptions;
}

/** Who is told of programs as they start, and what names are made of. */
export interface ExecOptions
  extends Omit<ExecListener, "onReading">, Omit<ExecReadingsOptions, "instance"> {
  /** A process was read after it has executed something at that time: {@linkcode Reading.at}. */
  readonly onReading: (pid: number, reading: Reading) => void;
}

/** The trace. To dispose of it leaves nothing in the kernel. */
export class TraceSession implements AsyncDisposable {
  /** What this kernel does not tell, each one sentence. */
  readonly lacks: readonly string[];
  /** Whether the kernel tells when it destroys a TCP socket. */
  readonly tellsDestruction: boolean;
  /** Something that the user should know. */
  readonly notes: readonly string[];
  readonly #system: System;
  readonly #reader: TraceReader;
  readonly #clock: TraceClock;
  readonly #malformed: { readonly count: number };
  readonly #watch: ExecWatch | undefined;
  readonly #stack: AsyncDisposableStack;
  readonly #instance: TraceInstance;
  #switchedOff = 0;
  #synced: number;
  #looked: number;

  private constructor(
    system: System,
    instance: TraceInstance,
    reader: TraceReader,
    clock: TraceClock,
    malformed: { readonly count: number },
    watch: ExecWatch | undefined,
    said: Pick<TraceSession, "lacks" | "notes" | "tellsDestruction">,
    stack: AsyncDisposableStack,
  ) {
    this.#system = system;
    this.#instance = instance;
    this.#reader = reader;
    this.#clock = clock;
    this.#malformed = malformed;
    this.#watch = watch;
    this.#stack = stack;
    this.lacks = said.lacks;
    this.tellsDestruction = said.tellsDestruction;
    this.notes = said.notes;
    this.#synced = this.#looked = system.now();
  }

  /**
   * Removes what dead processes have left, and begins.
   *
   * @throws ExitError 69 when the kernel lacks something that is needed, 77 when it is not permitted.
   */
  static async open(system: System, options: SessionOptions): Promise<TraceSession> {
    const { tracefs, bufferBytes, exec, pages, sizes = false } = options;
    await removeLeftovers(system, tracefs, (owner) => isRunning(system, owner));
    const owner = thisOwner(system, Deno.pid);
    await using stack = new AsyncDisposableStack();
    const instance = stack.use(
      await TraceInstance.create(system, {
        tracefs,
        name: instanceName(owner),
        bufferBytes,
        overwrite: false,
        events: sizes ? [...EVENTS, SEND_EVENT] : EVENTS,
      }),
    );
    const decoder = decoderOf(instance, (boot) => clock.toWall(boot), sizes);
    const malformed = { count: 0 };
    const counting: PageDecoder = {
      decode: (page, into) => malformed.count += decoder.decode(page, into).malformed,
    };
    const reader = stack.use(
      await TraceReader.open(
        { system, instance },
        counting,
        pages === undefined ? {} : { pages },
      ),
    );
    const clock: TraceClock = new TraceClock({
      trace: () => reader.now(),
      wall: () => system.now(),
    });
    let watch: ExecWatch | undefined;
    if (exec !== undefined) {
      const watched = stack.use(
        await TraceInstance.create(system, {
          tracefs,
          name: instanceName(owner, "exec"),
          bufferBytes: EXEC_BUFFER,
          // A ring that is full and drops refuses the event that wakes its reader.
          overwrite: true,
          events: [EXEC_EVENT],
        }),
      );
      const { procfs, hostId } = exec;
      const where = { instance: watched.path, procfs, hostId };
      watch = stack.use(
        new ExecWatch(system, where, {
          ...exec,
          onReading: (pid, boot, reading) =>
            exec.onReading(pid, { ...reading, at: clock.toWall(boot) }),
        }),
      );
    }
    const lacks = [...decoder.lacks, ...lacksOf(instance)];
    const tellsDestruction = decoder.events.includes("tcp:tcp_destroy_sock");
    const said = { lacks, notes: notesOf(instance), tellsDestruction };
    await watch?.ready();
    return new TraceSession(system, instance, reader, clock, malformed, watch, said, stack.move());
  }

  /** The events since the call before, in their order; those of the last moments come with the next call. */
  async drain(): Promise<TraceEvent[]> {
    const now = this.#system.now();
    if (Math.abs(now - this.#synced) > SYNC) {
      this.#synced = now;
      this.#clock.sync();
      if (this.#instance.resume()) this.#switchedOff++;
    }
    if (Math.abs(now - this.#looked) > LOOK) {
      this.#looked = now;
      await this.#reader.lookForCpus();
    }
    const events = this.#reader.drain();
    await this.#watch?.settled();
    return events;
  }

  /** Stops the trace, and gives all events that are left, in the same order. */
  async *finish(): AsyncGenerator<TraceEvent[]> {
    this.#instance.stop();
    await this.#watch?.settled();
    yield* this.#reader.finish();
  }

  /** How often somebody else, or the kernel itself, had switched it off. */
  get switchedOff(): number {
    return this.#switchedOff;
  }

  /** Whether there is more to read at once. */
  get behind(): boolean {
    return this.#reader.behind;
  }

  /** Events that the kernel had no room for, since the start. */
  get lost(): number {
    return this.#reader.lost;
  }

  /** Numbers of the CPUs whose events cannot be read. */
  get unreadable(): Iterable<number> {
    return this.#reader.unreadable.keys();
  }

  /** Events that came after later ones, since the start: who made them may have been told wrongly. */
  get late(): number {
    return this.#reader.late;
  }

  /** Records of events that made no sense, since the start. */
  get malformed(): number {
    return this.#malformed.count;
  }

  /** Time up to which all events were given, microseconds since the boot. */
  get horizon(): number {
    return this.#reader.horizon;
  }

  /** Time now, microseconds since the boot. */
  now(): number {
    return this.#reader.now();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }
}

function decoderOf(
  instance: TraceInstance,
  toWall: (boot: number) => number,
  sizes: boolean,
): EventDecoder {
  const formats = instance.events.filter(({ status }) => status !== "missing")
    .map(({ system, name }) => parseFormat(instance.format(system, name)))
    .filter((format) => format !== undefined);
  const decoder = new EventDecoder(formats, instance.layout, toWall, sizes);
  if (decoder.events.includes("sock:inet_sock_set_state")) return decoder;
  throw new ExitError(
    EXIT.unavailable,
    "this kernel's sock/inet_sock_set_state is of an unknown form: use --from conntrack",
  );
}
