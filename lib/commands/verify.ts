/** `verify`: whether a log is as it was written. */
import { type AnchorState, readAnchor } from "../chain/anchor.ts";
import { anchorPathOf, type ChainedLog, eachLine, findChainedLogs } from "../chain/chained_logs.ts";
import { readKey } from "../chain/key.ts";
import { Mac } from "../chain/mac.ts";
import { Verifier } from "../chain/verifier.ts";
import { counted } from "../counted.ts";
import { describeInvocation } from "../cli/describe.ts";
import { print } from "../cli/print.ts";
import type { Invocation, OptionValues } from "../cli/spec.ts";
import { Diag } from "../diag.ts";
import { EXIT, ExitError } from "../exit.ts";
import { escapeMessage } from "../formats/escape.ts";
import { dropPermissions } from "../permissions.ts";
import type { System } from "../system.ts";

/** Exit statuses. */
const STATUS = { whole: 0, broken: 1, trouble: 2 } as const;

/** Where a chain is broken, and how: a clause. */
interface Break {
  readonly path: string;
  readonly line: number;
  readonly what: string;
}

/** Says whether the logs are whole, or where they are not. */
export async function run({ command, values, operands }: Invocation, system: System) {
  const diag = new Diag(system, { quiet: values.flag("quiet"), verbose: values.flag("verbose") });
  if (values.flag("dry-run")) {
    const lines = ["verify", ...describeInvocation({ command, values, operands })];
    print(system.stdout, lines.map((line) => `${escapeMessage(line)}\n`).join(""));
    return EXIT.ok;
  }
  const keyPath = values.text("key");
  if (keyPath === undefined) {
    throw new ExitError(EXIT.usage, 'say which key the log was written with: "--key FILE"');
  }
  const mac = await Mac.load(readKey(system, keyPath));
  await dropPermissions(["read"]);
  const { logs, problems } = await findChainedLogs(operands);
  for (const problem of problems) diag.say("error", problem);
  const last = logs.at(-1);
  if (problems.length === 0 && last === undefined) {
    diag.say("error", `no logs are in ${operands.map((path) => JSON.stringify(path)).join(", ")}`);
  }
  if (problems.length > 0 || last === undefined) return STATUS.trouble;
  return await verify(logs, last, mac, { values, system, diag });
}

async function verify(
  logs: readonly ChainedLog[],
  last: ChainedLog,
  mac: Mac,
  { values, system, diag }: {
    readonly values: OptionValues;
    readonly system: System;
    readonly diag: Diag;
  },
): Promise<number> {
  const partial = values.text("partial");
  const allowsEarlierEnd = partial === "end" || partial === "both";
  const answer = (text: string) => print(system.stdout, `${escapeMessage(text)}\n`);
  const anchor = anchorOf(last, mac, system);
  if (anchor === "wrong") {
    answer(`${last.path}: the anchor of the chain was changed, or is of another key`);
    return STATUS.broken;
  }
  const verifier = new Verifier(mac, {
    ...(anchor !== "none" && { anchor }),
    allowsLaterStart: partial === "start" || partial === "both",
    allowsEarlierEnd,
  });
  const found = await search(logs, verifier);
  if (typeof found === "string") {
    diag.say("error", found);
    return STATUS.trouble;
  }
  if (found !== undefined) {
    answer(`${found.path}:${found.line}: ${found.what}`);
    return STATUS.broken;
  }
  sayCounts(verifier, diag);
  if (verifier.first === undefined) {
    if (anchor !== "none") return STATUS.whole;
    diag.say("error", "no line of a chain is there: was it written with --chain?");
    return STATUS.trouble;
  }
  const files = counted(logs.length, "file");
  const { before } = verifier.counts;
  // In the answer itself: who asks for no notices must not take them for a part of the chain.
  const others = before === 0 ? "" : `, behind ${counted(before, "line")} that nothing protects`;
  answer(`whole: records ${verifier.first} to ${verifier.state.n} in ${files}${others}`);
  if (anchor !== "none" || allowsEarlierEnd) return STATUS.whole;
  diag.say(
    "error",
    `no anchor is beside "${last.path}", so nobody knows whether lines are missing at its end: copy it with the log, or use "--partial end"`,
  );
  return STATUS.trouble;
}

function anchorOf(log: ChainedLog, mac: Mac, system: System): AnchorState | "none" | "wrong" {
  const path = anchorPathOf(log.path);
  if (path === undefined) return "none";
  return readAnchor(system, path, mac);
}

/** The first break; undefined where there is none. A sentence where not all can be read. */
async function search(
  logs: readonly ChainedLog[],
  verifier: Verifier,
): Promise<Break | string | undefined> {
  let found: Break | undefined;
  let latest = { path: logs.at(-1)?.path ?? "", line: 0 };
  for (const { path } of logs) {
    const problem = await eachLine(path, ({ number, bytes }) => {
      const fault = verifier.line(bytes);
      const here = { path, line: number };
      if (fault !== undefined) found = { ...(fault.isBefore ? latest : here), what: fault.what };
      latest = here;
      return fault !== undefined;
    });
    if (found !== undefined || problem !== undefined) return found ?? problem;
  }
  const what = verifier.end();
  return what === undefined ? undefined : { ...latest, what };
}

function sayCounts({ counts: { torn }, behindAnchor }: Verifier, diag: Diag): void {
  if (torn > 0) {
    diag.say("notice", `broken off while it was written, as by a kill: ${counted(torn, "line")}`);
  }
  if (behindAnchor > 0) {
    diag.say(
      "notice",
      `behind the anchor, as of a run that goes on or was killed: ${
        counted(behindAnchor, "line")
      }; nobody knows whether there were more`,
    );
  }
}
