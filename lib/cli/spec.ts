/**
 * The shape of the command table. One table ({@link ./table.ts}) drives parsing, `--help`, shell
 * completions, the man page and the reference in the README, so they cannot disagree.
 */

import type { System } from "../system.ts";

/** How the text of an option's value is read and checked. */
export type OptionType =
  /** Takes no value; present or absent. */
  | "flag"
  | "text"
  /** One of {@linkcode OptionSpec.choices}. */
  | "choice"
  /** `500ms`, `3s`, `2m`, `1h`, `1d`; a bare number counts seconds. Read as milliseconds. */
  | "duration"
  | "file"
  | "directory";

/** One option of one or more commands. */
export interface OptionSpec {
  /** Long name without the dashes; also its name in a configuration file. */
  readonly name: string;
  /** One letter. */
  readonly short?: string;
  /** Names that other programs have for it: taken on the command line, and not told of in help texts. */
  readonly aliases?: readonly string[];
  readonly type: OptionType;
  /** Of type `choice`. */
  readonly choices?: readonly string[];
  /** Name of the value in help texts: `FILE`. */
  readonly placeholder?: string;
  /** May be given several times; every value counts. */
  readonly repeatable?: boolean;
  /**
   * At the top level of a configuration file the name means what it means to other commands: it is read
   * from the command's own table only.
   */
  readonly isOwn?: boolean;
  /** A value may begin with a hyphen and a digit: `-2h`. */
  readonly signed?: boolean;
  /** A value may begin with `!`, which negates it. */
  readonly negatable?: boolean;
  /** Text of the value that applies when the option is not given. */
  readonly default?: string;
  /** Smallest value of a `duration`, milliseconds. */
  readonly minimum?: number;
  /** One sentence, without a full stop. */
  readonly summary: string;
  /** Heading that the option is listed under in help texts. */
  readonly group?: string;
  /** Throws a `RangeError` or `SyntaxError` that says what a value should be. */
  readonly check?: (value: string) => void;
}

/** A positional argument. */
export interface OperandSpec {
  readonly name: string;
  readonly summary: string;
  readonly required: boolean;
  readonly choices?: readonly string[];
  /** Any number of them; only of the last operand. */
  readonly repeatable?: boolean;
  /** It is a file, for completions. */
  readonly isFile?: boolean;
}

/** One command. */
export interface CommandSpec {
  readonly name: string;
  /** One sentence, without a full stop. */
  readonly summary: string;
  /** Paragraphs for `--help` and the man page. */
  readonly description: readonly string[];
  readonly operands: readonly OperandSpec[];
  readonly options: readonly OptionSpec[];
  readonly examples: readonly { readonly command: string; readonly summary: string }[];
  /** Loads the command's module only when it is run. */
  readonly load: () => Promise<{ run: CommandRun }>;
}

/** Runs a command and returns the exit status. Throws an `ExitError` for all that a user can mend. */
export type CommandRun = (invocation: Invocation, system: System) => Promise<number>;

/** All that a user can type: the program, its commands, and what stands where a command would. */
export interface CommandTable {
  /** Name of the program. */
  readonly program: string;
  /** What the program does: a verb in the third person and what follows, without a full stop. */
  readonly summary: string;
  /** Options that need no command: `--help`, `--version`. */
  readonly options: readonly OptionSpec[];
  /** In the order of the help text. The one named `help` also answers `--help`. */
  readonly commands: readonly CommandSpec[];
}

/** Where the value of an option comes from. */
export type ValueSource = "command line" | "config" | "default";

/** A command line (and configuration file) that was read and found right. */
export interface Invocation {
  readonly command: CommandSpec;
  readonly values: OptionValues;
  readonly operands: readonly string[];
}

/**
 * The values of a command's options: of the command line, else of the configuration file, else the
 * defaults. Asking for an option that the command does not have is a fault of the program and throws
 * a `TypeError`.
 */
export interface OptionValues {
  flag(name: string): boolean;
  /** The value of a `text`, `choice`, `file` or `directory` option; the last one if repeated. */
  text(name: string): string | undefined;
  /** All values of a repeatable option. */
  texts(name: string): readonly string[];
  /** Milliseconds. */
  duration(name: string): number | undefined;
  /** Whether the command has that option. */
  has(name: string): boolean;
  /** Whether the value was given, not just a default. */
  given(name: string): boolean;
  /** Where the value comes from; undefined where the option has none. */
  source(name: string): ValueSource | undefined;
}
