import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { CommandError, ExitCode } from "../exit-code.ts";
import { chooseProfile, type LinkWishes } from "../lab/choose-profile.ts";
import { CLIENT_ADDRESS, HOST_ADDRESS, LabNamespaces } from "../lab/namespaces.ts";
import { figuresReport, totalsText } from "../lab/print-figures.ts";
import type { TunFigures, TunWorkerData } from "../lab/tun-worker.ts";
import { Output } from "../output.ts";
import { StopSignals } from "../stop-signals.ts";

/** Options of `wavry lab netns`. */
export interface LabNetnsCommandOptions extends LinkWishes {
  readonly name: string;
  readonly seed: number;
  readonly seconds?: number;
  readonly json?: boolean;
}

/** `wavry lab netns` */
export async function runNetns(
  profileName: string | undefined,
  options: LabNetnsCommandOptions,
): Promise<void> {
  const output = new Output(options.json ?? false);
  const profile = chooseProfile(profileName, options);
  using stop = new StopSignals();
  using namespaces = new LabNamespaces(options.name);
  const { host, client } = namespaces;
  const control = new SharedArrayBuffer(4);
  const { seed } = options;
  const workerData: TunWorkerData = { ...namespaces.fds, profile, seed, control };
  const worker = new Worker(new URL("../lab/tun-worker.ts", import.meta.url), { workerData });
  let figures: TunFigures | undefined;
  worker.on("message", (message: TunFigures) => {
    figures = message;
    output.report({ event: "figures", ...figuresReport(message) });
  });
  const ended = once(worker, "exit").catch((cause) => {
    throw new CommandError(`the link broke: ${(cause as Error).message}`, ExitCode.failed, {
      cause,
    });
  });
  output.report({
    event: "ready",
    ...{ host, client, hostAddress: HOST_ADDRESS, clientAddress: CLIENT_ADDRESS },
    ...{ profile: profile.name, seed },
  });
  output.say(
    [
      `${profile.summary}; until Ctrl-C, in other terminals:`,
      `  ip netns exec ${host} …    is at ${HOST_ADDRESS}`,
      `  ip netns exec ${client} …  is at ${CLIENT_ADDRESS}`,
    ].join("\n"),
  );
  const finish = (): void => {
    Atomics.store(new Int32Array(control), 0, 1);
  };
  stop.signal.addEventListener("abort", finish);
  const timer =
    options.seconds === undefined ? undefined : setTimeout(finish, options.seconds * 1_000);
  try {
    // The interfaces stay open until the thread has let go of them.
    await ended;
  } finally {
    clearTimeout(timer);
  }
  if (figures !== undefined) {
    output.report({ event: "ended", ...figuresReport(figures) });
    output.say(totalsText(figures));
  }
  process.exitCode = stop.exitCode ?? ExitCode.ok;
}
