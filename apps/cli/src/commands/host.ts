import { hostname } from "node:os";
import type { GatewayLinkEvent } from "@wavry/host/gateway";
import { type HostEvent, HostThread } from "@wavry/host/thread";
import { formatHostAddress } from "@wavry/rift-crypto";
import { ConsentDesk } from "../consent/consent-desk.ts";
import { CommandError } from "../exit-code.ts";
import type { HostInGateway } from "../gateway/host-in-gateway.ts";
import { Output } from "../output.ts";
import { pairingNotice } from "../pairing-notice.ts";
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
}

/** `wavry host` */
export async function host(options: HostCommandOptions): Promise<void> {
  const display = options.display ?? process.env.DISPLAY;
  if (display === undefined && process.platform === "linux")
    throw new CommandError(
      "there is no display to share: set DISPLAY, use --display, or let wavry up make a virtual one",
    );
  using stop = new StopSignals();
  await shareDisplay(options, display, stop);
}

/** Shares a display until a signal or the end of the display; sets the exit code. */
export async function shareDisplay(
  options: HostCommandOptions,
  display: string | undefined,
  stop: StopSignals,
): Promise<void> {
  const output = new Output(options.json ?? false);
  let host: HostThread | undefined;
  let gateway: HostInGateway | undefined;
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
    onEvent: (event) => {
      tell(output, event);
      gateway?.onHostEvent(event);
      if (event.type === "consent-asked") desk.ask(event);
      if (event.type === "consent-ended") desk.end(event.sessionId);
    },
  });
  host = started;
  announce(output, started);
  if (options.gateway !== undefined) {
    const { joinGateway } = await import("../gateway/host-in-gateway.ts");
    gateway = await joinGateway({
      ...{ name: options.name, door: started, addresses: started.addresses, signal: stop.signal },
      gateway: options.gateway === true ? undefined : options.gateway,
      unattended: options.unattended ?? false,
      onEvent: (event) => tellGateway(output, event),
      note: (text) => output.note(`wavry: ${text}`),
    });
    output.say(`Open to those who may at ${gateway.url}.\n`);
  }
  using _gateway = gateway;
  using _links = offerLinks(output, started, {
    withQr: options.qr ?? process.stdout.isTTY,
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

/** Makes a pairing link now, and another at SIGUSR2 and at each line that the user types and nothing else takes. */
function offerLinks(
  output: Output,
  host: HostThread,
  options: { readonly withQr: boolean; readonly takesLine: (line: string) => boolean },
): Disposable {
  const { withQr, takesLine } = options;
  const offer = async (): Promise<void> => {
    const offered = await host.createPairingLink().catch(() => undefined);
    // The host ends; that is told elsewhere.
    if (offered === undefined) return;
    const { link, expiresInMicros } = offered;
    output.report({ event: "pairing-link", link, expiresInSeconds: expiresInMicros / 1e6 });
    output.say(pairingNotice({ link, expiresInMicros, withQr }));
  };
  const listensToKeys = process.stdin.isTTY && !output.json;
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
    default:
      return;
  }
}

function tell(output: Output, event: HostEvent): void {
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
