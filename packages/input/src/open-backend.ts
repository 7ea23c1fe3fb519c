import type { InputBackend } from "./input-backend.ts";
import { InputError } from "./input-error.ts";
import type { InputBackendName } from "./input-injector.ts";

/** Opens the named back-end, loading no other; `display` is for X11. Rejects with InputError. */
export async function openBackend(
  name: InputBackendName,
  display: string | undefined,
): Promise<InputBackend> {
  switch (name) {
    case "xtest": {
      const { XtestBackend } = await import("./backends/xtest.ts");
      return new XtestBackend(display);
    }
    case "uinput": {
      const { UinputBackend } = await import("./backends/uinput.ts");
      return new UinputBackend();
    }
    case "send-input": {
      const { SendInputBackend } = await import("./backends/send-input.ts");
      return new SendInputBackend();
    }
    case "cg-event": {
      const { CgEventBackend } = await import("./backends/cg-event.ts");
      return new CgEventBackend();
    }
    default:
      throw new InputError("not-supported", `there is no input back-end called ${name}`);
  }
}
