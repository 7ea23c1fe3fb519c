import { hostname } from "node:os";
import type { GatewayLinkEvent } from "@wavry/host/gateway";
import { type HostEvent, HostThread } from "@wavry/host/thread";
import { DEFAULT_HOST_PORT } from "@wavry/rift-core";
import { formatHostAddress } from "@wavry/rift-crypto";
import { ConsentDesk } from "../consent/consent-desk.ts";
import { openDevice } from "../device.ts";
import { CommandError } from "../exit-code.ts";
import type { HostInGateway, HostInGatewayOptions } from "../gateway/host-in-gateway.ts";
import type { LocalGateway, SignInLink } from "../gateway/local-gateway.ts";
import { announceHost } from "../lan/announce-host.ts";
import { openingNotice } from "../opening-notice.ts";
import { Output } from "../output.ts";
import { pairingNotice } from "../pairing-notice.ts";
import { pathNotice, pathOptions, WAYS } from "../path-notice.ts";
import { StopSignals } from "../stop-signals.ts";

/** Options that `up` and `host` share. */
export interface HostCommandOptions {
  readonly address?: string;
  readonly port?: number;
  readonly bitrate?: number;
  readonly fps?: number;
  readonly name?: string;
  readonly qr?: boolean;
  readonly json?: boolean;
  readonly display?: string;
  /** True: the only gateway that this device is signed in to. */
  readonly gateway?: string | true;
  readonly unattended?: boolean;
  /** Guests of a gateway come over relays alone, and no address is told. */
  readonly relayOnly?: boolean;
  /** False: no relay is used. */
  readonly relay?: boolean;
  /** The router is asked for a port. */
  readonly mapPorts?: boolean;
  /** UDP port of WebTransport, for browsers. */
  readonly webPort?: number;
  /** False: browsers cannot come. */
  readonly web?: boolean;
  /** False: the local network is not told of this host. */
  readonly mdns?: boolean;
}

/** `wavry host` */
export async function host(options: HostCommandOptions): Promise<void> {
  const display = options.display ?? process.env.DISPLAY;
  if (display === undefined && process.platform === "linux")
    throw new CommandError(
      "there is no display to share: set DISPLAY, use --display, or let wavry up make a virtual one",
    );
  using stop = new StopSignals();
  await shareDisplay({ options, display, stop });
}

/** What shareDisplay stands on. */
export interface Sharing {
  readonly options: HostCommandOptions;
  readonly display: string | undefined;
  readonly stop: StopSignals;
  /** The gateway of this machine itself. */
  readonly local?: LocalGateway | undefined;
}

/** Shares a display until a signal or the end of the display; sets the exit code. */
export async function shareDisplay({ options, display, stop, local }: Sharing): Promise<void> {
  const output = new Output(options.json ?? false);
  let host: HostThread | undefined;
  const gateways = new Set<HostInGateway>();
  using desk = new ConsentDesk({
    display,
    say: (line) => output.say(`\x07${line}`),
    answer: (sessionId, agreed) => void host?.answerConsent(sessionId, agreed),
  });
  await using started = await HostThread.start({
    name: options.name ?? hostname(),
    display,
    address: options.address,
    port: options.port,
    bitrateBps: options.bitrate,
    maxFps: options.fps,
    paths: pathOptions(options),
    web: options.web === false ? false : { port: options.webPort },
    onEvent: (event) => {
      tell(output, event);
      for (const gateway of gateways) gateway.onHostEvent(event);
      if (event.type === "consent-asked") desk.ask(event);
      if (event.type === "consent-ended") desk.end(event.sessionId);
    },
  });
  host = started;
  announce(output, started);
  const { address, mdns, name = hostname() } = options;
  const port = started.addresses[0]?.port ?? DEFAULT_HOST_PORT;
  await using _inLan = announceHost({ address, mdns, name, port, output });
  const place = {
    ...{ name: options.name, door: started, signal: stop.signal },
    addresses: options.relayOnly === true ? [] : started.addresses,
    onEvent: (event: GatewayLinkEvent) => tellGateway(output, event),
    note: (text: string) => output.note(`wavry: ${text}`),
  };
  // Who ends it now is not to read that something was given up.
  const unlessStopped = (error: unknown): undefined => {
    if (!stop.signal.aborted) throw error;
  };
  await using inLocal =
    local === undefined
      ? undefined
      : await joinLocally(local, { place, output }).catch(unlessStopped);
  if (inLocal !== undefined) gateways.add(inLocal);
  using inOther =
    options.gateway === undefined
      ? undefined
      : await joinOther(options, place).catch(unlessStopped);
  if (inOther !== undefined) {
    gateways.add(inOther);
    output.say(`Open to those who may at ${inOther.url}.\n`);
  }
  using _links = offerLinks(output, started, {
    signInLink: inLocal?.signInLink,
    withQr: options.qr ?? (process.stdout.isTTY && local === undefined),
    takesLine: (line) => {
      if (!desk.isAsking) return false;
      desk.typed(line);
      return true;
    },
  });
  const onStop = (): void => void started.stop();
  stop.signal.addEventListener("abort", onStop);
  if (stop.signal.aborted) onStop();
  const end = await started.closed;
  output.report({ event: "ended", ...end });
  if (end.reason !== "stopped") throw new CommandError(end.message);
  process.exitCode = stop.exitCode ?? 0;
}

