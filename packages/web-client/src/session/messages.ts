/** What a page and its session's worker tell each other. */
import type { CursorPosition, Micros } from "@wavry/rift-core";
import type { CursorShape } from "@wavry/rift-core/control";
import type { SessionIdentity } from "@wavry/rift-crypto";
import type { Right } from "@wavry/signaling";
import type { WebTransportTarget } from "../carriers/web-transport-carrier.ts";
import type { InputEvent } from "../input/browser-input-sink.ts";
import type { ScreenMonitor, ScreenNotice } from "../screen-types.ts";
import type { PictureCodec } from "../show/picture-decoder.ts";

/** What the stream should be like; see StreamSettings of spec/rift.proto. */
export interface StreamWishes {
  readonly maxBitrateBps: number;
  readonly maxFps: number;
  readonly monitor: number;
  readonly paused: boolean;
  /** Video comes as a WebRTC track. */
  readonly videoTrack: boolean;
}

/** Page → worker. */
export type WorkerCommand =
  /** The first: gives who we are, and the way to the thread that shows pictures (show/picture-messages.ts). */
  | { readonly type: "start"; readonly identity: SessionIdentity; readonly pictures: MessagePort }
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
      /** What is decoded here. */
      readonly codecs: readonly PictureCodec[];
      readonly wishes: StreamWishes;
      readonly timeoutMicros: Micros;
    }
  | { readonly type: "wishes"; readonly wishes: StreamWishes }
  | { readonly type: "input"; readonly events: readonly InputEvent[] }
  /** Says goodbye; "stopped" follows. */
  | { readonly type: "stop" };

/** Worker → page. */
export type WorkerReport =
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
  /** The host's screen has another size; told where pictures come by a track. */
  | { readonly type: "screen"; readonly width: number; readonly height: number }
  | { readonly type: "cursor-shape"; readonly shape: CursorShape }
  | { readonly type: "cursor-position"; readonly position: CursorPosition }
  | { readonly type: "figures"; readonly figures: WorkerFigures }
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
