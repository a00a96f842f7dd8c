/** What a format renders of a process, of a host or of the program: once for all records that have it in common. */
import type { Connection, HostIdentity } from "../connection.ts";
import type { Scope } from "../mapping/field.ts";
import { NOTHING } from "../mapping/flow.ts";
import { ProcessCache } from "./process_cache.ts";
import { ofWords } from "./words_cache.ts";

/** What is the same for many records. */
export type SharedScope = Exclude<Scope, "record">;

/** Room for what is known of processes, bytes: when it is full, all is rendered again. */
const MOST_REMEMBERED = 4 * 2 ** 20;

/** Bytes of what is rendered that are not those of its text: a guess. */
const BYTES_BESIDES = 200;

type Render<Rendered> = (record: Connection) => Rendered;

const processes = new ProcessCache(MOST_REMEMBERED);

/** How many renderers of processes there are. */
let renderers = 0;

function ofProcess<Rendered extends { readonly length: number }>(
  render: Render<Rendered>,
): Render<Rendered> {
  const number = renderers++;
  const ofNone = render(NOTHING);
  return ({ process }) => {
    if (process === undefined) return ofNone;
    const rendered = processes.get(process);
    const known = rendered[number] as Rendered | undefined;
    if (known !== undefined) return known;
    const made = render({ ...NOTHING, process });
    rendered[number] = made;
    processes.grow(made.length + BYTES_BESIDES);
    return made;
  };
}

/** All records of a run are of one host, but not of one object: each batch from a worker has its own. */
function ofHost<Rendered>(render: Render<Rendered>): Render<Rendered> {
  let latest: HostIdentity | undefined;
  const ofNone = render(NOTHING);
  let rendered = ofNone;
  return ({ host }) => {
    if (host === undefined) return ofNone;
    if (host !== latest) {
      if (latest?.id !== host.id || latest.name !== host.name || latest.os !== host.os) {
        rendered = render({ ...NOTHING, host });
      }
      latest = host;
    }
    return rendered;
  };
}

/**
 * Makes a function that gives what is rendered of a record, and remembers it.
 *
 * @param render Is given a record of which nothing is known but what the scope says.
 */
export function remembered<Rendered extends { readonly length: number }>(
  scope: SharedScope,
  render: Render<Rendered>,
): Render<Rendered> {
  if (scope === "words") return ofWords(render);
  if (scope === "process") return ofProcess(render);
  if (scope === "host") return ofHost(render);
  const ofAll = render(NOTHING);
  return () => ofAll;
}
