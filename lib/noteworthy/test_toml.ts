/** Rules as TOML, for tests. */
import type { Rule } from "./rules.ts";

/** A basic string: that of JSON is one, but for characters that TOML wants escaped too. */
function string(text: string): string {
  return JSON.stringify(text).replace(/\x7f/g, "\\u007f");
}

/** The text of a rules file that holds them. */
export function stringify(rules: readonly Rule[]): string {
  let text = "# rules\n";
  for (const { name, why, note, conditions } of rules) {
    text += `[[rule]] # ${name}\nname = ${string(name)}\nwhy = ${string(why)}\n`;
    text += note === undefined ? "expect = true\n" : `note = ${string(note)}\n`;
    for (const { key, negated, values } of conditions) {
      const lines = values.map((value) => `  ${string(value)}, # "[[rule]]"\n`);
      text += `${negated ? "not_" : ""}${key} = [\n${lines.join("")}]\n`;
    }
  }
  return text;
}
