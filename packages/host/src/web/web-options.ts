import type { IceServer, Web } from "@wavry/signaling";

/** How browsers reach a host. */
export interface WebOptions {
  /** UDP port of the WebTransport server; default: 4201, or any free one where that is taken. 0: any free one. */
  readonly port?: number | undefined;
  /** The address to listen on; the host's if undefined. */
  readonly address?: string | undefined;
  /** Whether WebRTC is offered where WebTransport does not get through; default: unless WAVRY_ENABLE_WEBRTC is 0. */
  readonly webrtc?: boolean | undefined;
}

/** Whose pages may come. */
export interface OpenWebOptions extends WebOptions {
  /** Of the gateway's pages, such as `https://wavry.example`; added to those of earlier calls. */
  readonly allowOrigins: readonly string[];
}

/** What browsers are offered. */
export interface WebPlace {
  /** The WebTransport server's UDP port; undefined: there is none. */
  readonly port: number | undefined;
  readonly webrtc: boolean;
}

/** What browser and host say to each other through a gateway (spec/web.md), about one of its sessions. */
export type WebSignal = Pick<Web, "session" | "kind" | "body">;

/** What a browser says. */
export interface WebRequest extends WebSignal {
  /** STUN and TURN servers that the gateway names, for offers. */
  readonly iceServers?: readonly IceServer[] | undefined;
}

/** What was refused, by cause; each only grows. */
export interface WebCounters {
  /** Of no session that is granted. */
  noGrant: number;
  /** Not signed by the guest of the session. */
  wrongIdentity: number;
  /** Signed, and yet in no form that is known, or not at this time. */
  malformed: number;
  /** Offers that came too often or twice, or found no room. */
  refused: number;
  /** WebTransport sessions without a token that is good. */
  badToken: number;
}

/** All zero. */
export function newWebCounters(): WebCounters {
  return { noGrant: 0, wrongIdentity: 0, malformed: 0, refused: 0, badToken: 0 };
}
