import { readFileSync } from "node:fs";
import { getPriority, setPriority } from "node:os";
import { defaultKeyringDirectory, loadOrCreateIdentity } from "@wavry/keyring";
import { DEFAULT_RELAY_PORT } from "@wavry/relay";
import {
  type FleetError,
  openRelaySocket,
  RelayMonitor,
  type RelayMonitorOptions,
  RelayServer,
} from "@wavry/relay-server";
import { nodeSuite } from "@wavry/rift-crypto/node";
import { CommandError, ExitCode } from "../exit-code.ts";
import { Output } from "../output.ts";
import { StopSignals } from "../stop-signals.ts";
import { isWildcard, publicAddress, publicAddresses, reachableAt } from "./relay-addresses.ts";
import {
  findMaster,
  findRegion,
  isProduction,
  prepareFleet,
  takeGatewayKey,
} from "./relay-fleet.ts";
import type { RelayFlags } from "./relay-register.ts";
import { findCertificatePaths, RelayTls } from "./relay-tls.ts";

const { version } = JSON.parse(
  readFileSync(new URL("../../package.json", import.meta.url), "utf8"),
) as { version: string };
const KEY_VARIABLE = "WAVRY_RELAY_MASTER_PUBLIC_KEY";
const DEFAULT_HEALTH_PORT = 4_001;
/** A tenth of what a thread has that forwards. */
const NEWCOMERS_PRIORITY = 10;

/** `wavry relay` */
export async function relay(options: RelayFlags): Promise<void> {
  const output = new Output(options.json ?? false);
  using signals = new StopSignals();
  const master = findMaster(options.gateway);
  const told = publicAddresses(options.public ?? []);
  const region = findRegion(options.region);
  const paths = findCertificatePaths(options);
  const tlsName =
    options.tlsName === undefined ? undefined : publicAddress(options.tlsName, "--tls-name");
  const givenKey = findGatewayKey(options.gatewayKey, isProduction() || master === undefined);
  if (master !== undefined && told.length === 0 && isWildcard(options.listen?.address))
    throw wrong(
      "a relay that a gateway hands out has to say where devices reach it: give --public",
    );
  const gatewayKey = givenKey ?? (await takeGatewayKey(master!, output));
  const identity = loadOrCreateIdentity({
    directory: defaultKeyringDirectory(),
    suite: nodeSuite,
  });
  const { address, port = DEFAULT_RELAY_PORT } = options.listen ?? {};
  const refused = new AbortController();
  {
    await using tls = paths
      ? await RelayTls.open({ paths, listen: options.tlsListen, name: tlsName, told, output })
      : undefined;
    const socket = await openRelaySocket({ address, port, threads: options.threads });
    // Newcomers wait for those who are there: threads that were started already keep their priority.
    if (socket.threads !== undefined && getPriority() < NEWCOMERS_PRIORITY)
      setPriority(NEWCOMERS_PRIORITY);
    await using server = new RelayServer({
      ...{ socket, suite: nodeSuite, gatewayKey, identity, maxRateKbps: options.maxRate },
    });
    if (tls !== undefined) server.attach(tls.door);
    const at = server.address;
    const addresses = reachableAt(told, at);
    output.say(`Relay ${identity.wavryId}`);
    const as = told.length > 0 ? `, as ${addresses.map(written).join(" and ")}` : "";
    output.say(`  on UDP ${written(at)}${as}`);
    if (tls !== undefined)
      output.say(`  over TLS on TCP ${written(tls.door.address)}, as ${tls.url}`);
    const facts = { addresses, tls: tls?.url, region, version };
    using fleet =
      master === undefined
        ? undefined
        : prepareFleet({
            ...{ identity, gateway: master, gatewayKey, facts, server, output },
            onRefused: (error) => refused.abort(error),
          });
    await using monitor = await listenForWatchers(
      { relay: server, tls: tls?.door, fleet },
      options.health,
    );
    if (monitor !== undefined) output.say(`  health and figures at ${monitor.url}/metrics`);
    output.report({
      event: "listening",
      relayId: identity.wavryId,
      staticKey: Buffer.from(identity.staticKey).toString("base64url"),
      ...at,
      threads: socket.threads?.count ?? 0,
      public: told.length === 0 ? undefined : addresses,
      ...(tls !== undefined && { tls: { url: tls.url, ...tls.door.address } }),
      health: monitor?.url,
    });
    fleet?.begin();
    await aborted(AbortSignal.any([signals.signal, refused.signal]));
    if (!refused.signal.aborted) {
      const { sessions } = server.status;
      output.say(`Draining ${sessions} sessions for up to ${options.drain} s`);
      output.report({ event: "draining", sessions, seconds: options.drain });
      // The gateway and the sessions hear of it in the same moment.
      await Promise.all([server.drain(options.drain), fleet?.drain()]);
    }
  }
  if (refused.signal.aborted) throw refusal(refused.signal.reason);
  output.report({ event: "ended", reason: "stopped" });
  if (signals.exitCode !== undefined) process.exitCode = signals.exitCode;
}

async function listenForWatchers(
  watched: Pick<RelayMonitorOptions, "relay" | "tls" | "fleet">,
  health: RelayFlags["health"],
): Promise<RelayMonitor | undefined> {
  if (health === false) return undefined;
  const { address, port = DEFAULT_HEALTH_PORT } = health ?? {};
  return await RelayMonitor.listen({ ...watched, address, port }).catch((cause) => {
    const { code } = cause as NodeJS.ErrnoException;
    const reason = code === "EADDRINUSE" ? "it is taken by another program" : String(code);
    throw new CommandError(
      `cannot listen on TCP port ${port} for --health: ${reason}; choose another or --no-health`,
      undefined,
      { cause },
    );
  });
}

/** The key whose leases are good: the flag's file, else the environment's; undefined: there is none, and none is `required`. */
function findGatewayKey(file: string | undefined, required: boolean): Uint8Array | undefined {
  const named = file ?? process.env[`${KEY_VARIABLE}_FILE`];
  const direct = file === undefined ? process.env[KEY_VARIABLE]?.trim() : undefined;
  const name =
    file !== undefined ? "--gateway-key" : direct ? KEY_VARIABLE : `${KEY_VARIABLE}_FILE`;
  let text = direct;
  if (!text && named)
    try {
      text = readFileSync(named, "utf8").trim();
    } catch (cause) {
      const reason = (cause as NodeJS.ErrnoException).code ?? "unknown reason";
      throw wrong(`${name}: ${named} cannot be read (${reason})`);
    }
  if (!text && !required) return undefined;
  if (!text)
    throw wrong(
      `a relay serves one gateway and needs its public key: give --gateway-key FILE or ${KEY_VARIABLE}`,
    );
  if (!/^[A-Za-z0-9_-]{43}$/.test(text))
    throw wrong(`${name}: not a gateway's public key (43 characters of base64url)`);
  return new Uint8Array(Buffer.from(text, "base64url"));
}

function refusal(error: FleetError): CommandError {
  return new CommandError(error.message, undefined, { cause: error });
}

function wrong(message: string): CommandError {
  return new CommandError(message, ExitCode.usage);
}

function written({ address, port }: { address: string; port: number }): string {
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
