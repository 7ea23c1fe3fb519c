/** Wavry itself: `wavry host` on display A, `wavry connect` on display B, as two processes. */

import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { monotonicMicros } from "../../lib/clock.ts";
import { OwnedDirectory, whenOneEnds } from "../../lib/processes.ts";
import { startWavry } from "../../lib/wavry-command.ts";
import { fillTemplate } from "../command-streamer.ts";
import type { RunningStreamer, Stage, Streamer, StreamerOptions } from "../streamer.ts";
import { STAGES } from "../streamer.ts";

const HOST = ["host", "--json", "--port", "0", "--address", "127.0.0.1", "--bitrate", "{kbps}k"];
const CLIENT = ["connect", "{link}", "--json", "--fullscreen"];
const LISTEN_TIMEOUT_MILLIS = 15_000;

/** A line of `--json`: what the adapter reads of it. */
interface Report {
  readonly event?: string;
  /** In the host's report of its pairing link. */
  readonly link?: string;
  /** In the client's report of its first picture. */
  readonly afterMs?: number;
  /** In the client's reports at each update shown, in ms. */
  readonly stages?: Partial<Record<Stage, number>>;
}

function readReports(stream: Readable, onReport: (report: Report) => void): void {
  createInterface({ input: stream }).on("line", (line) => {
    if (!line.startsWith("{")) return;
    try {
      onReport(JSON.parse(line));
    } catch {}
  });
}

function startSide(args: readonly string[], display: string, home: OwnedDirectory) {
  const env = { DISPLAY: display, XDG_CONFIG_HOME: home.path, XDG_STATE_HOME: home.path };
  return startWavry(args, env);
}

async function start(options: StreamerOptions): Promise<RunningStreamer> {
  await using stack = new AsyncDisposableStack();
  const hostHome = stack.use(new OwnedDirectory());
  const clientHome = stack.use(new OwnedDirectory());
  const kbps = Math.round(options.bitrateBps / 1000);
  const host = stack.use(
    await startSide(fillTemplate(HOST, { kbps }), options.displayA.name, hostHome),
  );
  const link = await new Promise<string>((resolve, reject) => {
    const failed = () => reject(new Error(`its host gave no link: ${host.lastWords}`));
    setTimeout(failed, LISTEN_TIMEOUT_MILLIS).unref();
    void host.exited.then(failed);
    readReports(host.child.stdout!, (report) => {
      if (report.link !== undefined) resolve(report.link);
    });
  });
  const connectedFrom = monotonicMicros();
  const client = stack.use(
    await startSide(fillTemplate(CLIENT, { link }), options.displayB.name, clientHome),
  );
  const samples = Object.fromEntries(STAGES.map((stage) => [stage, [] as number[]]));
  let connectMillis: number | undefined;
  readReports(client.child.stdout!, ({ stages, afterMs }) => {
    connectMillis ??= afterMs;
    for (const stage of STAGES)
      if (stages?.[stage] !== undefined) samples[stage]!.push(stages[stage]);
  });
  const owned = stack.move();
  return {
    hostPids: [host.pid],
    clientPids: [client.pid],
    connectedFrom,
    failed: whenOneEnds({ host, client }),
    stages: async () => samples,
    connectMillis: () => connectMillis,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

export const wavry: Streamer = {
  name: "wavry",
  takesInput: true,
  programs: [],
  debianPackages: [],
  commandLines: [`host:   wavry ${HOST.join(" ")}`, `client: wavry ${CLIENT.join(" ")}`],
  start,
};
