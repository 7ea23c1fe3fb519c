import type { GamepadBackend } from "./gamepad-backend.ts";
import { InputError } from "./input-error.ts";

/** Opens this system's way to make game controllers: uinput on Linux. Rejects with InputError, which says what is missing. */
export async function openGamepads(): Promise<GamepadBackend> {
  if (process.platform !== "linux")
    throw new InputError("not-supported", `no way to make game controllers on ${process.platform}`);
  const { UinputGamepads } = await import("./backends/uinput-gamepads.ts");
  return new UinputGamepads();
}