function announce(output: Output, host: HostThread): void {
  const { addresses, socketKind, priority } = host;
  output.report({ event: "listening", addresses, socket: socketKind, priority });
  output.say(`Listening on ${addresses.map(formatHostAddress).join(", ")} (UDP).\n`);
}

type Place = Omit<HostInGatewayOptions, "credentials" | "unattended">;

/** The gateway that the person signed this machine in to. */
async function joinOther(options: HostCommandOptions, place: Place): Promise<HostInGateway> {
  const { joinGateway } = await import("../gateway/host-in-gateway.ts");
  const { chooseGateway } = await import("../gateway/signed-in.ts");
  return await joinGateway({
    ...place,
    credentials: chooseGateway(options.gateway === true ? undefined : options.gateway),
    unattended: options.unattended ?? false,
  });
}

/** This machine's own. */
async function joinLocally(
  local: LocalGateway,
  { place, output }: { readonly place: Place; readonly output: Output },
) {
  const { joinLocalGateway } = await import("../gateway/host-in-local-gateway.ts");
  const { url, issuer } = await local.about();
  output.report({ event: "gateway", url: issuer, listening: url, reused: local.reused });
  const { identity, name } = openDevice(place.name);
  const joined = await joinLocalGateway({ ...place, local, label: name });
  return Object.assign(joined, { signInLink: () => local.signInLink(identity.wavryId) });
}

interface LinkOptions {
  readonly withQr: boolean;
  readonly takesLine: (line: string) => boolean;
  readonly signInLink: (() => Promise<SignInLink>) | undefined;
}

/** Makes links now, and others at SIGUSR2 and at each line that the user types and nothing else takes. */
function offerLinks(output: Output, host: HostThread, options: LinkOptions): Disposable {
  const { withQr, takesLine, signInLink } = options;
  const listensToKeys = process.stdin.isTTY && !output.json;
  const offer = async (): Promise<void> => {
    const offered = await host.createPairingLink().catch(() => undefined);
    // The host ends; that is told elsewhere.
    if (offered === undefined) return;
    const { link, expiresInMicros } = offered;
    output.report({ event: "pairing-link", link, expiresInSeconds: expiresInMicros / 1e6 });
    const entry = await signInLink?.().catch((error: Error) => {
      output.note(`wavry: ${error.message}`);
      return undefined;
    });
    if (entry === undefined) {
      output.say(pairingNotice({ link, expiresInMicros, withQr }));
      return;
    }
    const { url, expiresAt } = entry;
    output.report({ event: "sign-in-link", url, expiresAt });
    output.say(
      openingNotice({
        ...{ url, pairingLink: link, withQr, hearsKeys: listensToKeys },
        expiresInMillis: expiresAt - Date.now(),
        overSsh: process.env.SSH_CONNECTION !== undefined,
      }),
    );
  };
  const onKeys = (typed: Buffer): void => {
    const line = typed.toString("utf8");
    if (line.includes("\n") && !takesLine(line)) void offer();
  };
  process.on("SIGUSR2", offer);
  if (listensToKeys) process.stdin.on("data", onKeys);
  void offer();
  return {
    [Symbol.dispose]() {
      process.off("SIGUSR2", offer);
      if (listensToKeys) process.stdin.off("data", onKeys).pause();
    },
  };
}

function tellGateway(output: Output, event: GatewayLinkEvent): void {
  const { type, ...rest } = event;
  output.report({ event: type, ...rest });
  switch (event.type) {
    case "gateway-lost":
      output.note("wavry: the gateway cannot be reached; sessions go on, and it is tried again");
      return;
    case "gateway-refused":
      output.note(
        `wavry: the gateway takes this machine no more (${event.reason}): run wavry login`,
      );
      return;
    case "guest-refused":
      output.note(`wavry: a guest was refused: ${event.message}`);
      return;
    case "web-failed":
      output.note(`wavry: something of browsers failed: ${event.message}`);
      return;
    default:
      return;
  }
}

function tell(output: Output, event: HostEvent): void {
  // These name a secret of the session, and addresses.
  if (event.type === "web" || event.type === "path-signal") return;
  if (event.type === "path") {
    const { sessionId, path } = event;
    output.report({ ...pathNotice(path), sessionId });
    if (path !== undefined) output.say(`a session goes ${WAYS[path.way]}`);
    return;
  }
  const { type, ...rest } = event;
  output.report({ event: type, ...rest });
  switch (event.type) {
    case "paired":
      output.say(`paired with ${event.wavryId}`);
      return;
    case "connected":
      output.say(`${event.name || event.wavryId} connected from ${event.remote}`);
      return;
    case "disconnected":
      output.say(`${event.name || event.wavryId} disconnected (${event.reason})`);
      return;
    case "consent-ended":
      output.say(event.agreed ? "allowed" : "refused");
      return;
    case "resized":
      output.say(`the display is now ${event.width}x${event.height}`);
      return;
    default:
      if ("message" in event) output.note(`wavry: ${event.message}`);
      return;
  }
}
