/** Replaces secrets in the arguments of a process. */
import { scriptCommands } from "./script_words.ts";
import { isSecretValue, looksRandom, REDACTED, secrecyOf } from "./secret_names.ts";
import { BEHIND, RULE_OF_PROGRAM, type SecretOption } from "./secret_options.ts";
import { redactText } from "./secret_texts.ts";

/** How deep scripts in scripts are looked into: `ssh host "sh -c '…'"`. */
const MAX_DEPTH = 3;

/** One is enough for what people type, and a second one finds that out. */
const MAX_PASSES = 8;

/** No name and value together are shorter: `pwd=x`. */
const SHORTEST = 5;

/** The name of an option or variable, and its value in the same word. */
const ASSIGNMENT = /^(--?|)([\w.-]{1,64})=([^]+)$/;

const OPTION = /^--?[A-Za-z][\w.-]{0,63}$/;

/** A header that authenticates, alone in its word or behind the option that takes it. */
const HEADER =
  /^((?:-H|--header=)?\s*(?:(?:proxy-)?authorization|(?:set-)?cookie2?|x-[a-z0-9-]{0,40}?(?:auth|key|password|secret|session|token)):\s?)(?=\S)[^]+$/i;

/**
 * Replaces the secrets in a command line by `[redacted]`. A command line without any is returned as it is.
 * What comes out stays the same when it goes in again. Never throws.
 *
 * @param argv A single argument is the title of a process that has overwritten its arguments, so it is read
 * as a whole command line.
 */
export function redactArguments(argv: readonly string[]): readonly string[] {
  const isTitle = argv.filter((argument) => argument !== "").length === 1;
  let result = argv;
  // Where quotes do not match, a mark may change what the words around it are taken for.
  for (let pass = 0; pass < MAX_PASSES; pass++) {
    const next = redactWords(result, isTitle, 0);
    if (next === result) return result;
    result = next;
  }
  return result;
}

function redactWords(words: readonly string[], isTitle: boolean, depth: number): readonly string[] {
  let changed: string[] | undefined;
  let options: readonly SecretOption[] = [];
  let lastWord: RegExp | undefined;
  let sawLast = false;
  const seen = new Set<string>();
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? "";
    const rule = RULE_OF_PROGRAM.get(word.slice(word.lastIndexOf("/") + 1));
    if (rule !== undefined) {
      options = rule.options;
      lastWord = rule.lastWord;
      sawLast = false;
    }
    sawLast ||= lastWord?.test(word) === true;
    const before = words[i - 1] ?? "";
    const isScript = isTitle || /^-\w{0,8}c$/.test(before);
    const result = (i > 0 ? redactOption(words, i, { options, seen }) : undefined) ??
      (sawLast && i > 2 && i === words.length - 1 ? REDACTED : undefined) ??
      redactWord(word, isScript, depth);
    if (BEHIND.has(word)) seen.add(word);
    if (result === word) continue;
    changed ??= [...words];
    changed[i] = result;
  }
  return changed ?? words;
}

/** The word without the secret that the option in it or before it takes; undefined where it takes none. */
function redactOption(
  words: readonly string[],
  i: number,
  { options, seen }: {
    readonly options: readonly SecretOption[];
    /** Which of {@linkcode BEHIND} stand before the word. */
    readonly seen: ReadonlySet<string>;
  },
): string | undefined {
  const word = words[i] ?? "";
  const before = words[i - 1] ?? "";
  for (const option of options) {
    if (option.behind !== undefined && !seen.has(option.behind)) continue;
    for (const name of option.options) {
      if (option.form !== "same" && i > 1 && isOption(before, name, option)) {
        return secretPart(word, option);
      }
      const begin = option.form === "next" ? 0 : lengthOfOption(word, name, option);
      if (begin > 0) return word.slice(0, begin) + secretPart(word.slice(begin), option);
    }
  }
  if (i > 1 && OPTION.test(before) && !/^-[^\d\s]/.test(word)) return namedValue(before, word);
  // aws configure set aws_secret_access_key …
  if (words[i - 2] === "set" && i > 2) return namedValue(before, word);
  return undefined;
}

function namedValue(name: string, word: string): string | undefined {
  const secrecy = secrecyOf(name);
  return secrecy !== undefined && isSecretValue(secrecy, word) ? REDACTED : undefined;
}

/** Whether a word is the option, and its value is the next word. */
function isOption(word: string, name: string, { clusters }: SecretOption): boolean {
  if (word === name) return true;
  return clusters === true && name.length === 2 && word.endsWith(name.charAt(1)) &&
    /^-[A-Za-z0-9#]{1,16}$/.test(word);
}

/** Length of the option where its value stands behind it in the same word, else 0. */
function lengthOfOption(word: string, name: string, { form }: SecretOption): number {
  if (!word.startsWith(name) || word.length === name.length) return 0;
  if (!name.startsWith("--")) return name.length;
  return form === "either" && word.charAt(name.length) === "=" ? name.length + 1 : 0;
}

function secretPart(value: string, { after }: SecretOption): string {
  if (value.startsWith("$") && !isSecretValue("secret", value)) return value;
  if (after === undefined) return value === "" ? value : REDACTED;
  const at = value.indexOf(after);
  if (at < 0) return looksRandom(value) ? REDACTED : redactText(value);
  const begin = at + after.length;
  if (!isSecretValue("secret", value.slice(begin))) return value;
  const kept = value.slice(0, begin);
  return (after === "=" ? kept : redactText(kept)) + REDACTED;
}

/** A word that no option takes: known by the name in it, or by its form. */
function redactWord(word: string, isScript: boolean, depth: number): string {
  if (word.length < SHORTEST) return word;
  const hasSpace = /\s/.test(word);
  if (!(isScript && hasSpace)) {
    const [, dashes = "", name = "", value = ""] = ASSIGNMENT.exec(word) ?? [];
    const secrecy = name === "" ? undefined : secrecyOf(name);
    if (secrecy !== undefined && isSecretValue(secrecy, value)) {
      return `${dashes}${name}=${REDACTED}`;
    }
    const header = HEADER.exec(word)?.[1];
    if (header !== undefined) return header + REDACTED;
  }
  const text = redactText(word);
  return hasSpace && depth < MAX_DEPTH ? redactScript(text, depth + 1) : text;
}

/** The words of all commands of a script, with all else between them as it is. */
function redactScript(script: string, depth: number): string {
  let result = "";
  let end = 0;
  for (const words of scriptCommands(script)) {
    const values = words.map(({ value }) => value);
    const redacted = redactWords(values, false, depth);
    if (redacted === values) continue;
    words.forEach((word, i) => {
      const value = redacted[i] ?? "";
      if (value === word.value) return;
      result += script.slice(end, word.begin) + word.quote + value + word.quote;
      end = word.end;
    });
  }
  return end === 0 ? script : result + script.slice(end);
}
