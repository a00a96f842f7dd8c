/** Errors of the kernel for which Deno has no class, or one that says too little. */

/** Numbers as in asm-generic/errno-base.h: the same on all architectures that Deno runs on. */
const NAMES: Readonly<Record<string, string>> = {
  "1": "EPERM",
  "12": "ENOMEM",
  "13": "EACCES",
  "16": "EBUSY",
  "19": "ENODEV",
  "22": "EINVAL",
  "28": "ENOSPC",
  "30": "EROFS",
};

/** Deno says the number at the end of the first half of its text: `Invalid argument (os error 22): ...`. */
const NUMBER = /\(os error (\d{1,4})\)/;

/** Name of the error that the kernel gave; undefined where it gave none, or another than those known. */
export function errnoOf(error: unknown): string | undefined {
  const number = error instanceof Error ? NUMBER.exec(error.message)?.[1] : undefined;
  return number === undefined ? undefined : NAMES[number];
}

/** Whether it is this one. */
export function hasErrno(error: unknown, name: string): boolean {
  return errnoOf(error) === name;
}
