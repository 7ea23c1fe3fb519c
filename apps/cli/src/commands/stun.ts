import { MILLISECOND } from "@wavry/rift-core";
import {
  natMapping,
  STUN_PORT,
  type StunTiming,
  sameTransportAddress,
  type TransportAddress,
} from "@wavry/stun";
import { askStun, StunError, StunSocket, type StunSocketOptions } from "@wavry/stun/node";
import { examineNats, type NatOfServer, natLines } from "../doctor/network/nat.ts";
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
  /** False: none. Else the first port + 1, where that is free. */
  readonly secondPort?: number | false;
  readonly perNetwork?: number;
  readonly total?: number;
  readonly json?: boolean;
}

/** `wavry stun` */
export async function stun(options: StunCommandOptions): Promise<void> {
  const { listen, perNetwork, total, json } = options;
  const output = new Output(json ?? false);
  using signals = new StopSignals();
  const limits = {
    ...(perNetwork !== undefined && {
      ...{ perNetworkPerSecond: perNetwork, perNetworkBurst: 2 * perNetwork },
    }),
    ...(total !== undefined && { totalPerSecond: total, totalBurst: total }),
  };
  await using socket = await openServer({ listen, limits }, options.secondPort).catch((cause) => {
    if (!(cause instanceof StunError)) throw cause;
    const which = options.secondPort === undefined ? "by --listen" : "by --listen or --second-port";
    const advice = cause.code === "port-in-use" ? ` ${which}` : "";
    throw new CommandError(`${cause.message}${advice}`, ExitCode.failed, { cause });
  });
  for (const { address, port } of socket.addresses)
    output.say(`STUN on UDP ${written(address, port)}${address === "::" ? ", IPv4 too" : ""}`);
  for (const { address, port } of socket.secondAddresses)
    output.say(`and on ${written(address, port)}, to tell kinds of NAT`);
  const { addresses, secondAddresses } = socket;
  output.report({ event: "listening", addresses, secondAddresses });
  await stopped(signals.signal);
  const { counters } = socket;
  output.say(`Ending; ${counters.answered} of ${counters.received} datagrams were answered`);
  output.report({ event: "ended", reason: "stopped", counters });
  if (signals.exitCode !== undefined) process.exitCode = signals.exitCode;
}

/** The second port is a help that nobody has to have, unless it was asked for. Rejects with StunError. */
async function openServer(
  options: StunSocketOptions,
  wished: number | false | undefined,
): Promise<StunSocket> {
  const [first] = options.listen ?? [];
  const port = first?.port ?? STUN_PORT;
  const secondPort = wished ?? (port === 0 ? 0 : port + 1);
  if (secondPort === false || secondPort > 65_535) return await StunSocket.open(options);
  try {
    return await StunSocket.open({ ...options, secondPort });
  } catch (error) {
    if (wished !== undefined || !(error instanceof StunError)) throw error;
    // Should it be the first that is taken, this tells so.
    return await StunSocket.open(options);
  }
}

/** `wavry stun ask` */
export async function askServers(
  servers: readonly string[],
  { json, nat }: { readonly json?: boolean; readonly nat?: boolean },
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
  const nats = nat === true ? await examineNats(servers, signals.signal).catch(() => []) : [];
  if (output.json)
    process.stdout.write(
      `${JSON.stringify(rows.map((row) => ({ ...row, nat: nats.find((each) => isOf(each, row))?.nat })))}\n`,
    );
  for (const row of rows) {
    const server = written(row.server.address, row.server.port);
    if ("mapped" in row) {
      const time = row.roundTripMs === undefined ? "" : ` (${row.roundTripMs} ms)`;
      output.say(`${server}  sees ${written(row.mapped.address, row.mapped.port)}${time}`);
    } else output.say(`${server}  ${row.failed === "timed-out" ? "did not answer" : row.failed}`);
  }
  for (const line of nats.flatMap(natLines)) output.say(line);
  if (natMapping(events) === "endpoint-dependent")
    output.say("This network shows another address to each server: nobody else can use them.");
  if (!rows.some((row) => "mapped" in row))
    throw new CommandError("no server told an address: check the name, and that UDP gets through");
}

function isOf(nat: NatOfServer, { server }: { readonly server: TransportAddress }): boolean {
  return sameTransportAddress(nat.server, server);
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
