/** A reader of RFC 5424 for tests, written from the ABNF of section 6, not from what is tested. */

/** The parts of a SYSLOG-MSG. */
export interface SyslogMessage {
  readonly pri: number;
  readonly timestamp: string;
  readonly hostname: string;
  readonly appName: string;
  readonly procId: string;
  readonly msgId: string;
  /** MSG, which is UTF-8 here. */
  readonly message: string;
}

const NIL = "-";
// PRINTUSASCII = %d33-126
const PRINT = "[\\x21-\\x7e]";
// FULL-DATE "T" FULL-TIME
const TIMESTAMP =
  "-|\\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\\d|3[01])T(?:[01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(?:\\.\\d{1,6})?(?:Z|[+-](?:[01]\\d|2[0-3]):[0-5]\\d)";
// HEADER SP STRUCTURED-DATA [SP MSG], with PRIVAL 0..191, VERSION 1 and no structured data
const HEADER = new RegExp(
  `^<(0|[1-9]\\d{0,2})>1 (${TIMESTAMP}) (${PRINT}{1,255}) (${PRINT}{1,48}) (${PRINT}{1,128}) (${PRINT}{1,32}) (${NIL})(?: |$)`,
);

/** Reads a message. @throws Error that says what is wrong with it. */
export function readSyslog(frame: Uint8Array): SyslogMessage {
  const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(frame);
  const match = HEADER.exec(text);
  if (match === null) throw new Error(`no header of RFC 5424: ${text.slice(0, 200)}`);
  const [header, pri, timestamp = "", hostname = "", appName = "", procId = "", msgId = ""] = match;
  if (Number(pri) > 191) throw new Error(`PRIVAL ${pri}`);
  const message = text.slice(header.length);
  return { pri: Number(pri), timestamp, hostname, appName, procId, msgId, message };
}

/** Reads a stream of octet counting (RFC 6587): MSG-LEN SP SYSLOG-MSG, again and again. */
export function readCounted(bytes: Uint8Array): Uint8Array[] {
  const frames: Uint8Array[] = [];
  for (let at = 0; at < bytes.length;) {
    const blank = bytes.indexOf(0x20, at);
    if (blank < 0) break;
    const count = new TextDecoder().decode(bytes.subarray(at, blank));
    if (!/^[1-9]\d*$/.test(count)) throw new Error(`MSG-LEN ${JSON.stringify(count)}`);
    const end = blank + 1 + Number(count);
    if (end > bytes.length) break;
    frames.push(bytes.slice(blank + 1, end));
    at = end;
  }
  return frames;
}
