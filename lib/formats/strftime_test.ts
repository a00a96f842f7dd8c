import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import fc from "fast-check";
import { checkTimeFormat, compileTimeFormat, CONVERSION_LETTERS } from "./strftime.ts";
import { PYTHON, runPython } from "./test_python.ts";
import { TIME } from "./test_records.ts";
import { missing, testUnless } from "../../tests/skip.ts";

/** Runs with the time zone of the host being this one. */
async function inZone(zone: string, body: () => Promise<void> | void): Promise<void> {
  const before = Deno.env.get("TZ");
  Deno.env.set("TZ", zone);
  try {
    await body();
  } finally {
    if (before === undefined) Deno.env.delete("TZ");
    else Deno.env.set("TZ", before);
  }
}

/** Parts of a format, conversions and text, and what Python makes of them. */
const PROGRAM = `
import json, sys, time
def render(parts, moment):
    second, microsecond = divmod(moment, 10**6)
    local = time.localtime(second)
    return "".join("%06d" % microsecond if part == "%f" else time.strftime(part, local) for part in parts)
json.dump([render(*case) for case in json.load(sys.stdin)], sys.stdout)`;

/** 2000 to 2037: the years in which all tables of time zones agree. */
const time = fc.integer({ min: 946_684_800_000_000, max: 2_145_916_800_000_000 });
const part = fc.oneof(
  fc.constantFrom(...CONVERSION_LETTERS).map((letter) => "%" + letter),
  fc.constantFrom("-", " ", "T", "ü", "🦕", "{}", "\t", "/"),
);
const cases = fc.array(fc.tuple(fc.array(part, { minLength: 1, maxLength: 8 }), time), {
  minLength: 400,
  maxLength: 600,
});

/** Python takes its time zones from there. */
const NOTHING_TO_COMPARE = missing([PYTHON, "/usr/share/zoneinfo/Europe/Berlin"]);

/** Offsets that are negative, no whole hours, and without an abbreviation of letters. */
const ZONES = ["UTC", "Europe/Berlin", "America/St_Johns", "Asia/Kolkata", "Etc/GMT+3"];

for (const zone of ZONES) {
  testUnless(
    NOTHING_TO_COMPARE,
    `compileTimeFormat agrees with Python's time.strftime in ${zone}`,
    async () => {
      await inZone(zone, async () => {
        const every = CONVERSION_LETTERS.flatMap((letter) => ["%" + letter, "|"]);
        // The last and first seconds of years and days, noon, and the change from summer time.
        const edges = ["2023-12-31T23:59:59", "2024-01-01T00:00:00", "2024-12-31T12:00:00"]
          .map((text): [string[], number] => [every, new Date(text).getTime() * 1000 + 999_999]);
        const october = Date.UTC(2026, 9, 24) * 1000;
        for (let hour = 0; hour < 48; hour++) edges.push([every, october + hour * 3_600_000_000]);
        await fc.assert(
          fc.asyncProperty(cases, async (random) => {
            const all = [...edges, ...random];
            const expected = await runPython(PROGRAM, JSON.stringify(all));
            const found = all.map(([parts, moment]) => compileTimeFormat(parts.join(""))(moment));
            assertEquals(found, expected);
          }),
          { numRuns: 2, endOnFailure: true },
        );
      });
    },
  );
}

Deno.test("compileTimeFormat follows the change to and from summer time", async () => {
  await inZone("Europe/Berlin", () => {
    const zone = compileTimeFormat("%Z%z");
    // 2026-03-29T01:00:00Z
    const change = 1_774_746_000_000_000;
    assertEquals([change - 1, change, change - 1].map(zone), ["CET+0100", "CEST+0200", "CET+0100"]);
  });
});

Deno.test("compileTimeFormat gives an offset for zones whose abbreviation nobody knows", async () => {
  await inZone("Asia/Kathmandu", () => {
    assertMatch(compileTimeFormat("%Z")(TIME), /^(NPT|\+0545)$/);
    assertEquals(compileTimeFormat("%z")(TIME), "+0545");
  });
});

Deno.test("compileTimeFormat remembers no time but the latest, and no microseconds", () => {
  const seconds = compileTimeFormat("%s");
  const both = compileTimeFormat("%s.%f");
  const times = [TIME, TIME + 1, TIME + 900_000, TIME, TIME - 200_000, 0];
  assertEquals(times.map(seconds), times.map((each) => String(Math.floor(each / 1e6))));
  assertEquals(times.map((each) => Number(both(each).replace(".", ""))), times);
});

Deno.test("compileTimeFormat throws for no time, however far off", () => {
  const every = compileTimeFormat(
    CONVERSION_LETTERS.filter((l) => l !== "Z").map((l) => "%" + l).join(""),
  );
  const zone = compileTimeFormat("%Z");
  for (const far of [-1, 8.64e21, -8.64e21, NaN, Infinity]) {
    assert(every(far) !== "");
    zone(far);
  }
});

Deno.test("checkTimeFormat names what it does not know, and what was probably meant", () => {
  const wrong: [string, string][] = [
    ["%Q", 'the unknown conversion "%Q": known are %% %A'],
    ["%-d", 'the unknown conversion "%-": known are'],
    ["%t", '"%t": did you mean "%T"?'],
    ["%F %", 'a lone "%": write "%%"'],
    ["%\u{1f995}", '"%\u{1f995}": known'],
    ["%F\n", "a line break or another character"],
    ["%\n", "a line break or another character"],
    ["\x1b[31m%s", "another character that would not show"],
    ["%s\x9b", "another character that would not show"],
    ["%s\u202e", "another character that would not show"],
  ];
  for (const [format, message] of wrong) {
    assertThrows(() => checkTimeFormat(format), RangeError, message, JSON.stringify(format));
  }
  for (const right of ["%s", "%%", "plain", "%F\t%T", "a\\b", "%d. %B"]) checkTimeFormat(right);
});

Deno.test("checkTimeFormat throws nothing but what a user can mend", () => {
  const hostile = fc.oneof(
    fc.string({ unit: "binary", maxLength: 20 }),
    fc.array(fc.constantFrom("%", "s", "constructor", "__proto__", "\n", " "), { maxLength: 6 })
      .map((parts) => parts.join("")),
  );
  fc.assert(
    fc.property(hostile, (format) => {
      try {
        const text = compileTimeFormat(format)(TIME);
        // deno-lint-ignore no-control-regex
        assert(!/[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029]/.test(text));
      } catch (error) {
        assert(error instanceof RangeError, String(error));
      }
    }),
    { numRuns: 1000 },
  );
});
