/** What was rendered of records that have all their {@linkcode Words} in common. */
import type { Connection } from "../connection.ts";
import type { Words } from "../mapping/field.ts";
import type { Mutable } from "../mutable.ts";

/** How many entries there are: a power of two. */
const ENTRIES = 256;

/**
 * Logs of other programs may have any text in the place of a word: what is longer is no word, and is kept only
 * until the next record, for there is no room for many of them.
 */
const LONGEST_WORD = 256;

/** What was rendered of some words. */
interface Entry {
  readonly common: Words;
  readonly hasRemote: boolean;
  readonly isNoteworthy: boolean;
  readonly socketType: string | undefined;
  /** By the number of the renderer. */
  readonly rendered: unknown[];
}

const entries: (Entry | undefined)[] = [];
let latestRecord: Connection | undefined;
let latestEntry: Entry | undefined;

/** A number of an entry: records of the same words have the same one. */
function slotOf(record: Connection): number {
  const { event, direction, outcome, initiator, state, protocolNumber = 0, ipVersion = 0 } = record;
  const ofText = (event.charCodeAt(0) * 3) ^ (direction.charCodeAt(0) * 7) ^
    (outcome.charCodeAt(2) * 13) ^ ((state?.length ?? 0) * 29) ^ ((initiator?.length ?? 0) * 5);
  const ofNumbers = (protocolNumber * 11) ^ (ipVersion * 17);
  return (ofText ^ ofNumbers ^ (record.remote === undefined ? 64 : 0)) & (ENTRIES - 1);
}

function isOf({ common, hasRemote, isNoteworthy, socketType }: Entry, record: Connection): boolean {
  return common.event === record.event && common.direction === record.direction &&
    common.outcome === record.outcome && common.initiator === record.initiator &&
    common.state === record.state && common.protocol === record.protocol &&
    common.protocolNumber === record.protocolNumber && common.ipVersion === record.ipVersion &&
    common.attribution === record.attribution && common.collector === record.collector &&
    common.preexisting === record.preexisting && common.other === record.other &&
    common.application === record.application && hasRemote === (record.remote !== undefined) &&
    isNoteworthy === (record.noteworthy !== undefined && record.noteworthy.length > 0) &&
    socketType === record.socket?.type;
}

function commonOf(record: Connection): Words {
  const { event, direction, outcome, initiator, state, protocol, protocolNumber } = record;
  const { ipVersion, attribution, collector, preexisting, other, application } = record;
  const common: Mutable<Words> = { event, direction, outcome, attribution, collector };
  if (initiator !== undefined) common.initiator = initiator;
  if (state !== undefined) common.state = state;
  if (protocol !== undefined) common.protocol = protocol;
  if (protocolNumber !== undefined) common.protocolNumber = protocolNumber;
  if (ipVersion !== undefined) common.ipVersion = ipVersion;
  if (preexisting !== undefined) common.preexisting = preexisting;
  if (other !== undefined) common.other = other;
  if (application !== undefined) common.application = application;
  return common;
}

function isOfWords({ state, protocol, application, collector }: Words): boolean {
  return [state, protocol, application, collector].every((text = "") =>
    text.length <= LONGEST_WORD
  );
}

function entryOf(record: Connection): Entry {
  if (record === latestRecord && latestEntry !== undefined) return latestEntry;
  const slot = slotOf(record);
  let entry = entries[slot];
  if (entry === undefined || !isOf(entry, record)) {
    const { remote, socket, noteworthy } = record;
    entry = {
      common: commonOf(record),
      hasRemote: remote !== undefined,
      isNoteworthy: noteworthy !== undefined && noteworthy.length > 0,
      socketType: socket?.type,
      rendered: [],
    };
    if (isOfWords(entry.common)) entries[slot] = entry;
  }
  latestRecord = record;
  latestEntry = entry;
  return entry;
}

/** How many renderers there are. */
let renderers = 0;

/**
 * Makes a function that gives what is rendered of a record, and remembers it for those of the same words.
 *
 * @param render Is given a record of which nothing is known but the words.
 */
export function ofWords<Rendered>(
  render: (record: Connection) => Rendered,
): (record: Connection) => Rendered {
  const number = renderers++;
  return (record) => {
    const { rendered, common, isNoteworthy } = entryOf(record);
    const known = rendered[number] as Rendered | undefined;
    if (known !== undefined) return known;
    const { remote, socket } = record;
    const bare: Connection = {
      id: "",
      time: 0,
      local: {},
      ...common,
      ...(remote !== undefined && { remote: {} }),
      ...(socket !== undefined && { socket: { type: socket.type } }),
      ...(isNoteworthy && { noteworthy: [{ rule: "", reason: "" }] }),
    };
    const made = render(bare);
    rendered[number] = made;
    return made;
  };
}
