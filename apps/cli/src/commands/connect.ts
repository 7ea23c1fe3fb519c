import { hostname } from "node:os";
import type { ClientEvent, HostTarget } from "@wavry/client/thread";
import { parseHostAddress, parsePairingLink } from "@wavry/rift-crypto/device";
import { earlyClient } from "../early-client.ts";
import { CommandError, ExitCode } from "../exit-code.ts";
import type { ReachedHost } from "../gateway/reach-host.ts";
import { mdnsSetting } from "../lan/mdns-setting.ts";
import { millis, Output } from "../output.ts";
import { pathNotice, pathOptions, WAYS } from "../path-notice.ts";
import { StopSignals } from "../stop-signals.ts";

/** Options of `wavry connect`. */
export interface ConnectCommandOptions {
  readonly address?: string;
  readonly fullscreen?: boolean;
  readonly relativeMouse?: boolean;
  readonly overlay?: boolean;
  readonly headless?: boolean;
  readonly bitrate?: number;
  readonly fps?: number;
  readonly patches: boolean;
  readonly reconnect: boolean;
  readonly name?: string;
  readonly json?: boolean;
  /** True: the only gateway that this device is signed in to. */
  readonly gateway?: string | true;
  /** Nothing but a relay is used, and no address is told. */
  readonly relayOnly?: boolean;
  /** False: no relay is used. */
  readonly relay?: boolean;
  /** The router is asked for a port. */
  readonly mapPorts?: boolean;
  /** False: the local network is not asked. */
  readonly mdns?: boolean;
}

/** `wavry connect` */
export async function connect(which: string, options: ConnectCommandOptions): Promise<void> {
  const output = new Output(options.json ?? false);
  await using starter = earlyClient();
  using stop = new StopSignals();
  const { target, reached } = await findTarget(which, options, stop.signal);
  using _reached = reached;
  if (reached?.session.ask === true)
    output.say(`Waiting for the person at ${reached.session.hostName} to agree …`);
  void reached?.session.ended.then((reason) => output.report({ event: "session-ended", reason }));
  const viewOptions = { window: options.headless !== true, fullscreen: options.fullscreen };
  const paths = reached?.session.paths;
  if (paths !== undefined) paths.onNews = (news) => starter.tellPaths(news);
  starter.openView(viewOptions);
  await using client = await starter.connect({
    ...viewOptions,
    name: options.name ?? hostname(),
    target,
    paths: paths && { terms: paths.terms, ...pathOptions(options) },
    searchLan:
      reached === undefined && options.address === undefined
        ? mdnsSetting(options.mdns)
        : undefined,
    relativeMouse: options.relativeMouse,
    overlay: options.overlay,
    maxBitrateBps: options.bitrate,
    maxFps: options.fps,
    patches: options.patches,
    reconnect: options.reconnect,
    signal: stop.signal,
    onEvent: (event) => {
      if (event.type === "path-signal") paths?.say(event.signal);
      else tell(output, event);
    },
  });
  const { socketKind, priority } = client;
  output.report({ event: "ready", socket: socketKind, priority });
  const end = await client.closed;
  output.report({ event: "ended", ...end });
  if (end.reason === "lost" || end.reason === "failed") throw new CommandError(end.message);
  if (end.reason === "host-closed") output.say(end.message);
  process.exitCode = stop.exitCode ?? ExitCode.ok;
}

/** Loads only what it needs: meanwhile the client's thread needs the processor. */
async function findTarget(
  which: string,
  { address, gateway, mdns }: ConnectCommandOptions,
  signal: AbortSignal,
): Promise<{ target: HostTarget; reached?: ReachedHost }> {
  if (gateway === undefined) {
    const target = await findKnownTarget(which, address);
    if (target !== undefined) return { target };
  }
  const reached = await reach(which, { gateway, mdns, signal });
  if (reached === undefined)
    throw new CommandError(
      `no paired host is called ${which}; connect to it by a pairing link first, or sign in to its gateway: wavry login URL`,
      ExitCode.usage,
    );
  const { target } = reached.session;
  if (address === undefined || target.type !== "device") return { target, reached };
  return { target: { ...target, addresses: [await readAddress(address)] }, reached };
}

