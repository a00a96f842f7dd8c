import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { ExitError } from "../exit.ts";
import type { FormatName } from "../formats/names.ts";
import type { Diag } from "../diag.ts";
import type { AppendFile, Output } from "../system.ts";
import { AnswerOutput, checkNameFormat } from "./answer_output.ts";
import { TIME } from "./query_test_tools.ts";

/** An output in memory that fails when it is told to. */
class Memory implements Output {
  readonly isTerminal = false;
  error: Error | undefined;
  #bytes: number[] = [];

  write(bytes: Uint8Array): number {
    if (this.error !== undefined) throw this.error;
    for (const byte of bytes) this.#bytes.push(byte);
    return bytes.length;
  }

  get text(): string {
    return new TextDecoder().decode(Uint8Array.from(this.#bytes));
  }
}

/** A file that has a line already. */
class BegunFile extends Memory implements AppendFile {
  closed = false;
  size = () => 5;
  truncate = () => {};
  lastByte = () => 10;
  sync = () => undefined;
  close(): void {
    this.closed = true;
  }
}

const SAID: string[] = [];
const diag: Pick<Diag, "say"> = {
  say: (level, message) => void SAID.push(`${level}: ${message}`),
};

async function open(
  output: Output | AppendFile,
  format: FormatName,
  rest: { isRecords?: boolean; hasHeader?: boolean; path?: string } = {},
): Promise<AnswerOutput> {
  SAID.length = 0;
  const context = { color: false, now: TIME };
  return await AnswerOutput.open(output, format, {
    diag,
    context,
    isRecords: false,
    hasHeader: true,
    ...rest,
  });
}

const ENTRIES = [{ name: "mia", count: 3, first: 1 }, { name: "zyla", count: 1, first: 2 }];

Deno.test("AnswerOutput writes names in each format, with or without counts", async () => {
  const wanted: [FormatName, string, string][] = [
    ["text", "mia\nzyla\n", "3\tmia\n1\tzyla\n"],
    [
      "ndjson",
      '{"name":"mia"}\n{"name":"zyla"}\n',
      '{"name":"mia","count":3}\n{"name":"zyla","count":1}\n',
    ],
    ["csv", "name\r\nmia\r\nzyla\r\n", "name,count\r\nmia,3\r\nzyla,1\r\n"],
  ];
  for (const [format, plain, counted] of wanted) {
    for (const isCounted of [false, true]) {
      const output = new Memory();
      (await open(output, format)).names(ENTRIES, isCounted);
      assertEquals(output.text, isCounted ? counted : plain);
    }
  }
});

Deno.test("AnswerOutput leaves out the head line where it is not wanted, or is there already", async () => {
  for (const [output, hasHeader] of [[new Memory(), false], [new BegunFile(), true]] as const) {
    (await open(output, "csv", { hasHeader })).names(ENTRIES, false);
    assertEquals(output.text, "mia\r\nzyla\r\n");
    const answers = await open(output, "csv", { hasHeader, isRecords: true });
    assertEquals(output.text, "mia\r\nzyla\r\n");
    answers.end();
  }
  const output = new Memory();
  await open(output, "csv", { isRecords: true });
  assert(output.text.startsWith("time,event_id,"));
});

Deno.test("AnswerOutput writes any name in one line that a terminal can bear", async () => {
  const name = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.constantFrom(
      "\x1b[2J",
      "a\nb",
      "\u202e",
      "\u2028",
      "\x9b1m",
      "\ud800",
      '"',
      ",",
      "=1+1",
      "\r",
    ),
  );
  await fc.assert(
    fc.asyncProperty(name, fc.constantFrom("text", "ndjson", "csv"), async (text, format) => {
      const output = new Memory();
      const answers = await open(output, format, { hasHeader: false });
      answers.names([{ name: text, count: 1, first: 0 }], true);
      const line = output.text.replace(/\r?\n$/, "");
      // deno-lint-ignore no-control-regex
      assert(!/[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e]/.test(line), line);
      // There are no bytes for a lone surrogate.
      const wanted = { name: text.toWellFormed(), count: 1 };
      if (format === "ndjson") assertEquals(JSON.parse(line), wanted);
      if (format === "csv") assert(!/^[=+@-]/.test(line), line);
    }),
    { numRuns: 500 },
  );
});

Deno.test("checkNameFormat refuses formats of records", () => {
  for (const format of ["text", "ndjson", "csv"] as const) checkNameFormat(format);
  const error = assertThrows(() => checkNameFormat("table"), ExitError);
  assertEquals([error.code, error.message], [
    64,
    'names are written as text, ndjson, csv, not as "table"',
  ]);
});

Deno.test("AnswerOutput says once that it cannot write, and nothing where nobody reads", async () => {
  for (const path of [undefined, "/a/file"]) {
    const output = new Memory();
    const answers = await open(output, "text", path === undefined ? {} : { path });
    output.error = new Error("No space left on device (os error 28)");
    answers.text("a\n");
    answers.text("b\n");
    assertEquals([answers.closed, answers.lost], [true, 1]);
    assertEquals(SAID.length, 1);
    assert(
      SAID[0]?.startsWith(`error: cannot write to ${path ? '"/a/file"' : "standard output"}: `),
    );
  }
  const output = new Memory();
  const answers = await open(output, "text");
  output.error = new Deno.errors.BrokenPipe();
  answers.names(ENTRIES, false);
  assertEquals([answers.closed, answers.lost, SAID], [true, 0, []]);
});

Deno.test("AnswerOutput takes no more names than somebody reads, and closes its file", async () => {
  const output = new BegunFile();
  const answers = await open(output, "text", { path: "f" });
  output.error = new Deno.errors.BrokenPipe();
  let taken = 0;
  function* endless() {
    while (taken < 1e6) {
      taken++;
      yield { name: "x".repeat(1000), count: 1, first: 0 };
    }
  }
  answers.names(endless(), false);
  assert(taken < 100, `${taken} names`);
  answers.end();
  assertEquals(output.closed, true);
});
