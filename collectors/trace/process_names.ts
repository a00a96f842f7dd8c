/** Makes what is said of a process out of what is kept of it. */
import type { ParentProcess, ProcessIdentity } from "../../lib/connection.ts";
import type { Owner } from "./happening.ts";
import { fits, type Life, type ProcessEntry, programIn } from "./process_entry.ts";
import type { Birth, Readings } from "./readings.ts";

function nobody(attributionReason: string): Owner {
  return { attribution: "none", attributionReason };
}

/** What is said where there is no process. */
export const NOBODY = {
  kernel: nobody("kernel: no process was running"),
  gone: nobody("gone: its process had ended before it could be read"),
  denied: nobody("not permitted: its process may not be read"),
  skipped: nobody("too many processes were to be read at once"),
};

/** Why the details of a process may be those of a later time. */
export const LATE = {
  afterEvent: "its details were read after this event",
  afterLoss: "its details were read after events of the trace were lost",
  afterExec: "its details were read after it may have executed another program",
};

const HALF_KNOWN = "its process could not be read before it ended";

/** Names processes; the same objects are given again while nothing has changed. */
export class ProcessNames {
  readonly #readings: Readings;

  constructor(readings: Readings) {
    this.#readings = readings;
  }

  /** @param time Where the trace is, microseconds since the epoch. */
  ownerOf(entry: ProcessEntry, time: number): Owner {
    const process = this.#identityOf(entry);
    if (process === undefined) return NOBODY.gone;
    const { late, readAt, program } = entry.image;
    const afterwards = time < readAt ? late : undefined;
    const reason = program === undefined ? HALF_KNOWN : afterwards;
    const known = entry.owner;
    if (known?.process === process && known.attributionReason === reason) return known;
    if (reason === undefined) return entry.owner = { process, attribution: "exact" };
    const attribution = program === undefined ? "inferred" : "late";
    return entry.owner = { process, attribution, attributionReason: reason };
  }

  #birthOf(life: Life): Birth | undefined {
    if (life.birth !== undefined) return life.birth;
    if (life.minTicks === -Infinity) return undefined;
    // The time of the fork may be a tick later than the start that /proc gives.
    const startTicks = this.#readings.startTicks(life.pid);
    if (typeof startTicks === "number" && fits(life, startTicks)) {
      life.minTicks = startTicks;
      life.maxTicks = startTicks;
    }
    const birth = this.#readings.birth(life.pid, life.maxTicks);
    if (birth !== undefined) life.birth = birth;
    return birth;
  }

  #parentOf({ parent }: ProcessEntry): ParentProcess | undefined {
    if (parent === undefined || !("life" in parent)) return parent;
    if (parent.process !== undefined) return parent.process;
    const program = programIn(parent.image);
    const process: ParentProcess = {
      pid: parent.life.pid,
      ...this.#birthOf(parent.life),
      ...(program !== undefined && { name: program.name }),
      ...(program?.executable !== undefined && { executable: program.executable }),
    };
    if (parent.image.program !== undefined) parent.process = process;
    return process;
  }

  #identityOf(entry: ProcessEntry): ProcessIdentity | undefined {
    const program = programIn(entry.image);
    const birth = this.#birthOf(entry.life);
    if (program === undefined || birth === undefined) return undefined;
    const known = entry.identity;
    if (known !== undefined && entry.identityOf === program && known.entityId === birth.entityId) {
      return known;
    }
    const parent = this.#parentOf(entry);
    entry.identityOf = program;
    const { pid } = entry.life;
    return entry.identity = { pid, ...birth, ...program, ...(parent !== undefined && { parent }) };
  }
}
