/** Decoders of the events of tasks. Fields as in include/trace/events/{task,sched}.h. */
import type { ExecEvent, ExitEvent, ForkEvent } from "./event.ts";
import type { EventFormat } from "./format.ts";
import { Fields, type Made, readUnsigned } from "./record_kind.ts";

/** The new task is a thread of the same process (include/uapi/linux/sched.h). */
const CLONE_THREAD = 0x10000;

const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

/**
 * Text of the bytes up to a NUL or to the end. They are the process's own choice: what is not UTF-8
 * becomes U+FFFD.
 */
function readText(view: DataView, from: number, to: number): string {
  let text = "";
  for (let i = from; i < to; i++) {
    const byte = view.getUint8(i);
    if (byte === 0) return text;
    if (byte >= 128) return readUtf8(view, from, to);
    text += String.fromCharCode(byte);
  }
  return text;
}

function readUtf8(view: DataView, from: number, to: number): string {
  const bytes = new Uint8Array(view.buffer, view.byteOffset + from, to - from);
  const end = bytes.indexOf(0);
  return utf8.decode(end < 0 ? bytes : bytes.subarray(0, end));
}

/** Decoder of `task:task_newtask`. */
export function makeFork(format: EventFormat, what: string): Made {
  const fields = new Fields(format);
  const child = fields.required("pid", "plain", 4);
  const comm = fields.required("comm", "array", 16);
  const flags = fields.field("clone_flags", "plain", [4, 8]);
  return fields.make(what, ({ view, at }, { time, boot, tid, interrupted }, into) => {
    const event: ForkEvent = {
      type: "fork",
      time,
      boot,
      tid,
      interrupted,
      child: view.getInt32(at + child, true),
      thread: (readUnsigned(view, at + flags.offset, flags.size) & CLONE_THREAD) !== 0,
      comm: readText(view, at + comm, at + comm + 16),
    };
    into.push(event);
    return true;
  });
}

/** Decoder of `sched:sched_process_exec`. */
export function makeExec(format: EventFormat, what: string): Made {
  const fields = new Fields(format);
  const pid = fields.required("pid", "plain", 4);
  const oldPid = fields.required("old_pid", "plain", 4);
  const relative = fields.find("filename", "relative", [4]);
  const place = relative ?? fields.field("filename", "located", [4]);
  const base = relative === undefined ? 0 : relative.offset + 4;
  return fields.make(what, ({ view, at, length }, { time, boot, tid, interrupted }, into) => {
    const filename = view.getUint32(at + place.offset, true);
    const from = base + (filename & 0xffff);
    const to = from + (filename >>> 16);
    if (to > length) return false;
    const event: ExecEvent = {
      type: "exec",
      time,
      boot,
      tid,
      interrupted,
      pid: view.getInt32(at + pid, true),
      oldPid: view.getInt32(at + oldPid, true),
      filename: readText(view, at + from, at + to),
    };
    into.push(event);
    return true;
  });
}

/** Decoder of `sched:sched_process_exit`. */
export function makeExit(format: EventFormat, what: string): Made {
  const fields = new Fields(format);
  const comm = fields.required("comm", "array", 16);
  return fields.make(what, ({ view, at }, { time, boot, tid, interrupted }, into) => {
    const event: ExitEvent = {
      type: "exit",
      time,
      boot,
      tid,
      interrupted,
      comm: readText(view, at + comm, at + comm + 16),
    };
    into.push(event);
    return true;
  });
}