/** By a share link, or by the gateway that is named or signed in to; undefined where there is none of all that. */
async function reach(
  which: string,
  options: {
    readonly gateway: string | true | undefined;
    readonly mdns: boolean | undefined;
    readonly signal: AbortSignal;
  },
): Promise<ReachedHost | undefined> {
  const { gateway, signal } = options;
  if (/^https?:\/\//i.test(which.trim())) {
    const { parseShareLink } = await import("../gateway/share-link.ts");
    const link = parseShareLink(which);
    if (link === undefined)
      throw new CommandError("this is no whole share link; copy it anew", ExitCode.usage);
    const { reachSharedHost } = await import("../gateway/reach-host.ts");
    return await reachSharedHost(link, signal);
  }
  const { reachNearby } = await import("../lan/reach-nearby.ts");
  return await reachNearby(which, { ...options, gateway });
}

/** By a pairing link, or a host that this device is paired with; undefined if it is neither. */
async function findKnownTarget(
  which: string,
  address: string | undefined,
): Promise<HostTarget | undefined> {
  const override = address === undefined ? undefined : await readAddress(address);
  if (which.trim().startsWith("wavry://")) {
    const link = parsePairingLink(which);
    if (link === undefined)
      throw new CommandError(
        "this is no whole pairing link; copy it anew from the host",
        ExitCode.usage,
      );
    return { type: "link", link: override ? { ...link, addresses: [override] } : link };
  }
  const { defaultKeyringDirectory, PairedDevices } = await import("@wavry/keyring");
  const { choosePaired } = await import("../lan/choose-paired.ts");
  const host = choosePaired(PairedDevices.open(defaultKeyringDirectory()).list("host"), which);
  if (host === undefined) return undefined;
  const { wavryId, staticKey, addresses } = host;
  return { type: "device", wavryId, staticKey, addresses: override ? [override] : addresses };
}

async function readAddress(text: string): Promise<{ address: string; port: number }> {
  const { DEFAULT_HOST_PORT } = await import("@wavry/rift-core");
  const address = parseHostAddress(text, DEFAULT_HOST_PORT);
  if (address !== undefined) return address;
  throw new CommandError(`${text} is no address such as 192.0.2.1:4200`, ExitCode.usage);
}

/** The host's name where a shell takes it for one word as it stands; it is the host that chooses it. */
function shellWord(name: string, wavryId: string): string {
  return /^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name) ? name : wavryId;
}

function tell(output: Output, event: Exclude<ClientEvent, { type: "path-signal" }>): void {
  switch (event.type) {
    case "path":
      output.report(pathNotice(event.path));
      if (event.path !== undefined) output.say(`the session goes ${WAYS[event.path.way]}`);
      return;
    case "connected":
      output.report({ ...event, event: event.type });
      output.say(`connected to ${event.host} at ${event.remote}`);
      if (event.newlyPaired)
        output.say(`from now on: npm run wavry -- connect ${shellWord(event.host, event.wavryId)}`);
      return;
    case "first-picture":
      output.report({
        event: event.type,
        afterMs: millis(event.afterMicros),
        width: event.width,
        height: event.height,
      });
      output.say(
        `first picture after ${millis(event.afterMicros)} ms (${event.width}x${event.height}); leave with Ctrl+Alt+Shift+Q`,
      );
      return;
    case "figures": {
      const { stages, rttMicros, bitrateBps, updatesPerSecond, lossRatio, way } = event.figures;
      output.report({
        event: event.type,
        ...(stages && {
          stages: {
            capture: millis(stages.capture),
            convert: millis(stages.convert),
            encode: millis(stages.encode),
            network: millis(stages.network),
            decode: millis(stages.decode),
            present: millis(stages.present),
            total: millis(stages.total),
          },
        }),
        rttMs: millis(rttMicros),
        kbps: Math.round(bitrateBps / 1000),
        fps: Math.round(updatesPerSecond * 10) / 10,
        loss: lossRatio,
        ...(way !== undefined && { path: way }),
      });
      return;
    }
    case "notice":
      output.report({ event: event.type, code: event.code, text: event.text });
      output.note(`wavry: ${event.text}`);
      return;
    case "reconnecting":
      output.report({ event: event.type, reason: event.reason });
      output.note(`wavry: the connection was lost (${event.reason}); trying again`);
      return;
    case "suspended":
      output.report({ event: event.type });
      output.note("wavry: nothing is heard from the host");
      return;
    case "resumed":
      output.report({ event: event.type });
      output.note("wavry: the host is back");
      return;
  }
}
