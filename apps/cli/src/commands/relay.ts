import { readFileSync } from "node:fs";
import { isIP } from "node:net";
import { defaultKeyringDirectory, loadOrCreateIdentity } from "@wavry/keyring";
import { DEFAULT_RELAY_PORT } from "@wavry/relay";
import { RelayMonitor, RelayServer } from "@wavry/relay/node";
import { nodeSuite } from "@wavry/rift-crypto/node";
import { openSocket } from "@wavry/rift-udp";
import { CommandError, ExitCode } from "../exit-code.ts";
import { Output } from "../output.ts";
import { StopSignals } from "../stop-signals.ts";
import type { RelayFlags } from "./relay-register.ts";

const KEY_VARIABLE = "WAVRY_RELAY_MASTER_PUBLIC_KEY";
const DEFAULT_HEALTH_PORT = 4_001;
const HOST_NAME = /^(?=.{1,253}$)[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/;

/** `wavry relay` */
export async function relay(options: RelayFlags): Promise<void> {
  const output = new Output(options.json ?? false);
  using signals = new StopSignals();
  const gatewayKey = findGatewayKey(options.gatewayKey);
  const told = options.public === undefined ? undefined : publicAddress(options.public);
  const identity = loadOrCreateIdentity({
    directory: defaultKeyringDirectory(),
    suite: nodeSuite,
  });
  const { address, port = DEFAULT_RELAY_PORT } = options.listen ?? {};
  // A relay sends what it was given in the turn in which it came: only the plain socket needs no copy for that.
  const socket = await openSocket({ address, port, prefer: "plain" });
  {
    await using server = new RelayServer({
      ...{ socket, suite: nodeSuite, gatewayKey, identity, maxRateKbps: options.maxRate },
    });
    await using monitor = await listenForWatchers(server, options.health);
    const at = server.address;
    const publicPort = told?.port ?? at.port;
    output.say(`Relay ${identity.wavryId}`);
    output.say(
      `  on UDP ${written(at)}${told ? `, as ${written({ ...told, port: publicPort })}` : ""}`,
    );
    if (monitor !== undefined) output.say(`  health and figures at ${monitor.url}/metrics`);
    output.report({
      event: "listening",
      relayId: identity.wavryId,
      staticKey: Buffer.from(identity.staticKey).toString("base64url"),
      ...at,
      public: told === undefined ? undefined : { address: told.address, port: publicPort },
      health: monitor?.url,
    });
    await aborted(signals.signal);
    const { sessions } = server.status;
    output.say(`Draining ${sessions} sessions for up to ${options.drain} s`);
    output.report({ event: "draining", sessions, seconds: options.drain });
    await server.drain(options.drain);
  }
  output.report({ event: "ended", reason: "stopped" });
  if (signals.exitCode !== undefined) process.exitCode = signals.exitCode;
}

async function listenForWatchers(
  relay: RelayServer,
  health: RelayFlags["health"],
): Promise<RelayMonitor | undefined> {
  if (health === false) return undefined;
  const { address, port = DEFAULT_HEALTH_PORT } = health ?? {};
  return await RelayMonitor.listen({ relay, address, port }).catch((cause) => {
    const { code } = cause as NodeJS.ErrnoException;
    const reason = code === "EADDRINUSE" ? "it is taken by another program" : String(code);
    throw new CommandError(
      `cannot listen on TCP port ${port} for --health: ${reason}; choose another or --no-health`,
      undefined,
      { cause },
    );
  });
}

/** The key whose leases are good: the flag's file, else the environment's. */
function findGatewayKey(file: string | undefined): Uint8Array {
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
  if (!text)
    throw wrong(
      `a relay serves one gateway and needs its public key: give --gateway-key FILE or ${KEY_VARIABLE}`,
    );
  if (!/^[A-Za-z0-9_-]{43}$/.test(text))
    throw wrong(`${name}: not a gateway's public key (43 characters of base64url)`);
  return new Uint8Array(Buffer.from(text, "base64url"));
}

/** "relay.example", "relay.example:4000", "192.0.2.1", "[2001:db8::1]:4000". */
function publicAddress(text: string): { address: string; port?: number } {
  if (isIP(text) !== 0) return { address: text };
  const match = /^(?:\[(.+)\]|([^:]+))(?::(\d{1,5}))?$/.exec(text);
  const address = match?.[1] ?? match?.[2] ?? "";
  const port = match?.[3] === undefined ? undefined : Number(match[3]);
  const isGood = match?.[1] === undefined ? HOST_NAME.test(address) : isIP(address) === 6;
  if (!isGood || port === 0 || (port ?? 1) > 65_535)
    throw wrong("--public: such as relay.example, relay.example:4000 or [2001:db8::1]:4000");
  return { address, ...(port !== undefined && { port }) };
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
