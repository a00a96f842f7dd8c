import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import { createTextFormat } from "./text.ts";
import { CURL, hostileConnection, SAMPLES } from "./test_records.ts";

const { line } = createTextFormat({ color: false, now: 0 });
const colored = createTextFormat({ color: true, now: 0 });
const open = SAMPLES["open"]!;

/** A word as quoteWord makes them, possibly with more after it. */
const WORD = String.raw`(?:[^\s'"$]|'[^']*'|\$'(?:[^'\\]|\\.)*')+`;
const LINE = new RegExp(
  String.raw`^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}Z (open|close|listen|update|summary) +` +
    String.raw`(egress|ingress|local|unknown) +${WORD} +${WORD} +(->|<-|--) ${WORD} +${WORD} +` +
    String.raw`(-|${WORD}(?:\[\d+\])?) ${WORD} ${WORD}(?: [^$].*?)?( \$ .*)?\n$`,
);

Deno.test("text keeps its columns whatever a process calls itself", () => {
  for (const record of Object.values(SAMPLES)) assertMatch(line(record), LINE);
  fc.assert(
    fc.property(hostileConnection, (record) => assertMatch(line(record), LINE)),
    { numRuns: 500 },
  );
});

Deno.test("text shows who opened a connection, and brackets around IPv6", () => {
  assertStringIncludes(line(open), " 10.0.0.5:43210        -> 93.184.216.34:443 ");
  assertStringIncludes(
    line(SAMPLES["open from outside, IPv6, at start"]!),
    " [2001:db8::5]:22      <- [2001:db8:0:1:ffff:ffff:ffff:fffe]:50022 ",
  );
  assertStringIncludes(line(SAMPLES["listen"]!), " [::]:22               <- * ");
});

Deno.test("text quotes names with blanks, and a name that poses as unknown", () => {
  const named = (name: string) => line({ ...open, process: { ...CURL, name } });
  assertStringIncludes(named("Web Content"), " 'Web Content'[4711] alice ");
  assertStringIncludes(named("-"), " '-'[4711] alice ");
  assertStringIncludes(named("a\nb"), " $'a\\nb'[4711] alice ");
});

Deno.test("text says why there is no process, and whose the socket is", () => {
  assertStringIncludes(
    line({ ...SAMPLES["close without start or process"]!, socket: { type: "stream", uid: 33 } }),
    " time_wait   - 33 - (time_wait: the kernel keeps no owner)\n",
  );
});

Deno.test("text lets no reason or rule end its parentheses", () => {
  const { process: _, ...record } = open;
  assertStringIncludes(
    line({ ...record, attribution: "none", attributionReason: "x) $ rm\n(" }),
    " (x\\x29 $ rm\\n\\x28)\n",
  );
});

Deno.test("text is the same with colours, which are reset before the line ends", () => {
  for (const record of Object.values(SAMPLES)) {
    const text = colored.line(record);
    assert(text !== line(record));
    // deno-lint-ignore no-control-regex
    assertEquals(text.replace(/\x1b\[\d+m([^\x1b]+)\x1b\[0m/g, "$1"), line(record));
  }
});
