import { isHealthy } from "../doctor/check.ts";
import { examineMachine } from "../doctor/examine.ts";
import { printChecks } from "../doctor/print-checks.ts";
import { ExitCode } from "../exit-code.ts";
import { Output } from "../output.ts";

/** `wavry doctor`: exits 0 where a session works, else 1. */
export async function doctor(options: { json?: boolean }): Promise<void> {
  const output = new Output(options.json ?? false);
  const checks = await examineMachine();
  const healthy = isHealthy(checks);
  output.report({ healthy, checks });
  output.say(printChecks(checks));
  process.exitCode = healthy ? ExitCode.ok : ExitCode.failed;
}
