import Type, { type TString } from "typebox";
import { IceServer } from "../http/ice-servers.ts";
import { type Message, message } from "../message.ts";

/** The most characters of a session description. */
export const MAX_SDP_LENGTH: number = 16 * 1024;
/** The most addresses, certificates and ICE servers of an answer. */
export const MAX_WEB_ADDRESSES = 16;
const MAX_CERTIFICATES = 4;
const MAX_ICE_SERVERS = 8;

/** Ways to a host, as they are named in `WebOffer.wants`. */
export const WebWay = { webtransport: "webtransport", webrtc: "webrtc" } as const;
export type WebWay = (typeof WebWay)[keyof typeof WebWay];

/** Browser → host: where can I reach you? (spec/web.md §3.1) */
export interface WebOffer {
  v: 1;
  /** 16 random bytes, base64url: the answer names them, so that it is the answer to this. */
  nonce: string;
  /** Names of `WebWay`; a host leaves out those that it does not know. */
  wants: string[];
}
/** Schema of an offer. */
export const WebOffer: Message<WebOffer> = message(
  Type.Object({
    v: Type.Literal(1),
    nonce: nonce(),
    wants: Type.Array(Type.String({ maxLength: 32 }), { minItems: 1, maxItems: 8 }),
  }),
);

/** Where a host's WebTransport server is. */
export interface WebTransportPlace {
  /** IPv4 and IPv6 addresses, or host names, the likeliest first. */
  addresses: string[];
  /** UDP. */
  port: number;
  /** Path and query of the URL; a secret of this session. */
  path: string;
  /** SHA-256 of the certificates that it shows or is about to show, base64url. */
  certificates: string[];
}

/** A host's WebRTC peer. */
export interface WebRtcPlace {
  /** The host's offer, with the fingerprint of its DTLS certificate. */
  sdp: string;
  /** Used beside those that the browser knows. */
  iceServers?: IceServer[];
}

/** Host → browser: here, or, with an empty nonce, from now on here (spec/web.md §3.2). A way that is not there is not offered. */
export interface WebAnswer {
  v: 1;
  /** That of the offer; empty where nothing was asked: certificates were renewed. */
  nonce: string;
  webtransport?: WebTransportPlace;
  webrtc?: WebRtcPlace;
}
/** Schema of an answer. */
export const WebAnswer: Message<WebAnswer> = message(
  Type.Object({
    v: Type.Literal(1),
    nonce: Type.Union([nonce(), Type.Literal("")]),
    webtransport: Type.Optional(
      Type.Object({
        addresses: Type.Array(Type.String({ pattern: "^[A-Za-z0-9._:-]{1,253}$" }), {
          minItems: 1,
          maxItems: MAX_WEB_ADDRESSES,
        }),
        port: Type.Integer({ minimum: 1, maximum: 65_535 }),
        path: Type.String({ pattern: "^/[\\u0021-\\u007e]{0,255}$" }),
        certificates: Type.Array(Type.String({ pattern: "^[A-Za-z0-9_-]{43}$" }), {
          minItems: 1,
          maxItems: MAX_CERTIFICATES,
        }),
      }),
    ),
    webrtc: Type.Optional(
      Type.Object({
        sdp: sdp(),
        iceServers: Type.Optional(Type.Array(IceServer, { maxItems: MAX_ICE_SERVERS })),
      }),
    ),
  }),
);

/** Either way: the sender's WebRTC end may be here, too (spec/web.md §3.3). */
export interface WebCandidate {
  v: 1;
  /** Of the offer by which the WebRTC peers met; the newest if absent. */
  nonce?: string;
  /** "candidate:…", as a browser gives it. */
  candidate: string;
  mid: string;
}
/** Schema of a candidate. */
export const WebCandidate: Message<WebCandidate> = message(
  Type.Object({
    v: Type.Literal(1),
    nonce: Type.Optional(nonce()),
    candidate: Type.String({ maxLength: 512 }),
    mid: Type.String({ maxLength: 64 }),
  }),
);

/** Browser → host: the answer to `WebRtcPlace.sdp`, with the fingerprint of the browser's certificate (spec/web.md §3.3). */
export interface WebDescription {
  v: 1;
  /** Of the offer by which the WebRTC peers met; the newest if absent. */
  nonce?: string;
  sdp: string;
}
/** Schema of a description. */
export const WebDescription: Message<WebDescription> = message(
  Type.Object({ v: Type.Literal(1), nonce: Type.Optional(nonce()), sdp: sdp() }),
);

/** A message by its kind on the socket (`Web.kind`). */
export type WebMessage =
  | { readonly kind: "offer"; readonly value: WebOffer }
  | { readonly kind: "answer"; readonly value: WebAnswer }
  | { readonly kind: "candidate"; readonly value: WebCandidate | WebDescription };

function nonce(): TString {
  return Type.String({ pattern: "^[A-Za-z0-9_-]{22}$" });
}

function sdp(): TString {
  return Type.String({ minLength: 1, maxLength: MAX_SDP_LENGTH });
}
