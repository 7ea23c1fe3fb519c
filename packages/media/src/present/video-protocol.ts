/** The messages between the video worker and the thread that started it. */

import type { MessagePort } from "node:worker_threads";
import type { Micros, Size, UpdateCodec } from "@wavry/rift-core";
import type { MediaErrorCode } from "../media-error.ts";
import type { PointerSprite } from "./pointer-sprite.ts";
import type { Drop } from "./update-applier.ts";

/** Where the worker shows what it decodes. */
export type VideoTarget =
  | { readonly type: "memory" }
  | {
      readonly type: "x11";
      readonly display: string | undefined;
      readonly window: number;
      readonly surface: Size;
    }
  | {
      readonly type: "sdl";
      readonly port: MessagePort;
      readonly wakeDescriptor: number | undefined;
    };

/** What the worker is given at its start. */
export interface VideoWorkerData {
  /** Memory of the `UpdateRing` by which updates come. */
  readonly ring: SharedArrayBuffer;
  readonly commands: MessagePort;
  readonly decodeThreads: number;
}

/** What the worker is told. */
export type VideoCommand =
  /** Where to show; the first command, and again after a refusal. */
  | { readonly type: "target"; readonly target: VideoTarget }
  | { readonly type: "surface"; readonly size: Size }
  | { readonly type: "overlay"; readonly lines: readonly string[] | undefined }
  | {
      readonly type: "pointer";
      /** Undefined takes it away. */
      readonly sprite: PointerSprite | undefined;
    }
  | { readonly type: "pointerAt"; readonly x: number; readonly y: number }
  | { readonly type: "snapshot"; readonly id: number }
  | { readonly type: "quit" };

/** What became of one update, with the times of all its stages. */
export interface UpdateStats {
  readonly frameId: number;
  /** Undefined if it was shown; dropped updates have no times. */
  readonly dropped: Drop | undefined;
  readonly codec: UpdateCodec | undefined;
  readonly keyframe: boolean;
  readonly bytes: number;
  /** Host clock when the change was noticed. */
  readonly capturedAt: Micros;
  readonly captureMicros: number;
  /** The host's conversion and encoding. */
  readonly hostConvertMicros: number;
  readonly encodeMicros: number;
  readonly decodeMicros: number;
  readonly convertMicros: number;
  readonly presentMicros: number;
  /** The clock of `process.hrtime()` in µs when the display had taken it. */
  readonly presentedAt: Micros;
}

/** A copy of the framebuffer: packed BGRX rows. */
export interface Snapshot extends Size {
  readonly pixels: Uint32Array;
}

/** What the worker tells. */
export type VideoReport =
  | { readonly type: "ready"; readonly presenter: VideoTarget["type"] }
  /** The target cannot be drawn to; another may be named. */
  | { readonly type: "refused"; readonly code: MediaErrorCode; readonly message: string }
  | {
      readonly type: "updates";
      readonly stats: readonly UpdateStats[];
      readonly keyframeNeeded: boolean;
    }
  | { readonly type: "screen"; readonly size: Size }
  | { readonly type: "snapshot"; readonly id: number; readonly snapshot: Snapshot }
  | { readonly type: "failed"; readonly code: MediaErrorCode; readonly message: string };
