/** The member `connscribe` of the format `ndjson`: what ECS has no field for. */
import type { Connection, SocketInfo } from "../connection.ts";
import { type JsonWriter, memberName, utf8 } from "./json_writer.ts";

const CONNECTION = utf8(',"connscribe":{"connection":{"id":"');
const EVENT = utf8('"},"event":"');
const DIRECTION = utf8('","direction":"');
const OUTCOME = utf8('","outcome":"');
const COLLECTOR = utf8('","collector":"');
const ATTRIBUTION = utf8('","attribution":{"kind":');
const REASON = memberName("reason");
const INITIATOR = memberName("initiator");
const STATE = memberName("state");
const PREEXISTING = utf8('"preexisting":true');
const NETNS = memberName("netns");
const SOCKET = memberName("socket", '{"type":');
const INODE = memberName("inode");
const UID = memberName("uid");
const REMOTE = memberName("remote", '{"name_source":');
const COUNT = memberName("count");
const DENIED = memberName("denied");
const FIRST = memberName("first");
const LAST = memberName("last");
const RECORDS = memberName("records");
const REMOTES = memberName("remotes");
const SAMPLES = memberName("samples", "[");
const OTHER = utf8('"other":true');
const NOTEWORTHY = memberName("noteworthy", "[");
const RULE = utf8('{"rule":');
const COMMA = utf8(",");
const LIST_END = utf8("]");

function writeInteger(to: JsonWriter, name: Uint8Array, number: number | undefined): void {
  if (number === undefined) return;
  to.member(name);
  to.integer(number);
}

function writeTime(to: JsonWriter, name: Uint8Array, time: number | undefined): void {
  if (time === undefined) return;
  to.member(name);
  to.time(time);
}

function writeSocket(to: JsonWriter, { type, inode, uid }: SocketInfo): void {
  to.member(SOCKET);
  to.quoted(type);
  writeInteger(to, INODE, inode);
  writeInteger(to, UID, uid);
  to.close();
}

/** What only summaries have. */
function writeSummary(to: JsonWriter, connection: Connection): void {
  const { samples } = connection;
  writeInteger(to, COUNT, connection.count);
  writeInteger(to, DENIED, connection.denied);
  writeTime(to, FIRST, connection.first);
  writeTime(to, LAST, connection.last);
  writeInteger(to, RECORDS, connection.records);
  writeInteger(to, REMOTES, connection.remotes);
  if (samples !== undefined) {
    to.member(SAMPLES);
    for (const [i, id] of samples.entries()) {
      if (i > 0) to.json(COMMA);
      to.quoted(id);
    }
    to.json(LIST_END);
  }
  if (connection.other) to.member(OTHER);
}

function writeNoteworthy(
  to: JsonWriter,
  noteworthy: NonNullable<Connection["noteworthy"]>,
): void {
  to.member(NOTEWORTHY);
  for (const [i, { rule, reason }] of noteworthy.entries()) {
    if (i > 0) to.json(COMMA);
    to.json(RULE);
    to.quoted(rule);
    to.member(REASON);
    to.quoted(reason);
    to.close();
  }
  to.json(LIST_END);
}

/**
 * Writes the member.
 *
 * @param ofProcess Members that tell of the process, each behind a comma.
 */
export function writeConnscribe(
  to: JsonWriter,
  connection: Connection,
  ofProcess: Uint8Array | undefined,
): void {
  const { attributionReason, initiator, state, netns, socket, noteworthy } = connection;
  const nameSource = connection.remote?.nameSource;
  to.json(CONNECTION);
  to.text(connection.id);
  to.json(EVENT);
  to.text(connection.event);
  to.json(DIRECTION);
  to.text(connection.direction);
  to.json(OUTCOME);
  to.text(connection.outcome);
  to.json(COLLECTOR);
  to.text(connection.collector);
  to.json(ATTRIBUTION);
  to.quoted(connection.attribution);
  if (attributionReason !== undefined) {
    to.member(REASON);
    to.quoted(attributionReason);
  }
  to.close();
  if (initiator !== undefined) {
    to.member(INITIATOR);
    to.quoted(initiator);
  }
  if (state !== undefined) {
    to.member(STATE);
    to.quoted(state);
  }
  if (connection.preexisting) to.member(PREEXISTING);
  writeInteger(to, NETNS, netns);
  if (socket !== undefined) writeSocket(to, socket);
  if (nameSource !== undefined) {
    to.member(REMOTE);
    to.quoted(nameSource);
    to.close();
  }
  writeSummary(to, connection);
  if (noteworthy !== undefined) writeNoteworthy(to, noteworthy);
  if (ofProcess !== undefined) to.json(ofProcess);
  to.close();
}
