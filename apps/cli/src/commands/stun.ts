import { MILLISECOND } from "@wavry/rift-core";
import { natMapping, type StunTiming } from "@wavry/stun";
import { askStun, StunError, StunSocket } from "@wavry/stun/node";
import { CommandError, ExitCode } from "../exit-code.ts";
import { millis, Output } from "../output.ts";
import { StopSignals } from "../stop-signals.ts";

/** For a person who looks into a network: five requests, given up after 5.75 s. */
const ASK_TIMING: StunTiming = {
  initialWait: 250 * MILLISECOND,
  requests: 5,
  lastWaitFactor: 8,
};

/** One `--listen`. */
export interface ListenOption {
  readonly address?: string;
  readonly port?: number;
}

/** Options of `wavry stun`. */
export interface StunCommandOptions {
  readonly listen?: readonly ListenOption[];
  readonly perNetwork?: number;
  readonly total?: number;
  readonly json?: boolean;
}

/** `wavry stun` */
export async function stun({ listen, perNetwork, total, json }: StunCommandOptions): Promise<void> {
  const output = new Output(json ?? false);
  using signals = new StopSignals();
  const limits = {
    ...(perNetwork !== undefined && {
      ...{ perNetworkPerSecond: perNetwork, perNetworkBurst: 2 * perNetwork },
    }),
    ...(total !== undefined && { totalPerSecond: total, totalBurst: total }),
  };
  await using socket = await StunSocket.open({ listen, limits }).catch((cause) => {
    if (!(cause instanceof StunError)) throw cause;
    const advice = cause.code === "port-in-use" ? " by --listen" : "";
    throw new CommandError(`${cause.message}${advice}`, ExitCode.failed, { cause });
  });
  for (const { address, port } of socket.addresses)
    output.say(`STUN on UDP ${written(address, port)}${address === "::" ? ", IPv4 too" : ""}`);
  output.report({ event: "listening", addresses: socket.addresses });
  await stopped(signals.signal);
  const { counters } = socket;
  output.say(`Ending; ${counters.answered} of ${counters.received} datagrams were answered`);
  output.report({ event: "ended", reason: "stopped", counters });
  if (signals.exitCode !== undefined) process.exitCode = signals.exitCode;
}

/** `wavry stun ask` */
export async function askServers(
  servers: readonly string[],
  { json }: { readonly json?: boolean },
): Promise<void> {
  using signals = new StopSignals();
  const events = await askStun({ servers, timing: ASK_TIMING, signal: signals.signal }).catch(
    (cause) => {
      if (signals.exitCode !== undefined) return undefined;
      const usage = cause instanceof RangeError;
      const code = usage ? ExitCode.usage : ExitCode.failed;
      throw new CommandError((cause as Error).message, code, { cause });
    },
  );
  if (events === undefined) {
    process.exitCode = signals.exitCode;
    return;
  }
  const rows = events.map((event) => ({
    server: event.server,
    ...(event.type === "mapped"
      ? {
          mapped: event.mapped,
          ...(event.roundTrip !== undefined && { roundTripMs: millis(event.roundTrip) }),
        }
      : { failed: event.reason, ...(event.error !== undefined && { code: event.error.code }) }),
  }));
  const output = new Output(json ?? false);
  if (output.json) process.stdout.write(`${JSON.stringify(rows)}\n`);
  for (const row of rows) {
    const server = written(row.server.address, row.server.port);
    if ("mapped" in row) {
      const time = row.roundTripMs === undefined ? "" : ` (${row.roundTripMs} ms)`;
      output.say(`${server}  sees ${written(row.mapped.address, row.mapped.port)}${time}`);
    } else output.say(`${server}  ${row.failed === "timed-out" ? "did not answer" : row.failed}`);
  }
  if (natMapping(events) === "endpoint-dependent")
    output.say("This network shows another address to each server: nobody else can use them.");
  if (!rows.some((row) => "mapped" in row))
    throw new CommandError("no server told an address: check the name, and that UDP gets through");
}

function written(address: string, port: number): string {
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}

function stopped(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
