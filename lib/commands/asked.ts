/** Says how a run goes when a signal asks for it. */
import type { Diag } from "../diag.ts";
import type { Reporter } from "../pipeline/reporter.ts";
import type { Ledger } from "../pipeline/stage.ts";

/** On SIGUSR2 says how the run goes, on stderr and among the reports. `using` ends that. */
export function reportWhenAsked(
  { diag, ledger }: { readonly diag: Diag; readonly ledger: Ledger },
  reporter: Reporter | undefined,
): Disposable {
  const answer = () => {
    diag.say("notice", `${ledger}`);
    reporter?.stats("asked");
  };
  Deno.addSignalListener("SIGUSR2", answer);
  return { [Symbol.dispose]: () => Deno.removeSignalListener("SIGUSR2", answer) };
}
