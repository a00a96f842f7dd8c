import { assert, assertEquals } from "@std/assert";
import { called, ERRNO, ERRNO_SYMBOLS, LIBC_PATHS, openLibc } from "./libc.ts";

const SYMBOLS = {
  close: { parameters: ["i32"], result: "i32" },
  ...ERRNO_SYMBOLS,
} as const;

/** EBADF of errno(3). */
const EBADF = 9;

Deno.test({
  name: "called gives the error number of a call that fails, and else what it returns",
  ignore: Deno.build.os !== "linux",
  fn() {
    const libc = openLibc(SYMBOLS);
    try {
      assertEquals(called(libc, () => libc.symbols.close(-1)), -EBADF);
      assertEquals(called(libc, () => 7), 7);
      // Whatever the number is, it is never taken for a success.
      assert(called(libc, () => -1) < 0);
    } finally {
      libc.close();
    }
  },
});

Deno.test("called believes a number that comes twice, and no other", () => {
  const answers = [ERRNO.again, ERRNO.acces, ERRNO.again, ERRNO.noent];
  const libc = fake(answers);
  assertEquals(called(libc, () => -1), -ERRNO.again);
  assertEquals(answers.length, 1);
  assertEquals(called(fake([0, 0, 0, 0]), () => -1), -ERRNO.io);
});

/** A library that has these error numbers, one after the other. */
function fake(answers: number[]): Parameters<typeof called>[0] {
  return {
    symbols: {
      load: (to: AllowSharedBufferSource | null) => {
        const bytes = to instanceof Uint8Array ? to : new Uint8Array(4);
        new DataView(bytes.buffer).setInt32(0, answers.shift() ?? 0, true);
      },
      errnoLocation: () => null,
    },
  };
}

Deno.test("LIBC_PATHS are absolute, so that a permission can name them", () => {
  for (const path of LIBC_PATHS) assert(path.startsWith("/"), path);
});
