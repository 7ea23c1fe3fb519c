import { startVirtualDisplay, type VirtualDisplay } from "@wavry/host";
import { rootSize, XConnection } from "@wavry/x11";
import { type Check, tryOut } from "./check.ts";
import { aptCommand, findProgram, type Program } from "./find-missing.ts";

const VIRTUAL_DISPLAY_PROGRAMS: readonly Program[] = [
  { name: "Xvfb", debianPackage: "xvfb" },
  { name: "xkbcomp", debianPackage: "x11-xkb-utils" },
  { name: "openbox", debianPackage: "openbox" },
  { name: "xterm", debianPackage: "xterm" },
  { name: "setpriv", debianPackage: "util-linux" },
];

/** The displays that there are to share, and one to try things on. */
export interface DisplayFindings {
  readonly checks: readonly Check[];
  /** A virtual display that is the doctor's own; undefined where none can be made. The caller disposes it. */
  readonly scratch: VirtualDisplay | undefined;
}

/** Looks for a display, and starts a small virtual one. On Windows and macOS there is always one to share. */
export async function checkDisplays(): Promise<DisplayFindings> {
  if (process.platform !== "linux")
    return {
      scratch: undefined,
      checks: [
        {
          area: "display",
          name: process.platform,
          status: "unverified",
          detail: "the desktop of this system",
          required: true,
        },
      ],
    };
  const own = await tryOut({
    area: "display",
    name: "$DISPLAY",
    required: false,
    attempt: describeOwnDisplay,
  });
  const missing = VIRTUAL_DISPLAY_PROGRAMS.filter(({ name }) => findProgram(name) === undefined);
  let scratch: VirtualDisplay | undefined;
  const virtual = await tryOut({
    area: "display",
    name: "virtual display",
    required: own.status === "missing",
    fix: aptCommand(...(missing.length > 0 ? missing.map((p) => p.debianPackage) : ["xvfb"])),
    attempt: async () => {
      if (missing.length > 0)
        throw new Error(`not installed: ${missing.map(({ name }) => name).join(", ")}`);
      const size = { width: 640, height: 480 };
      scratch = await startVirtualDisplay({ size, windowManager: false, terminal: false });
      return "Xvfb starts; openbox and xterm are there";
    },
  });
  return { checks: [own, virtual], scratch };
}

function describeOwnDisplay(): string {
  if ((process.env.DISPLAY ?? "") === "") throw new Error("DISPLAY is not set");
  using connection = XConnection.open();
  const { width, height } = rootSize(connection);
  const wayland =
    process.env.WAYLAND_DISPLAY === undefined ? "" : "; under Wayland only X windows show";
  return `${process.env.DISPLAY}, ${width}x${height}${wayland}`;
}
