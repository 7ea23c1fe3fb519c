/** What the picture thread, its page and the session's thread tell each other. */
import type { PictureCodec } from "./picture-decoder.ts";
import type { ShownUpdate } from "./update-painter.ts";

/** What a page gives to show the screen on; taken over. */
export interface ScreenStage {
  readonly canvas: OffscreenCanvas;
  /** Pictures of a video over the canvas; undefined where the browser makes none. */
  readonly video: WritableStream<VideoFrame> | undefined;
}

/** Page → picture thread. */
export type PictureCommand =
  /** The first; updates come through the port. */
  | { readonly type: "start"; readonly stage: ScreenStage; readonly updates: MessagePort }
  | { readonly type: "snapshot"; readonly request: number }
  /** The video of this run is seen. */
  | { readonly type: "motion-shown"; readonly run: number }
  /** Brings the canvas up to date; "stopped" follows. */
  | { readonly type: "stop" };

/** Picture thread → page. */
export type PictureReport =
  /** It runs, and WebCodecs decodes this there. */
  | { readonly type: "ready"; readonly codecs: readonly PictureCodec[] }
  | { readonly type: "screen"; readonly width: number; readonly height: number }
  /** The video over the canvas is to be uncovered with its next picture. */
  | { readonly type: "motion-begins"; readonly run: number }
  /** The canvas shows the same again, and is to be uncovered. */
  | { readonly type: "motion-rests"; readonly run: number }
  /** The decoder failed again and again. */
  | { readonly type: "undecodable"; readonly message: string }
  | {
      readonly type: "snapshot";
      readonly request: number;
      readonly picture: ImageBitmap | undefined;
    }
  | { readonly type: "stopped" };

/** Session → picture thread, through the port between them. */
export type PictureFeed =
  /** A whole update, moved; `contiguous` is false where one before it was lost or dropped. */
  | {
      readonly type: "update";
      readonly bytes: Uint8Array<ArrayBuffer>;
      readonly contiguous: boolean;
    }
  /** What waits is of no use any more; the next picture is a keyframe. */
  | { readonly type: "reset" };

/** Picture thread → session. */
export interface PictureNews {
  /** Updates that have come out of the port since it was made. */
  readonly taken: number;
  /** What was drawn since the last news; `shownAt` by `sharedMicros`. */
  readonly shown: readonly ShownUpdate[];
  /** A keyframe is needed, newer than all that was taken. */
  readonly keyframe: boolean;
}
