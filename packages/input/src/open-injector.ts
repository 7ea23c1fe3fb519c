import type { GamepadBackend } from "./gamepad-backend.ts";
import { InputError } from "./input-error.ts";
import type { InputBackendName, InputInjector } from "./input-injector.ts";
import { KeyGuard } from "./key-guard.ts";
import { openBackend } from "./open-backend.ts";
import { openGamepads } from "./open-gamepads.ts";
import { TrackedInjector } from "./tracked-injector.ts";

/** How to open an injector. */
export interface OpenInjectorOptions {
  /** The X display, such as ":0"; $DISPLAY if undefined. */
  readonly display?: string | undefined;
  /** Takes this way; else the one that fits the system. */
  readonly backend?: InputBackendName | undefined;
  /** Whether a key guard runs beside it where keys would outlive this process; default true. */
  readonly guard?: boolean | undefined;
  /** Told once if the key guard cannot be kept running. */
  readonly onGuardLost?: (() => void) | undefined;
  /** Game controllers: what makes them, then the injector's; false: none; default this system's, where it has any. */
  readonly gamepads?: GamepadBackend | false | undefined;
}

/**
 * Opens the way to inject that fits this machine: XTEST where there is an X display, else uinput on Linux; SendInput on
 * Windows; CGEvent on macOS. Rejects with InputError.
 */
export async function openInjector(options: OpenInjectorOptions = {}): Promise<InputInjector> {
  const name = options.backend ?? fittingBackend(options.display);
  const backend = await openBackend(name, options.display);
  const guarded = backend.outlivesProcess && options.guard !== false;
  const guard = guarded
    ? new KeyGuard({ backend: name, display: options.display, onLost: options.onGuardLost })
    : undefined;
  return new TrackedInjector(backend, { guard, gamepads: await findGamepads(options.gamepads) });
}

async function findGamepads(wanted: GamepadBackend | false | undefined) {
  if (wanted !== undefined) return wanted === false ? undefined : wanted;
  try {
    return await openGamepads();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return undefined;
  }
}

function fittingBackend(display: string | undefined): InputBackendName {
  switch (process.platform) {
    case "win32":
      return "send-input";
    case "darwin":
      return "cg-event";
    case "linux":
      // A display that is named but does not answer is an error to tell, not a reason for uinput.
      return (display ?? process.env.DISPLAY) ? "xtest" : "uinput";
    default:
      if (display ?? process.env.DISPLAY) return "xtest";
      throw new InputError("not-supported", `no way to inject input on ${process.platform}`);
  }
}
