/** Parts of a document in Markdown. */

/** Text that stands for itself in a cell of a table. */
export function cell(text: string): string {
  return text.replace(/\s+/g, " ").replace(/[\\|*_`<>[\]]/g, "\\$&");
}

/** Code in a cell of a table, where even in code a bar ends the cell. */
export function code(text: string): string {
  return "`" + text.replaceAll("|", "\\|") + "`";
}

/** The lines of a table, and an empty one behind it. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const lines = [head, head.map(() => "---"), ...rows];
  return [...lines.map((cells) => `| ${cells.join(" | ")} |`), ""];
}

/** The lines of a block that is shown as it is, and an empty one behind it. The text has no fence in it. */
export function block(text: string): string[] {
  return ["```text", text.trimEnd(), "```", ""];
}
