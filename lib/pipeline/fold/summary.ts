/** One summary in the making: what its connections add up to, and what they have in common. */
import type {
  Attribution,
  Connection,
  HostIdentity,
  RecordedEndpoint,
  RecordedProcess,
} from "../../connection.ts";
import { isDenied } from "../../denied.ts";
import type { Mutable } from "../../mutable.ts";

/** Ids of connections that a summary names, at most. */
const MAX_SAMPLES = 3;

const NO_SAMPLES: readonly string[] = [];

/** Remote addresses that are told apart, at most: beyond that their number is absent. */
const MAX_REMOTES = 4096;

/** Rules that a summary names, at most. */
const MAX_RULES = 8;

/** From the surest to the least sure. */
const ATTRIBUTIONS: readonly Attribution[] = ["exact", "late", "inferred", "none"];

/** What a record adds to a summary. Bytes and packets are those since the record before it. */
export interface Amounts {
  /** Of those that it was made of: see `Connection.records`. */
  records: number;
  count: number;
  denied: number;
  bytesIn: number | undefined;
  bytesOut: number | undefined;
  packetsIn: number | undefined;
  packetsOut: number | undefined;
}

/** Names of what is counted from this host's point of view. */
export const COUNTERS = ["bytesIn", "bytesOut", "packetsIn", "packetsOut"] as const;

/** Adds `amounts`, or with -1 takes them away. What was never known stays unknown. */
export function addAmounts(to: Amounts, amounts: Amounts, sign: 1 | -1 = 1): void {
  to.records += sign * amounts.records;
  to.count += sign * amounts.count;
  to.denied += sign * amounts.denied;
  const { bytesIn, bytesOut, packetsIn, packetsOut } = amounts;
  if (bytesIn !== undefined) to.bytesIn = (to.bytesIn ?? 0) + sign * bytesIn;
  if (bytesOut !== undefined) to.bytesOut = (to.bytesOut ?? 0) + sign * bytesOut;
  if (packetsIn !== undefined) to.packetsIn = (to.packetsIn ?? 0) + sign * packetsIn;
  if (packetsOut !== undefined) to.packetsOut = (to.packetsOut ?? 0) + sign * packetsOut;
}

/** No amounts at all. */
export function noAmounts(): Amounts {
  return {
    records: 0,
    count: 0,
    denied: 0,
    bytesIn: undefined,
    bytesOut: undefined,
    packetsIn: undefined,
    packetsOut: undefined,
  };
}

/** Whether the second has all members of the first, with the same values. */
function isPart<T extends object>(a: T, b: T): boolean {
  for (const name in a) if (a[name] !== b[name]) return false;
  return true;
}

function hasMembers(object: object): boolean {
  for (const _ in object) return true;
  return false;
}

/** The members that both have with the same value. */
function common<T extends object>(a: T, b: T): T {
  if (a === b || isPart(a, b)) return a;
  const entries = Object.entries(a).filter(([name, value]) => value === Reflect.get(b, name));
  return Object.fromEntries(entries) as T;
}

/** What two processes have in common: of two, the id and the start are those of one alone, even if they are equal. */
function commonProcess(a: RecordedProcess, b: RecordedProcess): RecordedProcess {
  if (a === b || (a.entityId !== undefined && a.entityId === b.entityId)) return b;
  const parent = a.parent && b.parent && common(a.parent, b.parent);
  if (a.pid === undefined && a.start === undefined && parent === a.parent) {
    // It may come again and again as another object.
    const { parent: _parent, ...rest } = a;
    if (isPart(rest, b)) return a;
  }
  const { parent: _parent, pid: _pid, start: _start, ...rest } = common(a, b);
  const isSame = parent !== undefined && Object.keys(parent).length > 0;
  return isSame ? { ...rest, parent } : rest;
}

/** What is taken from the first record of a summary. The record itself would take more room. */
interface Model {
  readonly direction: Connection["direction"];
  readonly protocol: string | undefined;
  readonly protocolNumber: number | undefined;
  readonly ipVersion: 4 | 6 | undefined;
  readonly collector: string;
  readonly host: HostIdentity | undefined;
  readonly attributionReason: string | undefined;
}

/** The model of the summary before: most are the same. */
let latest: Model | undefined;

function modelOf(record: Connection): Model {
  if (latest !== undefined && isModel(latest, record)) return latest;
  const { direction, protocol, protocolNumber, ipVersion } = record;
  const { collector, host, attributionReason } = record;
  latest = { direction, protocol, protocolNumber, ipVersion, collector, host, attributionReason };
  return latest;
}

function isModel(model: Model, record: Connection): boolean {
  return model.direction === record.direction && model.protocol === record.protocol &&
    model.protocolNumber === record.protocolNumber && model.ipVersion === record.ipVersion &&
    model.collector === record.collector && isSameHost(model.host, record.host) &&
    model.attributionReason === record.attributionReason;
}

function isSameHost(a: HostIdentity | undefined, b: HostIdentity | undefined): boolean {
  return a === b || (a?.id === b?.id && a?.name === b?.name && a?.os === b?.os);
}

/** A summary, from its first record on. Of most there is one remote address and little else: so they are small. */
export class Summary {
  readonly amounts = noAmounts();
  readonly #model: Model;
  readonly #isOther: boolean;
  #samples: readonly string[] = NO_SAMPLES;
  /** The first remote address, and all of them where there are more. */
  #ip: string | undefined;
  #remotes: Set<string> | undefined;
  /** Reasons by rule. */
  #reasons: Map<string, string> | undefined;
  #local: RecordedEndpoint;
  #remote: RecordedEndpoint | undefined;
  #process: RecordedProcess | undefined;
  /** The process of the record before, as an object. */
  #latest: RecordedProcess | undefined;
  #outcome: Connection["outcome"];
  #attribution: Attribution;
  #initiator: Connection["initiator"];
  #first = Infinity;
  #last = -Infinity;

