import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { completionScript, SHELLS } from "./completions.ts";
import { SAMPLE_TABLE } from "./sample_table.ts";
import { isInstalled, runOn } from "./test_tools.ts";
import { TABLE } from "./table.ts";

Deno.test("completionScript knows bash, zsh and fish and no other shell", () => {
  assertEquals(SHELLS, ["bash", "zsh", "fish"]);
  assertThrows(() => completionScript(TABLE, "csh"), RangeError, 'Unknown shell "csh"');
  assertThrows(() => completionScript(TABLE, "__proto__"), RangeError);
});

for (const shell of SHELLS) {
  Deno.test({
    name: `completionScript is read by ${shell} without complaint (ignored where there is none)`,
    ignore: !isInstalled(shell),
    fn: () => {
      for (const table of [TABLE, SAMPLE_TABLE]) {
        const { success, stderr } = runOn(
          shell,
          (file) => ["-n", file],
          completionScript(table, shell),
        );
        assertEquals([success, stderr], [true, ""]);
      }
    },
  });
}

/** Asks the function of the bash script for completions of the last word; words as readline has them. */
function completeInBash(...words: string[]): string[] {
  const quoted = words.map((word) => `'${word}'`).join(" ");
  const call = `\nCOMP_WORDS=(${quoted}); COMP_CWORD=${words.length - 1}\n_prog\n` +
    'printf "%s\\n" "${COMPREPLY[@]}"\n';
  const script = completionScript(SAMPLE_TABLE, "bash") + call;
  const { stdout, stderr } = runOn("bash", (file) => [file], script);
  assertEquals(stderr, "");
  return stdout.split("\n").filter((line) => line !== "");
}

Deno.test({
  name: "completionScript completes commands, options, choices and operands in bash",
  ignore: !isInstalled("bash"),
  fn: () => {
    assertEquals(completeInBash("prog", ""), ["watch", "copy", "help"]);
    assertEquals(completeInBash("prog", "w"), ["watch"]);
    assertEquals(completeInBash("prog", "--"), ["--help", "--version"]);
    assertEquals(completeInBash("prog", "watch", "--pr"), ["--protocol", "--procfs"]);
    assertEquals(completeInBash("prog", "watch", "--format", ""), ["text", "ndjson", "csv"]);
    assertEquals(completeInBash("prog", "watch", "--format", "=", "nd"), ["ndjson"]);
    assertEquals(completeInBash("prog", "watch", "--format", "="), ["text", "ndjson", "csv"]);
    assertEquals(completeInBash("prog", "-v", "watch", "-f", "c"), ["csv"]);
    assertEquals(completeInBash("prog", "watch", "--interval", ""), []);
    assertEquals(completeInBash("prog", "copy", ""), ["disk", "tape"]);
    assertEquals(completeInBash("prog", "help", "c"), ["copy"]);
  },
});

Deno.test({
  name: "completionScript completes commands, options, choices and operands in fish",
  ignore: !isInstalled("fish"),
  fn: () => {
    function complete(line: string): (string | undefined)[] {
      const script = `${completionScript(SAMPLE_TABLE, "fish")}\ncomplete -C '${line}'\n`;
      const { stdout, stderr } = runOn("fish", (file) => ["--no-config", file], script);
      assertEquals(stderr, "");
      return stdout.trim().split("\n").map((found) => found.split("\t")[0]);
    }
    assertEquals(complete("prog "), ["copy", "help", "watch"]);
    assertEquals(complete("prog watch --pr"), ["--procfs", "--protocol"]);
    assertEquals(complete("prog watch -f "), ["csv", "ndjson", "text"]);
    assertEquals(complete("prog copy "), ["disk", "tape"]);
    assertEquals(complete("prog copy disk "), [""]);
  },
});

Deno.test("completionScript quotes summaries for the shell that shows them", () => {
  assertStringIncludes(
    completionScript(SAMPLE_TABLE, "zsh"),
    String.raw`'*-p+[Only this protocol\: it'\''s a "name" \[or\] a ` + "`number`" +
      String.raw` $HOME \\ %s & <all>]:NAME: '`,
  );
  assertStringIncludes(
    completionScript(SAMPLE_TABLE, "fish"),
    String.raw` -s p -l protocol -x -d 'Only this protocol: it\'s a "name" [or] a ` + "`number`" +
      String.raw` $HOME \\ %s & <all>'`,
  );
});

Deno.test("completionScript completes files and directories where an option takes them", () => {
  const bash = completionScript(SAMPLE_TABLE, "bash");
  assertStringIncludes(bash, "--out | -o) compopt -o default 2>/dev/null; return ;;");
  assertStringIncludes(bash, "--procfs) compopt -o dirnames 2>/dev/null; return ;;");
  const zsh = completionScript(SAMPLE_TABLE, "zsh");
  assertStringIncludes(zsh, "'(-o --out)--out=[Where to]:FILE:_files'");
  assertStringIncludes(zsh, "'(--procfs)--procfs=[Root]:DIR:_files -/'");
  const fish = completionScript(SAMPLE_TABLE, "fish");
  assertStringIncludes(fish, "-s o -l out -r -F -d 'Where to'");
  assertStringIncludes(fish, "-l procfs -x -a '(__fish_complete_directories)' -d 'Root'");
});
