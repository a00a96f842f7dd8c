/**
 * A choice such as `trace,conntrack` is one word, in the shells themselves. A comma means something only
 * between braces, and to readline only where COMP_WORDBREAKS has it.
 */
import { assert, assertEquals } from "@std/assert";
import { completionScript } from "./completions.ts";
import { SAMPLE_TABLE } from "./sample_table.ts";
import { isInstalled, runOn } from "./test_tools.ts";

/** What the shell offers for the last word of a line. */
type Complete = (line: string) => string[];

function wordsOf(stdout: string): string[] {
  return stdout.split(/\s+/).filter((word) => word !== "").sort();
}

/** Bash's function is given what readline would make of the line. */
function completeInBash(line: string): string[] {
  const words = line.replaceAll("=", " = ").trimEnd().split(/ +/);
  if (line.endsWith(" ")) words.push("");
  const script = [
    completionScript(SAMPLE_TABLE, "bash"),
    "IFS=,",
    `COMP_WORDS=(${words.map((word) => `'${word}'`).join(" ")})`,
    "COMP_CWORD=$((${#COMP_WORDS[@]} - 1))",
    "_prog",
    'printf "%s\\n" "${COMPREPLY[@]}"',
  ].join("\n");
  const { stdout, stderr } = runOn("bash", (file) => [file], script);
  assertEquals(stderr, "");
  return wordsOf(stdout);
}

/** Runs in the zsh that has the terminal: tells what is offered, for the key that is pressed. */
const ZSH_TELL = [
  "compadd() {",
  "  local -a options=(${@[1,(i)(-|--)]}) hits",
  "  if [[ -z ${(M)options:#-(O|A|D)*} ]]; then",
  '    builtin compadd -A hits "$@"',
  "    found+=($hits)",
  "  fi",
  '  builtin compadd "$@"',
  "}",
  '_tell() { found=(); _main_complete; print -rn -- "<begin>$found<end>" }',
  "zle -C tell complete-word _tell",
  "bindkey '^I' tell",
].join("\n");

/** Runs in the zsh that holds the other end: presses that key behind the line. */
const ZSH_TYPE = [
  "zmodload zsh/zpty",
  "zpty inner zsh -f -i",
  "zpty -w inner 'PS1= PS2=; stty -echo; autoload -Uz compinit; compinit -u -D'",
  "zpty -w inner \"source $1\"; zpty -w inner 'print READY$((1))'",
  "zpty -r inner text '*READY1*' || exit 1",
  "zpty -w -n inner \"$2\"$'\\t'",
  "zpty -r inner text '*<end>*' || exit 1",
  "print -r -- ${${text##*'<begin>'}%%'<end>'*}",
  "zpty -d inner",
].join("\n");

function completeInZsh(line: string): string[] {
  const type = Deno.makeTempFileSync();
  try {
    Deno.writeTextFileSync(type, ZSH_TYPE);
    const { success, stdout, stderr } = runOn(
      "timeout",
      (file) => ["20", "zsh", "-f", type, file, line],
      completionScript(SAMPLE_TABLE, "zsh") + ZSH_TELL,
    );
    assertEquals([success, stderr], [true, ""]);
    return wordsOf(stdout);
  } finally {
    Deno.removeSync(type);
  }
}

function completeInFish(line: string): string[] {
  const script = `${completionScript(SAMPLE_TABLE, "fish")}\ncomplete -C '${line}'\n`;
  const { stdout, stderr } = runOn("fish", (file) => ["--no-config", file], script);
  assertEquals(stderr, "");
  // It offers whole words, with what they are about behind a tab.
  const words = stdout.split("\n").map((found) => (found.split("\t")[0] ?? ""));
  return wordsOf(words.map((word) => word.replace(/^--\w+=/, "")).join("\n"));
}

const SHELLS: Readonly<Record<string, Complete>> = {
  bash: completeInBash,
  zsh: completeInZsh,
  fish: completeInFish,
};

for (const [shell, complete] of Object.entries(SHELLS)) {
  Deno.test({
    name: `completionScript completes a choice with a comma in ${shell}`,
    ignore: !isInstalled(shell),
    fn: () => {
      for (const option of ["--onto ", "--onto="]) {
        assertEquals(complete(`prog copy ${option}`), ["disk", "disk,tape", "tape"], option);
        assertEquals(complete(`prog copy ${option}disk,`), ["disk,tape"], option);
        assertEquals(complete(`prog copy ${option}disk,t`), ["disk,tape"], option);
        assertEquals(complete(`prog copy ${option}tape,`), [], option);
      }
    },
  });
}

Deno.test({
  name: "readline takes no word apart at a comma",
  ignore: !isInstalled("bash"),
  fn: () => {
    const args = ["--norc", "-i", "-c", 'printf %s "$COMP_WORDBREAKS"'];
    const { stdout } = runOn("bash", () => args, "");
    assert(stdout.includes("=") && !stdout.includes(","), stdout);
  },
});
