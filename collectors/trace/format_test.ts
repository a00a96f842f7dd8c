import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { parseFormat, parsePageLayout } from "./format.ts";
import { existing, fixtureText, formatsOf, KERNELS, layoutOf } from "./page_test_tools.ts";

Deno.test("parseFormat reads name, id and fields of a format file", () => {
  const format = existing(parseFormat(fixtureText("formats/6.18/sched/sched_process_exec/format")));
  assertEquals(format.name, "sched_process_exec");
  assertEquals(format.id, 365);
  assertEquals([...format.fields.keys()], [
    "common_type",
    "common_flags",
    "common_preempt_count",
    "common_pid",
    "filename",
    "pid",
    "old_pid",
  ]);
  assertEquals(format.fields.get("filename"), {
    name: "filename",
    offset: 8,
    size: 4,
    signed: false,
    form: "located",
  });
  assertEquals(format.fields.get("old_pid"), {
    name: "old_pid",
    offset: 16,
    size: 4,
    signed: true,
    form: "plain",
  });
});

Deno.test("parseFormat tells pointers, enums, arrays and relative places apart", () => {
  const format = existing(parseFormat(
    "name: x\nID: 7\nformat:\n" +
      "\tfield:const void * skaddr;\toffset:8;\tsize:8;\tsigned:0;\n" +
      "\tfield:enum sk_rst_reason reason;\toffset:16;\tsize:4;\tsigned:0;\n" +
      "\tfield:__u8 saddr[28];\toffset:20;\tsize:28;\tsigned:0;\n" +
      "\tfield:__rel_loc char[] text;\toffset:48;\tsize:4;\tsigned:0;\n" +
      "\tfield:char buf[];\toffset:52;\tsize:0;\tsigned:0;\n" +
      // As old kernels print it: no sign, blanks for tabs, no array.
      "        field:char old;  offset:52; size:0;\n" +
      '\nprint fmt: "field:int fake; offset:1; size:4; signed:1;"\n',
  ));
  assertEquals(
    [...format.fields.values()].map(({ name, form, size }) => [name, form, size]),
    [
      ["skaddr", "plain", 8],
      ["reason", "plain", 4],
      ["saddr", "array", 28],
      ["text", "relative", 4],
      ["buf", "array", 0],
      ["old", "array", 0],
    ],
  );
});

Deno.test("parseFormat gives nothing for a text without name, id or fields", () => {
  const field = "\tfield:int a;\toffset:0;\tsize:4;\tsigned:1;\n";
  assertEquals(parseFormat(""), undefined);
  assertEquals(parseFormat(`ID: 1\nformat:\n${field}`), undefined);
  assertEquals(parseFormat(`name: x\nformat:\n${field}`), undefined);
  assertEquals(parseFormat(`name: x\nID: 70000\nformat:\n${field}`), undefined);
  assertEquals(parseFormat("name: x\nID: 1\nformat:\n"), undefined);
});

Deno.test("parseFormat reads every format of the fixtures", () => {
  const counts = KERNELS.map((kernel) => formatsOf(kernel).length);
  // sock:inet_sk_error_report is missing in the first two.
  assertEquals(counts, [11, 11, 12, 12, 12]);
});

Deno.test("parsePageLayout reads header_page of all kernels", () => {
  const layout = { timestampOffset: 0, commitOffset: 8, commitSize: 8, dataOffset: 16 } as const;
  for (const kernel of KERNELS) assertEquals(layoutOf(kernel), layout);
});

Deno.test("parsePageLayout reads the header_page of a 32-bit kernel", () => {
  const layout = parsePageLayout(
    "\tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;\n" +
      "\tfield: local_t commit;\toffset:8;\tsize:4;\tsigned:1;\n" +
      "\tfield: char data;\toffset:12;\tsize:4084;\tsigned:1;\n",
  );
  assertEquals(layout, { timestampOffset: 0, commitOffset: 8, commitSize: 4, dataOffset: 12 });
});

Deno.test("parsePageLayout gives nothing for what it does not know", () => {
  assertEquals(parsePageLayout(""), undefined);
  const text = fixtureText("formats/6.18/header_page");
  assertEquals(parsePageLayout(text.replace("size:8", "size:4")), undefined);
  assertEquals(parsePageLayout(text.replace("offset:16", "offset:9")), undefined);
  assertEquals(parsePageLayout(text.replace("char data", "char other")), undefined);
});

Deno.test("parseFormat and parsePageLayout take any text", () => {
  const original = fixtureText("formats/6.18/task/task_newtask/format");
  fc.assert(
    fc.property(
      fc.nat(original.length),
      fc.nat(60),
      fc.string({ unit: "binary", maxLength: 40 }),
      (at, cut, put) => {
        const text = original.slice(0, at) + put + original.slice(at + cut);
        for (const field of parseFormat(text)?.fields.values() ?? []) {
          if (!(field.offset >= 0 && field.size >= 0)) return false;
        }
        parsePageLayout(text);
        return true;
      },
    ),
    { numRuns: 500 },
  );
});
