import { MediaError } from "../media-error.ts";
import { FfmpegCapture } from "./ffmpeg-capture.ts";
import type { ScreenCapture } from "./screen-capture.ts";
import { SyntheticCapture } from "./synthetic-capture.ts";
import { SyntheticScreen } from "./synthetic-screen.ts";
import type { Waker } from "./waker.ts";
import { X11Capture } from "./x11-capture.ts";

/** Which screen to capture; can be posted to a worker. */
export type ScreenChoice =
  | {
      readonly kind: "x11";
      /** Default $DISPLAY. */
      readonly display?: string | undefined;
      /** A RandR monitor's name; default the whole screen. */
      readonly monitor?: string | undefined;
    }
  | {
      /** This system's own capture device, on Windows and macOS. Unverified. */
      readonly kind: "device";
      readonly monitorIndex?: number;
    }
  | {
      readonly kind: "synthetic";
      /** `SyntheticControls.memory`. */
      readonly memory: SharedArrayBuffer;
    };

/** Opens the chosen screen for the calling thread; throws MediaError. */
export async function openCapture(
  choice: ScreenChoice,
  options: { readonly waker: Waker; readonly frameRate: number },
): Promise<ScreenCapture> {
  const { waker, frameRate } = options;
  if (choice.kind === "synthetic")
    return new SyntheticCapture({ screen: new SyntheticScreen(choice.memory), waker });
  if (choice.kind === "device")
    return await FfmpegCapture.open({
      waker,
      frameRate,
      ...(choice.monitorIndex === undefined ? undefined : { monitorIndex: choice.monitorIndex }),
    });
  if (process.platform !== "linux")
    throw new MediaError("unavailable", `X11 is not captured on ${process.platform}`);
  return new X11Capture({ display: choice.display, monitor: choice.monitor, waker });
}
