import { startVirtualDisplay } from "@wavry/host";
import { XConnection } from "@wavry/x11";
import { printCheck } from "../check/print-check.ts";
import { checkRoundTrip } from "../check/round-trip-check.ts";
import { CommandError } from "../exit-code.ts";
import { Output } from "../output.ts";
import { StopSignals } from "../stop-signals.ts";
import { type HostCommandOptions, shareDisplay } from "./host.ts";

/** Options of `wavry up`. */
export interface UpCommandOptions extends HostCommandOptions {
  readonly size: { readonly width: number; readonly height: number };
  readonly virtual?: boolean;
  readonly check?: boolean;
  readonly screenshot: string;
}

/** `wavry up` */
export async function up(options: UpCommandOptions): Promise<void> {
  const output = new Output(options.json ?? false);
  if (options.check === true) return check(options, output);
  using stop = new StopSignals();
  const display = options.virtual === true ? undefined : workingDisplay();
  if (display !== undefined || process.platform !== "linux") {
    output.say(`Sharing the display ${display ?? "of this machine"}.`);
    return shareDisplay(options, display, stop);
  }
  await using own = await startVirtualDisplay({
    size: options.size,
    windowManager: true,
    terminal: true,
  });
  // libxcb and SDL read the cookie's file from the environment.
  Object.assign(process.env, own.environment);
  const { width, height } = options.size;
  output.say(`Sharing a virtual display of ${width}x${height} with a terminal on it.`);
  await shareDisplay(options, own.display, stop);
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

async function check(options: UpCommandOptions, output: Output): Promise<void> {
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
