/** The range of time that `--since` and `--until` name. */
import type { OptionValues } from "../cli/spec.ts";
import { EXIT, ExitError } from "../exit.ts";
import { parseMoment } from "../query/moment.ts";

/** Half open, microseconds since the epoch. */
export interface AskedSpan {
  readonly since?: number;
  readonly until?: number;
}

/**
 * What the options ask.
 *
 * @param now Microseconds since the epoch.
 * @throws ExitError 64 when the times do not go together.
 */
export function askedSpan(values: OptionValues, now: number): AskedSpan {
  const [since, until] = ["since", "until"].map((name) => {
    const text = values.text(name);
    return text === undefined ? undefined : parseMoment(text, now);
  });
  if (since !== undefined && until !== undefined && since >= until) {
    throw new ExitError(EXIT.usage, "--since is not before --until: there is no time between them");
  }
  return { ...(since !== undefined && { since }), ...(until !== undefined && { until }) };
}
