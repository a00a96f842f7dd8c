/** Whether secrets in command lines are replaced, as the options say. */
import type { OptionValues } from "../cli/spec.ts";
import { EXIT, ExitError } from "../exit.ts";
import { redactStage } from "../pipeline/redact.ts";
import type { Stage } from "../pipeline/stage.ts";

/**
 * The stage that every record of a live source goes through first; undefined where it is not wanted. Logs
 * are read as they are.
 *
 * @throws ExitError 64 when options contradict each other.
 */
export function redaction(values: OptionValues, isPast: boolean): Stage | undefined {
  const [wanted, unwanted] = ["redact", "no-redact"].map((name) =>
    values.has(name) && values.flag(name) ? values.source(name) : undefined
  );
  if (wanted !== undefined && wanted === unwanted) {
    throw new ExitError(EXIT.usage, '"--redact" does not go with "--no-redact"');
  }
  const isOff = unwanted === "command line" || (unwanted === "config" && wanted === undefined);
  return isPast || isOff ? undefined : redactStage;
}
