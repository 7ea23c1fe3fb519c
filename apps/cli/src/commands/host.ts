import { hostname } from "node:os";
import { type HostEvent, HostThread } from "@wavry/host/thread";
import { formatHostAddress } from "@wavry/rift-crypto";
import { CommandError } from "../exit-code.ts";
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
  await using host = await HostThread.start({
    name: options.name ?? hostname(),
    display,
    address: options.address,
    port: options.port,
    bitrateBps: options.bitrate,
    maxFps: options.fps,
    onEvent: (event) => tell(output, event),
  });
  announce(output, host);
  using _links = offerLinks(output, host, options.qr ?? process.stdout.isTTY);
  const onStop = (): void => void host.stop();
  stop.signal.addEventListener("abort", onStop);
  if (stop.signal.aborted) onStop();
  const end = await host.closed;
  output.report({ event: "ended", ...end });
  if (end.reason !== "stopped") throw new CommandError(end.message);
  process.exitCode = stop.exitCode ?? 0;
}

function announce(output: Output, host: HostThread): void {
  const { addresses, socketKind, priority } = host;
  output.report({ event: "listening", addresses, socket: socketKind, priority });
  output.say(`Listening on ${addresses.map(formatHostAddress).join(", ")} (UDP).\n`);
}

/** Makes a pairing link now, and another at each Enter of the user's or SIGUSR2. */
function offerLinks(output: Output, host: HostThread, withQr: boolean): Disposable {
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
    if (typed.includes("\n")) void offer();
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
    case "resized":
      output.say(`the display is now ${event.width}x${event.height}`);
      return;
    default:
      if ("message" in event) output.note(`wavry: ${event.message}`);
      return;
  }
}
