import { startVirtualDisplay, type VirtualDisplay } from "@wavry/host";
import { XConnection } from "@wavry/x11";
import { printCheck } from "../check/print-check.ts";
import { checkRoundTrip } from "../check/round-trip-check.ts";
import { openDevice } from "../device.ts";
import { CommandError } from "../exit-code.ts";
import type { LocalGateway } from "../gateway/local-gateway.ts";
import { Output } from "../output.ts";
import { StopSignals } from "../stop-signals.ts";
import { type HostCommandOptions, shareDisplay } from "./host.ts";

/** Options of `wavry up`. */
export interface UpCommandOptions extends Omit<HostCommandOptions, "gateway"> {
  readonly size: { readonly width: number; readonly height: number };
  readonly virtual?: boolean;
  readonly check?: boolean;
  readonly screenshot: string;
  /** A gateway that this device is signed in to, `true`: the only one; `false`: none, undefined: one of its own. */
  readonly gateway?: string | boolean;
  /** Where the gateway of its own listens. */
  readonly listen?: { readonly address?: string; readonly port?: number };
  readonly publicUrl?: string;
}

/** `wavry up` */
export async function up({ gateway, ...options }: UpCommandOptions): Promise<void> {
  const output = new Output(options.json ?? false);
  if (options.check === true) return check(options, output);
  using stop = new StopSignals();
  await using stack = new AsyncDisposableStack();
  const starting = gateway === undefined ? startOwnGateway(options) : undefined;
  // Told below; the display may fail before.
  starting?.catch(() => {});
  stack.defer(async () => {
    await using _local = await starting?.catch(() => undefined);
  });
  const real = options.virtual === true ? undefined : workingDisplay();
  const isVirtual = real === undefined && process.platform === "linux";
  const own = isVirtual ? stack.use(await startOwnDisplay(options)) : undefined;
  const local = await starting;
  if (local !== undefined) {
    if (await isSharedAlready(local, { options, output })) return;
    local.onEnded = () => {
      // A service manager may end both at once.
      if (stop.signal.aborted) return;
      output.note("wavry: the local gateway has ended; sessions go on, start wavry up again");
    };
  }
  const { width, height } = options.size;
  output.say(
    isVirtual
      ? `Sharing a virtual display of ${width}x${height} with a terminal on it.`
      : `Sharing the display ${real ?? "of this machine"}.`,
  );
  const which = typeof gateway === "string" || gateway === true ? { gateway } : {};
  const display = own?.display ?? real;
  await shareDisplay({ options: { ...options, ...which }, display, stop, local });
}

async function startOwnGateway({ listen, publicUrl }: UpOptions): Promise<LocalGateway> {
  const { LocalGateway } = await import("../gateway/local-gateway.ts");
  return await LocalGateway.start({ ...listen, ...(publicUrl !== undefined && { publicUrl }) });
}

type UpOptions = Omit<UpCommandOptions, "gateway">;

async function startOwnDisplay({ size }: UpOptions): Promise<VirtualDisplay> {
  const own = await startVirtualDisplay({ size, windowManager: true, terminal: true });
  // libxcb and SDL read the cookie's file from the environment.
  Object.assign(process.env, own.environment);
  return own;
}

/** Where another `wavry up` shares this machine, a new link to it is all that is wanted. */
async function isSharedAlready(
  local: LocalGateway,
  { options, output }: { readonly options: UpOptions; readonly output: Output },
): Promise<boolean> {
  if (!local.reused) return false;
  const { url, expiresAt, hostOnline } = await local.signInLink(
    openDevice(options.name).identity.wavryId,
  );
  if (!hostOnline) return false;
  output.report({ event: "sign-in-link", url, expiresAt });
  output.report({ event: "ended", reason: "shared-already" });
  output.say(`This machine is shared already. A new link, which works once:\n\n  ${url}\n`);
  return true;
}

/** $DISPLAY, if a server answers there. */
function workingDisplay(): string | undefined {
  const display = process.env.DISPLAY;
  if (display === undefined || display === "") return undefined;
  try {
    using _connection = XConnection.open(display);
    return display;
  } catch {
    return undefined;
  }
}

async function check(options: UpOptions, output: Output): Promise<void> {
  try {
    const report = await checkRoundTrip({
      screenshot: options.screenshot,
      onProgress: (step) => output.note(`… ${step}`),
    });
    output.report({ event: "checked", ...report });
    output.say(printCheck(report));
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new CommandError(`the check failed: ${message}`, undefined, { cause: error });
  }
}
