import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { ExitError } from "../exit.ts";
import { NO_SPACE, osError } from "../sinks/test_output.ts";
import { type FileEnd, realSystem, type System } from "../system.ts";
import { type DurableOutput, WindowState } from "./state.ts";
import { SLOT_SIZE, STATE_SIZE } from "./state_record.ts";

const SYSTEM = realSystem();
const MINUTE = 60_000_000;
const NOON = Date.UTC(2026, 10, 21, 12) * 1000;
const END: FileEnd = { file: "4711", size: 99 };
const FILE: DurableOutput = { sync: () => END };
const PIPE: DurableOutput = { sync: () => undefined };

/** Runs a test with a path for a state, and what is warned of. */
async function withPath(test: (path: string, said: string[]) => void): Promise<void> {
  const directory = await Deno.makeTempDir({ prefix: "connscribe-test-" });
  try {
    test(`${directory}/state`, []);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

function open(path: string, said: string[] = [], kind = {}, system: System = SYSTEM): WindowState {
  const warn = (message: string) => void said.push(message.replaceAll(path, "S"));
  return WindowState.open(system, path, { windowUs: MINUTE, key: "test", warn, ...kind });
}

/** What a run that does one window leaves behind. */
function doOne(path: string): void {
  using state = open(path);
  const start = state.done ?? NOON;
  state.begin(start, [FILE]);
  state.commit(start + MINUTE, 3, [FILE]);
  state.finish();
}

/** The error that opening ends with, without the directory. */
function refusal(path: string, kind = {}, system: System = SYSTEM): string {
  const error = assertThrows(() => open(path, [], kind, system), ExitError);
  return `${error.code}: ${error.message.replaceAll(path, "S")}`;
}

Deno.test("WindowState keeps what is done, and nothing on stderr", () =>
  withPath((path, said) => {
    {
      using state = open(path, said);
      assertEquals([state.done, state.ends], [undefined, []]);
      state.begin(NOON, [FILE, PIPE]);
      assertEquals([state.done, state.ends], [NOON, [END]]);
      state.commit(NOON + MINUTE, 3, [FILE, PIPE]);
      state.commit(NOON + 3 * MINUTE, 0, [PIPE]);
      assertEquals([state.done, state.ends], [NOON + 3 * MINUTE, []]);
      state.commit(NOON + 4 * MINUTE, 0, [FILE]);
    }
    {
      using state = open(path, said);
      assertEquals([state.done, state.ends], [NOON + 4 * MINUTE, [END]]);
      state.begin(NOON, [FILE]);
      assertEquals(state.done, NOON + 4 * MINUTE, "a later run goes on from what is done");
      state.finish();
    }
    using state = open(path, said);
    assertEquals([state.done, state.ends], [NOON + 4 * MINUTE, []]);
    assertEquals(said, []);
  }));

Deno.test("WindowState of a first run that had nothing to do is that before the first run", () =>
  withPath((path, said) => {
    for (let i = 0; i < 3; i++) {
      using state = open(path, said);
      assertEquals([state.done, state.ends], [undefined, []]);
      state.finish();
    }
    assertEquals(said, []);
  }));

Deno.test("WindowState makes a first run that was broken off no first run again", () =>
  withPath((path) => {
    {
      using state = open(path);
      state.begin(NOON, [FILE]);
    }
    using state = open(path);
    assertEquals([state.done, state.ends], [NOON, [END]]);
  }));

Deno.test("WindowState makes no window done whose output is not certain", () =>
  withPath((path) => {
    const lost: DurableOutput = {
      sync: () => {
        throw new ExitError(74, "lost");
      },
    };
    {
      using state = open(path);
      assertThrows(() => state.begin(NOON, [lost]), ExitError, "lost");
      state.begin(NOON, [FILE]);
      assertThrows(() => state.commit(NOON + MINUTE, 1, [FILE, lost]), ExitError, "lost");
      assertEquals(state.done, NOON);
    }
    using state = open(path);
    assertEquals(state.done, NOON);
  }));

Deno.test("WindowState commits only ends of windows that were begun, in their order", () =>
  withPath((path) => {
    using state = open(path);
    assertThrows(() => state.commit(NOON + MINUTE, 0, []), RangeError);
    state.finish();
    assertEquals(state.done, undefined);
    state.begin(NOON, []);
    for (const end of [NOON, NOON - MINUTE, NOON + 1, NOON + MINUTE / 2]) {
      assertThrows(() => state.commit(end, 0, []), RangeError, "not the end of a window");
    }
  }));

Deno.test("WindowState is locked, and says by whom and what to do", () =>
  withPath((path) => {
    {
      using _state = open(path);
      assertEquals(
        refusal(path),
        `75: "S" is locked by process ${Deno.pid}: another run is at work; wait until it has ended, ` +
          "or start runs less often",
      );
    }
    doOne(path);
    {
      // A lock of flock(1), or of a run that has not said yet who it is.
      using lock = Deno.openSync(`${path}.lock`, { write: true });
      lock.truncateSync();
      lock.lockSync(true);
      assertStringIncludes(refusal(path), '75: "S" is locked: another run');
    }
    open(path)[Symbol.dispose]();
  }));

Deno.test("WindowState releases the lock when the state cannot be opened", () =>
  withPath((path) => {
    Deno.mkdirSync(path);
    assertEquals(refusal(path), '73: cannot open "S": is a directory: name a file in it');
    Deno.removeSync(path);
    doOne(path);
  }));

Deno.test("WindowState is of one kind of windows", () =>
  withPath((path) => {
    doOne(path);
    assertEquals(
      refusal(path, { windowUs: 300_000_000 }),
      '78: the state "S" is of windows of 1m, not of 5m: give "--window 1m", name another file, or ' +
        "remove this one to begin as on a first run",
    );
    assertStringIncludes(refusal(path, { windowUs: 86_400_000_000 }), "not of 1d:");
    assertStringIncludes(refusal(path, { windowUs: 5_400_000_000 }), "not of 90m:");
    assertStringIncludes(refusal(path, { windowUs: 1_500_000 }), "not of 1500ms:");
    assertEquals(
      refusal(path, { key: "trace" }),
      '78: the state "S" is of "test", not of "trace": give the options of the runs before, name ' +
        "another file, or remove this one to begin as on a first run",
    );
  }));

Deno.test("WindowState tells long keys apart", () =>
  withPath((path) => {
    const key = "\u{10ffff}\x01".repeat(5000);
    open(path, [], { key })[Symbol.dispose]();
    open(path, [], { key })[Symbol.dispose]();
    assert(refusal(path, { key: key + "x" }).startsWith("78: "));
  }));

Deno.test("WindowState goes on from the record before one that is torn, and says so", () =>
  withPath((path, said) => {
    {
      using state = open(path);
      state.begin(NOON, [FILE]);
      state.commit(NOON + MINUTE, 3, [FILE]);
      state.commit(NOON + 2 * MINUTE, 3, [FILE]);
    }
    const bytes = Deno.readFileSync(path);
    bytes.fill(0, SLOT_SIZE, SLOT_SIZE + 40);
    Deno.writeFileSync(path, bytes);
    {
      using state = open(path, said);
      assertEquals([state.done, state.ends], [NOON + MINUTE, [END]]);
      state.begin(NOON, [FILE]);
    }
    assertEquals(said, [
      'a record of "S" is damaged, as after a crash: the other one counts, up to ' +
      "2026-11-21T12:01:00.000000Z",
    ]);
    using state = open(path, said);
    assertEquals([state.done, said.length], [NOON + MINUTE, 1]);
  }));

Deno.test("WindowState begins as on a first run when nothing can be read, and keeps what was there", () => {
  const contents = ["x", "\0".repeat(STATE_SIZE), "connscribe windows 1 ", '{"done":1}\n'];
  return withPath((path, said) => {
    for (const content of contents) {
      Deno.writeTextFileSync(path, content);
      {
        using state = open(path, said);
        assertEquals(state.done, undefined);
        state.begin(NOON, []);
      }
      assertEquals(
        said.splice(0),
        ['"S" holds no state that can be read: kept as "S.bad"; beginning as on a first run'],
      );
      assertEquals(Deno.readTextFileSync(`${path}.bad`), content);
      using state = open(path, said);
      assertEquals([state.done, said], [NOON, []]);
    }
    Deno.writeTextFileSync(path, "");
    using state = open(path, said);
    assertEquals(state.done, undefined);
    assertEquals(said, ['the state "S" is empty: beginning as on a first run']);
  });
});

Deno.test("WindowState does not touch what cannot be a state", () =>
  withPath((path) => {
    const log = "a line of a log\n".repeat(600);
    Deno.writeTextFileSync(path, log);
    const refused = '78: "S" is not a state of connscribe: name another file';
    assertEquals(refusal(path), refused);
    assertEquals(Deno.readTextFileSync(path), log);
    Deno.removeSync(path);
    Deno.symlinkSync("/dev/null", path);
    assertEquals(refusal(path), refused);
  }));

Deno.test("WindowState says where it cannot be made", () =>
  withPath((path) => {
    assertStringIncludes(
      refusal(`${path}/none`),
      '73: cannot open "S.lock": no such file or directory: create its directory first',
    );
  }));

/** A system in which the n-th write to a file that is not the lock fails after so many bytes. */
function failing(n: number, bytes: number, error: Error): System {
  return {
    ...SYSTEM,
    openStored: (path, mode) => {
      const file = SYSTEM.openStored(path, mode);
      const writeAt = (offset: number, slot: Uint8Array) => {
        if (path.endsWith(".lock") || --n !== 0) return file.writeAt(offset, slot);
        file.writeAt(offset, slot.subarray(0, bytes));
        throw error;
      };
      return { ...file, writeAt };
    },
  };
}

Deno.test("WindowState stays as it was when it cannot be written", () =>
  withPath((path, said) => {
    assertEquals(
      refusal(path, {}, failing(1, 100, NO_SPACE)),
      '74: cannot write "S": no space left on device',
    );
    Deno.removeSync(path);
    doOne(path);
    for (const bytes of [0, 50, SLOT_SIZE]) {
      {
        using state = open(path, said, {}, failing(2, bytes, osError("Input/output error", 5)));
        state.begin(NOON, [FILE]);
        const commit = () => state.commit(NOON + 2 * MINUTE, 1, [FILE]);
        const error = assertThrows(commit, ExitError, "input/output error");
        assertEquals([error.code, state.done], [74, NOON + MINUTE]);
        state.commit(NOON + 2 * MINUTE, 1, [FILE]);
        assertEquals(state.done, NOON + 2 * MINUTE, "the same once more");
      }
      Deno.removeSync(path);
      doOne(path);
    }
    assertEquals(said, []);
  }));
