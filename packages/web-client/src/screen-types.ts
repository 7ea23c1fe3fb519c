import type { SignalingSocket } from "@wavry/gateway-client";
import type { Right } from "@wavry/signaling";
import type { BrowserIdentity } from "./identity.ts";

/** What a screen is doing. "ended" stays until the next `connect`. */
export type ScreenState =
  | "idle"
  | "connecting"
  | "waiting-for-consent"
  | "connected"
  | "reconnecting"
  | "ended";

/** What carries a session: all in datagrams of WebTransport; its video as a WebRTC track; everything over WebRTC. */
export type ScreenTransport = "webtransport" | "webtransport+webrtc" | "webrtc";

/** What matters more: pixels as on the host; both; or little delay on a narrow network. */
export type ScreenQuality = "sharp" | "balanced" | "fast";

/** How to reach a host's screen. */
export interface ScreenConnection {
  /** The connection to the gateway, with role "client"; the caller's. */
  readonly socket: SignalingSocket;
  /** The device that `socket` was opened for. */
  readonly identity: BrowserIdentity;
  /** The host's Wavry ID; undefined for the one that a share link names. */
  readonly host?: string | undefined;
  /** A share link's token. A guest's socket need not say it again. */
  readonly share?: string | undefined;
  /** The host's static key where the caller keeps keys itself; it outranks the browser's own list. */
  readonly pinnedKey?: ((wavryId: string) => Uint8Array | undefined) | undefined;
  /** What may be used, and tried in the order of the ladder; default both. */
  readonly transports?: readonly ("webtransport" | "webrtc")[] | undefined;
  /** The gateway's STUN and TURN servers, asked for when WebRTC is tried; those that the host names are used besides. */
  readonly iceServers?: (() => Promise<readonly RTCIceServer[]>) | undefined;
  /** "relay" where nothing but TURN is to be used; default "all". */
  readonly iceTransportPolicy?: RTCIceTransportPolicy | undefined;
  /** What this device is called on the host. */
  readonly deviceName: string;
  /** Ends the session. */
  readonly signal?: AbortSignal | undefined;
}

/** Figures of the last second. */
export interface ScreenStats {
  /** From the change on the host's display to its drawing here, the middle one; the last known where nothing changed. */
  readonly latencyMillis: number;
  readonly rttMillis: number;
  /** Changes shown. */
  readonly fps: number;
  readonly bitrateBps: number;
  /** Of the packets, 0..1. */
  readonly lossShare: number;
  readonly decodeMillis: number;
  /** The host's screen in pixels; 0 before the first picture. */
  readonly width: number;
  readonly height: number;
  readonly transport: ScreenTransport | undefined;
  /** Video comes through a TURN server. */
  readonly isRelayed: boolean;
}

/** A screen of the host. */
export interface ScreenMonitor {
  readonly id: number;
  readonly name: string;
  readonly width: number;
  readonly height: number;
}

/**
 * Something the person should know. `code` is stable, `text` is the host's, to be shown as text. "host-down": the host has ended,
 * and while it is "reconnecting" the screen waits for it to be back.
 */
export interface ScreenNotice {
  readonly code: string;
  readonly text: string;
}

/** Why a session is over. */
export interface ScreenEnd {
  /** A `ScreenErrorCode`, "disconnected" by the page, or the gateway's reason such as "grant-ended". */
  readonly code: string;
  readonly message: string;
  /** With "key-changed": the host's Wavry ID, which `PinnedHosts.forget` takes. */
  readonly host?: string | undefined;
}

/** The events of `<wavry-screen>`. */
export interface ScreenEventMap {
  statechange: CustomEvent<{ readonly state: ScreenState; readonly previous: ScreenState }>;
  statschange: CustomEvent<ScreenStats>;
  notice: CustomEvent<ScreenNotice>;
  rightschange: CustomEvent<{ readonly rights: readonly Right[] }>;
  /** The transport in use has changed; `transport` of the element tells which. */
  transportchange: CustomEvent<{ readonly transport: ScreenTransport | undefined }>;
  monitorschange: CustomEvent<{ readonly monitors: readonly ScreenMonitor[] }>;
  /** The person pressed Ctrl+Alt+Shift and Q, F, M or S; only "statistics" is left to the page. */
  chord: CustomEvent<{ readonly chord: "leave" | "fullscreen" | "relative" | "statistics" }>;
  ended: CustomEvent<ScreenEnd>;
}