  /** @param isOther Whether it stands for all for which there is no room. */
  constructor(first: Connection, isOther: boolean) {
    const { local, remote, process, outcome, attribution, initiator } = first;
    this.#model = modelOf(first);
    this.#isOther = isOther;
    this.#local = local;
    this.#remote = remote;
    this.#process = process;
    this.#latest = process;
    this.#outcome = outcome;
    this.#attribution = attribution;
    this.#initiator = initiator;
  }

  /** The times of the first and the last event in it. */
  get first(): number {
    return this.#first;
  }

  get last(): number {
    return this.#last;
  }

  /** Takes a record in; its amounts are added by whoever knows them. */
  add(record: Connection): void {
    const { time, remote, process, outcome, attribution, initiator } = record;
    this.#first = Math.min(this.#first, record.first ?? time);
    this.#last = Math.max(this.#last, record.last ?? time);
    if (record.local !== this.#local) this.#local = common(this.#local, record.local);
    if (remote !== this.#remote && this.#remote !== undefined) {
      this.#remote = remote && common(this.#remote, remote);
    }
    if (process !== this.#latest) {
      this.#process = this.#process && process && commonProcess(this.#process, process);
      this.#latest = process;
    }
    if (outcome !== this.#outcome) this.#outcome = "unknown";
    if (initiator !== this.#initiator) this.#initiator = undefined;
    if (ATTRIBUTIONS.indexOf(attribution) > ATTRIBUTIONS.indexOf(this.#attribution)) {
      this.#attribution = attribution;
    }
    if (remote?.ip !== undefined && remote.ip !== this.#ip) this.#addRemote(remote.ip);
    if (record.noteworthy !== undefined) this.#addReasons(record.noteworthy);
    if (record.id !== "" && this.#samples.length < MAX_SAMPLES) this.#addSample(record.id);
  }

  #addSample(id: string): void {
    if (!this.#samples.includes(id)) this.#samples = [...this.#samples, id];
  }

  #addRemote(ip: string): void {
    this.#ip ??= ip;
    if (ip === this.#ip) return;
    this.#remotes ??= new Set([this.#ip]);
    if (this.#remotes.size <= MAX_REMOTES) this.#remotes.add(ip);
  }

  #addReasons(noteworthy: NonNullable<Connection["noteworthy"]>): void {
    const reasons = this.#reasons ??= new Map();
    for (const { rule, reason } of noteworthy) {
      if (reasons.size < MAX_RULES && !reasons.has(rule)) reasons.set(rule, reason);
    }
  }

  /** Names a connection no more that is of another kind after all. */
  forget(id: string): void {
    this.#samples = this.#samples.filter((sample) => sample !== id);
  }

  /**
   * The record.
   *
   * @param start Of its window, which ends at `end`; microseconds since the epoch.
   * @param id What tells it from all others.
   */
  record(start: number, end: number, id: string): Connection {
    const { direction, protocol, protocolNumber, ipVersion, collector, host } = this.#model;
    const { count, denied } = this.amounts;
    const record: Mutable<Connection> = {
      id,
      event: "summary",
      time: end,
      start,
      end,
      durationUs: end - start,
      direction,
      outcome: this.#outcome,
      local: this.#local,
      count,
      denied,
      first: this.#first,
      last: this.#last,
      records: this.amounts.records,
      attribution: this.#attribution,
      collector,
    };
    if (protocol !== undefined) record.protocol = protocol;
    if (protocolNumber !== undefined) record.protocolNumber = protocolNumber;
    if (ipVersion !== undefined) record.ipVersion = ipVersion;
    if (host !== undefined) record.host = host;
    if (this.#initiator !== undefined) record.initiator = this.#initiator;
    if (this.#remote !== undefined) record.remote = this.#remote;
    if (this.#process !== undefined && hasMembers(this.#process)) {
      record.process = this.#process;
    }
    if (record.process === undefined && this.#attribution === "none") {
      record.attributionReason = this.#model.attributionReason ?? "not the same for all";
    }
    const { bytesIn, bytesOut, packetsIn, packetsOut } = this.amounts;
    if (bytesIn !== undefined) record.bytesIn = bytesIn;
    if (bytesOut !== undefined) record.bytesOut = bytesOut;
    if (packetsIn !== undefined) record.packetsIn = packetsIn;
    if (packetsOut !== undefined) record.packetsOut = packetsOut;
    const remotes = this.#remotes?.size ?? (this.#ip === undefined ? 0 : 1);
    if (remotes <= MAX_REMOTES) record.remotes = remotes;
    if (this.#samples.length > 0) record.samples = this.#samples;
    if (this.#isOther) record.other = true;
    if (this.#reasons !== undefined && this.#reasons.size > 0) {
      record.noteworthy = [...this.#reasons].map(([rule, reason]) => ({ rule, reason }));
    }
    return record;
  }
}

/** What a record that is a summary itself stands for. */
export function amountsOf(record: Connection): Amounts {
  const { event, records = 1, bytesIn, bytesOut, packetsIn, packetsOut } = record;
  const isWhole = event !== "summary";
  const denied = isWhole ? Number(isDenied(record)) : record.denied ?? 0;
  const count = isWhole ? 1 : record.count ?? Math.max(1, denied);
  return { records, count, denied, bytesIn, bytesOut, packetsIn, packetsOut };
}
