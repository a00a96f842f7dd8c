/** Patterns of file names, as shells have them (glob(7)). */

/** Files that a pattern stands for, and directories that could not be read. */
export interface GlobResult {
  /** In the order of their names. */
  readonly paths: readonly string[];
  readonly unreadable: readonly { readonly path: string; readonly error: unknown }[];
}

/** Whether a path is a pattern: has one of `*`, `?` and `[`, and nothing has that name itself. */
export function isGlob(path: string): boolean {
  return hasWildcard(path) && !exists(path);
}

function hasWildcard(text: string): boolean {
  return /[*?[]/.test(text);
}

function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch {
    return false;
  }
}

/**
 * What there is of a pattern. `*` stands for any characters of a name, `?` for one, `[a-c]` for one of these,
 * `[!a-c]` for one of the others, `**` as a whole name for any directories, also none. What begins with a
 * dot is meant only by a name that does so. Directories that are reached through symbolic links are not
 * looked into for `**`; where it stands last, it stands for the files there. Pipes, sockets and devices are
 * not meant: to open some of them is to wait for ever.
 */
export function expandGlob(pattern: string): GlobResult {
  const walk = new Walk();
  const names = pattern.split("/").filter((name) => name !== "");
  walk.into(pattern.startsWith("/") ? "/" : "", names);
  return { paths: [...walk.paths].sort(), unreadable: walk.unreadable };
}

class Walk {
  readonly paths = new Set<string>();
  readonly unreadable: { path: string; error: unknown }[] = [];

  /** @param directory With a slash at its end; empty: the current one. */
  into(directory: string, names: readonly string[]): void {
    const [name, ...rest] = names;
    if (name === undefined) return;
    if (name === "**") return this.#anyDepth(directory, rest);
    if (!hasWildcard(name)) return this.#found(directory + name, rest);
    const expression = expressionOf(name);
    for (const entry of this.#entries(directory)) {
      if (isMeant(entry.name, name) && expression.test(entry.name)) {
        this.#found(directory + entry.name, rest);
      }
    }
  }

  #anyDepth(directory: string, rest: readonly string[]): void {
    this.into(directory, rest);
    for (const { name, isDirectory } of this.#entries(directory)) {
      if (name.startsWith(".")) continue;
      if (isDirectory) this.#anyDepth(`${directory}${name}/`, rest);
      else if (rest.length === 0) this.#found(directory + name, rest);
    }
  }

  #found(path: string, rest: readonly string[]): void {
    const stat = statOf(path);
    if (stat === undefined) {
      // What a directory says of such a name is not the name.
      if (path.includes("\ufffd")) {
        this.unreadable.push({ path, error: new Error("its name is not UTF-8") });
      }
      return;
    }
    if (rest.length === 0) {
      if (stat.isFile || stat.isDirectory) this.paths.add(path);
    } else if (stat.isDirectory) this.into(`${path}/`, rest);
  }

  #entries(directory: string): Deno.DirEntry[] {
    const path = directory === "" ? "." : directory;
    try {
      return [...Deno.readDirSync(path)];
    } catch (error) {
      if (!this.unreadable.some((other) => other.path === path)) {
        this.unreadable.push({ path, error });
      }
      return [];
    }
  }
}

/** Undefined where there is nothing, or it may not be known. */
function statOf(path: string): Deno.FileInfo | undefined {
  try {
    return Deno.statSync(path);
  } catch {
    return undefined;
  }
}

function isMeant(name: string, pattern: string): boolean {
  return !name.startsWith(".") || pattern.startsWith(".");
}

/** The regular expression of the pattern of a name. */
function expressionOf(pattern: string): RegExp {
  let source = "";
  for (let at = 0; at < pattern.length;) {
    const set = /^\[([!^]?)(\][^\]]*|[^\]]+)\]/.exec(pattern.slice(at));
    const characters = /^\*+|^[^]/u.exec(pattern.slice(at))?.[0] ?? "";
    if (set !== null) source += setOf(set[1] !== "", set[2] ?? "");
    else if (characters.startsWith("*")) source += "[^]*";
    else source += characters === "?" ? "[^]" : literal(characters);
    at += set?.[0].length ?? characters.length;
  }
  return new RegExp(`^${source}$`, "u");
}

function literal(text: string): string {
  return text.replaceAll(/[^0-9A-Za-z]/gu, (character) => {
    return `\\u{${character.codePointAt(0)?.toString(16)}}`;
  });
}

/** Of a range that is the wrong way round, nothing is meant. */
function setOf(isOthers: boolean, members: string): string {
  const parts = [...members.matchAll(/([^])-([^])|([^])/gu)].flatMap(([, from, to, one]) => {
    if (from === undefined || to === undefined) return [literal(one ?? "")];
    return from <= to ? [`${literal(from)}-${literal(to)}`] : [];
  });
  return `[${isOthers ? "^" : ""}${parts.join("")}]`;
}
