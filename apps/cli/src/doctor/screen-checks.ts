import { openGamepads, openInjector } from "@wavry/input";
import { ClientWindow, openCapture, Waker } from "@wavry/media";
import { bindLibrary } from "@wavry/x11";
import type { Trial } from "./check.ts";
import { aptCommand } from "./find-missing.ts";

const X11_PACKAGES = [
  ...["libxcb1", "libxcb-shm0", "libxcb-damage0", "libxcb-xfixes0", "libxcb-randr0"],
  ...["libxcb-xtest0", "libxcb-xkb1"],
];

/**
 * Capturing, showing and controlling. `display` is the doctor's own, so that nothing flashes on the user's; where there
 * is none, the user's own is captured and prepared for input, but no window opens on it.
 */
export function screenTrials(display: string | undefined): Trial[] {
  const isX11 = process.platform === "linux";
  const fix = isX11 ? { fix: aptCommand(...X11_PACKAGES) } : {};
  const success = isX11 ? "ok" : "unverified";
  return [
    {
      ...fix,
      area: "capture",
      name: isX11 ? "x11" : process.platform,
      required: true,
      success,
      attempt: () => captureOnce(isX11, display),
    },
    {
      area: "present",
      name: "sdl2",
      required: true,
      success,
      ...(isX11 && { fix: aptCommand("libsdl2-2.0-0") }),
      attempt: () => openWindow(display),
    },
    {
      ...fix,
      area: "inject",
      name: isX11 ? "xtest" : process.platform,
      required: true,
      success,
      attempt: async () => {
        await using _injector = await openInjector({ display, guard: false });
        return "keyboard, pointer and wheel";
      },
    },
    ...(isX11 ? [uinputTrial()] : []),
    gamepadTrial(),
  ];
}

async function captureOnce(isX11: boolean, display: string | undefined): Promise<string> {
  using waker = new Waker();
  using capture = await openCapture(isX11 ? { kind: "x11", display } : { kind: "device" }, {
    waker,
    frameRate: 60,
  });
  capture.grab();
  const { width, height } = capture.size;
  return `took a picture of ${width}x${height}${isX11 ? "; by damage, through shared memory" : ""}`;
}

/** A window on the user's own display would flash there: on Linux it is enough that the library loads. */
async function openWindow(display: string | undefined): Promise<string> {
  if (display === undefined && process.platform === "linux") {
    bindLibrary("libSDL2-2.0.so.0", "libsdl2-2.0-0", { SDL_Init: "int SDL_Init(uint32_t flags)" });
    return "installed; no window tried, as that takes a virtual display";
  }
  const size = { width: 320, height: 200 };
  const where = display === undefined ? {} : { display };
  await using _window = await ClientWindow.open({ title: "Wavry doctor", size, ...where });
  return "a window opens";
}

/** A controller would show in the user's games, so that it is only looked for. */
function gamepadTrial(): Trial {
  return {
    area: "inject",
    name: "gamepads",
    required: false,
    success: "unverified",
    attempt: async () => {
      (await openGamepads()).close();
      return "clients' game controllers can be made";
    },
  };
}

/** For Wayland and the console; what it injects would reach the user, so that it is only opened. */
function uinputTrial(): Trial {
  return {
    area: "inject",
    name: "uinput",
    required: false,
    success: "unverified",
    attempt: async () => {
      await using _injector = await openInjector({ backend: "uinput", guard: false });
      return "the kernel takes devices";
    },
  };
}
