/** What a page and its session worker tell each other. */
import type { CursorPosition, Micros } from "@wavry/rift-core";
import type { CursorShape } from "@wavry/rift-core/control";
import type { SessionIdentity } from "@wavry/rift-crypto";
import type { Right } from "@wavry/signaling";
import type { WebTransportTarget } from "../carriers/web-transport-carrier.ts";
import type { InputEvent } from "../input/browser-input-sink.ts";
import type { ScreenMonitor, ScreenNotice } from "../screen-types.ts";

/** What the stream should be like; see StreamSettings of spec/rift.proto. */
export interface StreamWishes {
  readonly maxBitrateBps: number;
  readonly maxFps: number;
  readonly monitor: number;
  readonly paused: boolean;
  /** Video comes as a WebRTC track. */
  readonly videoTrack: boolean;
}

/** What a page gives a session to show the screen on; taken over. */
export interface ScreenStage {
  readonly canvas: OffscreenCanvas;
  /** Pictures of a video over the canvas; undefined where the browser makes none. */
  readonly video: WritableStream<VideoFrame> | undefined;
}

/** Page → worker. */
export type WorkerCommand =
  /** The first: gives who we are, and what the screen is shown on. */
  | { readonly type: "start"; readonly identity: SessionIdentity; readonly stage: ScreenStage }
  /** Opens a carrier under a number of the page's; "carrier-open" or "carrier-lost" follows. */
  | {
      readonly type: "open-web-transport";
      readonly carrier: number;
      readonly target: WebTransportTarget;
      readonly timeoutMillis: number;
    }
  | { readonly type: "open-port"; readonly carrier: number; readonly port: MessagePort }
  /** Everything goes over this carrier from now on; others are closed. */
  | { readonly type: "use-carrier"; readonly carrier: number }
  | { readonly type: "close-carrier"; readonly carrier: number }
  /** Handshake over the carrier in use, beside a connection that there may be. */
  | {
      readonly type: "connect";
      readonly wavryId: string;
      readonly staticKey: Uint8Array;
      readonly deviceName: string;
      readonly patches: boolean;
      readonly wishes: StreamWishes;
      readonly timeoutMicros: Micros;
    }
  | { readonly type: "wishes"; readonly wishes: StreamWishes }
  | { readonly type: "input"; readonly events: readonly InputEvent[] }
  | { readonly type: "snapshot"; readonly request: number }
  /** The video of this run is seen. */
  | { readonly type: "motion-shown"; readonly run: number }
  /** Says goodbye; "stopped" follows. */
  | { readonly type: "stop" };

/** Worker → page. */
export type WorkerReport =
  /** It runs. `decodes`: H.264 by WebCodecs. */
  | { readonly type: "ready"; readonly decodes: boolean }
  | { readonly type: "carrier-open"; readonly carrier: number }
  | { readonly type: "carrier-lost"; readonly carrier: number; readonly reason: string }
  /** A connection goes on over the carrier that is used since. */
  | { readonly type: "path-alive"; readonly carrier: number }
  | { readonly type: "connected" }
  | { readonly type: "connect-failed"; readonly code: string; readonly message: string }
  | {
      readonly type: "closed";
      readonly reason: number;
      readonly message: string;
      readonly remote: boolean;
    }
  | { readonly type: "suspended" }
  | { readonly type: "resumed" }
  /** The host has let us in. */
  | {
      readonly type: "welcome";
      readonly name: string;
      readonly monitors: readonly ScreenMonitor[];
      readonly rights: readonly Right[];
      /** Text that no key makes. */
      readonly takesText: boolean;
      readonly takesGamepads: boolean;
    }
  | { readonly type: "rights"; readonly rights: readonly Right[] }
  | { readonly type: "notice"; readonly notice: ScreenNotice }
  | { readonly type: "screen"; readonly width: number; readonly height: number }
  /** The video over the canvas is to be uncovered with its next picture. */
  | { readonly type: "motion-begins"; readonly run: number }
  /** The canvas shows the same again, and is to be uncovered. */
  | { readonly type: "motion-rests"; readonly run: number }
  | { readonly type: "cursor-shape"; readonly shape: CursorShape }
  | { readonly type: "cursor-position"; readonly position: CursorPosition }
  | { readonly type: "figures"; readonly figures: WorkerFigures }
  /** The decoder failed again and again. */
  | { readonly type: "undecodable"; readonly message: string }
  | {
      readonly type: "snapshot";
      readonly request: number;
      readonly picture: ImageBitmap | undefined;
    }
  | { readonly type: "stopped" };

/** What a worker has measured over the last second. */
export interface WorkerFigures {
  readonly latencyMicros: Micros | undefined;
  readonly rttMicros: Micros;
  readonly updatesPerSecond: number;
  readonly bitrateBps: number;
  readonly lossShare: number;
  readonly decodeMicros: Micros | undefined;
}
