import { isHealthy } from "../doctor/check.ts";
import { examineMachine } from "../doctor/examine.ts";
import { printChecks } from "../doctor/print-checks.ts";
import { CommandError, ExitCode } from "../exit-code.ts";
import { Output } from "../output.ts";
import { StopSignals } from "../stop-signals.ts";

/** Options of `wavry doctor`. */
export interface DoctorCommandOptions {
  readonly json?: boolean;
  /** A host's name: a session with it is tried, too. */
  readonly network?: boolean | string;
  readonly gateway?: string;
  readonly stun?: readonly string[];
  readonly relay?: readonly string[];
}

/** `wavry doctor`: exits 0 where a session works, else 1. */
export async function doctor(options: DoctorCommandOptions): Promise<void> {
  if (options.network !== undefined && options.network !== false)
    return await doctorNetwork(options);
  const output = new Output(options.json ?? false);
  const checks = await examineMachine();
  const healthy = isHealthy(checks);
  output.report({ healthy, checks });
  output.say(printChecks(checks));
  process.exitCode = healthy ? ExitCode.ok : ExitCode.failed;
}

/** `wavry doctor --network`: exits 0 where UDP gets through or a relay over TLS answers, and the session that is tried comes about; else 1. */
async function doctorNetwork(options: DoctorCommandOptions): Promise<void> {
  const { json, gateway, stun, relay, network } = options;
  const output = new Output(json ?? false);
  const [{ examineNetwork }, { printNetwork }] = await Promise.all([
    import("../doctor/network/examine-network.ts"),
    import("../doctor/network/print-network.ts"),
  ]);
  using stop = new StopSignals();
  const { signal } = stop;
  const questions = { gateway, stun, relays: relay };
  const report = await examineNetwork(questions, signal).catch((error) => {
    if (stop.exitCode === undefined) throw error;
    return undefined;
  });
  if (report === undefined) {
    process.exitCode = stop.exitCode;
    return;
  }
  output.say(printNetwork(report));
  if (typeof network !== "string") {
    output.report({ ...report });
    process.exitCode = report.healthy ? ExitCode.ok : ExitCode.failed;
    return;
  }
  output.say(`\nA session with ${network}:`);
  const [{ tryHost }, { explainPaths }] = await Promise.all([
    import("../doctor/network/try-host.ts"),
    import("@wavry/rift-udp/paths"),
  ]);
  const tried = await tryHost(network, { gateway, signal }).catch((error: Error) => error);
  if (tried instanceof Error) {
    output.report({ ...report, session: { failed: tried.message } });
    if (stop.exitCode === undefined) throw new CommandError(tried.message);
    process.exitCode = stop.exitCode;
    return;
  }
  output.report({ ...report, session: tried });
  for (const line of explainPaths(tried)) output.say(`  ${line}`);
  process.exitCode = tried.used === undefined ? ExitCode.failed : ExitCode.ok;
}
