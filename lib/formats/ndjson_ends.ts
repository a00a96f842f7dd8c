/** The two ends of a connection in the format `ndjson`. */
import type { Connection, RecordedEndpoint } from "../connection.ts";
import { localIsSource } from "./ecs.ts";
import { type JsonWriter, memberName } from "./json_writer.ts";

const SOURCE = memberName("source", "{");
const DESTINATION = memberName("destination", "{");
const IP = memberName("ip");
const PORT = memberName("port");
const DOMAIN = memberName("domain");
const BYTES = memberName("bytes");
const PACKETS = memberName("packets");
const NAT = memberName("nat", "{");

function writeEndpoint(to: JsonWriter, { ip, port }: RecordedEndpoint): void {
  if (ip !== undefined) {
    to.member(IP);
    to.quoted(ip);
  }
  if (port !== undefined) {
    to.member(PORT);
    to.integer(port);
  }
}

/** One end, where something is known of it; `bytes` and `packets` are what it has sent. */
function writeEnd(
  to: JsonWriter,
  member: Uint8Array,
  end: RecordedEndpoint,
  bytes: number | undefined,
  packets: number | undefined,
  nat: RecordedEndpoint | undefined,
): void {
  const begun = to.end;
  to.member(member);
  writeEndpoint(to, end);
  if (end.name !== undefined) {
    to.member(DOMAIN);
    to.quoted(end.name);
  }
  if (bytes !== undefined) {
    to.member(BYTES);
    to.integer(bytes);
  }
  if (packets !== undefined) {
    to.member(PACKETS);
    to.integer(packets);
  }
  if (nat !== undefined) {
    to.member(NAT);
    writeEndpoint(to, nat);
    to.close();
  }
  to.closeUnlessEmpty(begun);
}

/** The members `source` and `destination`, where something is known of them. */
export function writeEnds(to: JsonWriter, connection: Connection): void {
  const { local, remote, nat, bytesIn, bytesOut, packetsIn, packetsOut } = connection;
  if (localIsSource(connection)) {
    writeEnd(to, SOURCE, local, bytesOut, packetsOut, nat?.source);
    if (remote !== undefined) {
      writeEnd(to, DESTINATION, remote, bytesIn, packetsIn, nat?.destination);
    }
  } else {
    if (remote !== undefined) writeEnd(to, SOURCE, remote, bytesIn, packetsIn, nat?.source);
    writeEnd(to, DESTINATION, local, bytesOut, packetsOut, nat?.destination);
  }
}
