/** `service`: prints the files that run connscribe on this host, for systemd, launchd, cron, Splunk, ... */
import { print } from "../cli/print.ts";
import type { Invocation, OptionValues } from "../cli/spec.ts";
import { EXIT, ExitError } from "../exit.ts";
import { type ServiceFile, serviceFile } from "../service/files.ts";
import { isHidden, plainPath, USUAL_LOG_DIRECTORY, USUAL_PROGRAM } from "../service/place.ts";
import type { System } from "../system.ts";

/** Prints one file. Nothing is installed, and nothing else is read or written. */
export function run({ values }: Invocation, system: System): Promise<number> {
  const file = serviceFile(values.text("print") ?? "");
  if (file === undefined) {
    throw new ExitError(EXIT.usage, `"service" needs --print: "connscribe help service" lists all`);
  }
  const from = collectorOf(file, values, Deno.build.os);
  const place = {
    program: programPath(values),
    from,
    logDirectory: plainPath(values.text("log-directory") ?? USUAL_LOG_DIRECTORY),
  };
  for (const path of [place.program, place.logDirectory]) {
    if (!file.name.startsWith("systemd") || !isHidden(path)) continue;
    throw new ExitError(
      EXIT.usage,
      `a unit does not see ${
        JSON.stringify(path)
      }: name another place with --program or --log-directory`,
    );
  }
  print(system.stdout, file.render(place, file.installed));
  return Promise.resolve(EXIT.ok);
}

/** The program as it runs; from source that would be Deno. */
function programPath(values: OptionValues): string {
  const named = values.text("program");
  if (named !== undefined) return plainPath(named);
  if (!Deno.build.standalone) return USUAL_PROGRAM;
  try {
    return plainPath(Deno.execPath());
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const path = JSON.stringify(Deno.execPath());
    const advice = `install it as "${USUAL_PROGRAM}", or name another place with --program`;
    throw new ExitError(EXIT.usage, `cannot write the path ${path}: ${error.message}: ${advice}`);
  }
}

function collectorOf(
  { name, from }: ServiceFile,
  values: OptionValues,
  os: typeof Deno.build.os,
): string {
  const named = values.text("from");
  if (named === undefined) {
    return os === "darwin" && from.includes("littlesnitch") ? "littlesnitch" : from[0] ?? "";
  }
  if (from.includes(named)) return named;
  throw new ExitError(
    EXIT.usage,
    `"--print ${name}" does not go with "--from ${named}": it is for ${from.join(" or ")}`,
  );
}
