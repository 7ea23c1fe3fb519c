/** What a `ScreenSource` and its worker say to each other. */
import type { Micros, Size } from "@wavry/rift-core";
import type { ScreenChoice } from "../capture/open-capture.ts";
import type { CursorPoint, PointerShape } from "../capture/screen-capture.ts";
import type { WakerHandle } from "../capture/waker.ts";
import type { PictureScale } from "../convert/picture-scale.ts";
import type { EncoderPreference } from "../encode/open-encoder.ts";
import type { MediaErrorCode } from "../media-error.ts";

/** How the worker starts. */
export interface ScreenWorkerData {
  readonly port: MessagePort;
  readonly waker: WakerHandle;
  readonly screen: ScreenChoice;
  readonly displayIndex: number;
  readonly maxFps: number;
  readonly bitrateBps: number;
  readonly patches: boolean;
  readonly encoder: EncoderPreference;
}

/** To the worker; the sender wakes it afterwards. */
export type ScreenCommand =
  | { readonly kind: "keyframe" | "pause" | "resume" | "stop" | "repeatCursor" | "warmUp" }
  | { readonly kind: "bitrate"; readonly bitrateBps: number }
  | { readonly kind: "maxFps"; readonly maxFps: number }
  | { readonly kind: "scale"; readonly scale: PictureScale }
  | { readonly kind: "patches"; readonly patches: boolean }
  /** `until`: on the clock of `monotonicMicros`. */
  | { readonly kind: "hold"; readonly until: Micros };

/** From the worker. After "closed" nothing more comes. */
export type ScreenReport =
  | { readonly kind: "started"; readonly size: Size; readonly encoder: string }
  | { readonly kind: "update"; readonly update: Uint8Array; readonly keyframe: boolean }
  | { readonly kind: "shape"; readonly shape: PointerShape }
  | { readonly kind: "position"; readonly position: CursorPoint }
  | { readonly kind: "resized"; readonly size: Size }
  | {
      readonly kind: "closed";
      /** Undefined after "stop". */
      readonly error?: { readonly code: MediaErrorCode; readonly message: string };
    };
