import type { Micros } from "@wavry/rift-core";
import { type Carrier, type CarrierPort, monotonicMicros } from "@wavry/rift-udp";
import type { WebTransportPlace } from "@wavry/signaling";
import {
  type IceServer,
  type WebAnswer,
  type WebCandidate,
  type WebDescription,
  type WebMessage,
  type WebOffer,
  WebWay,
} from "@wavry/signaling";
import type { TransportSession } from "./transport-entrance.ts";
import { laneGroupOf, TransportLanes } from "./transport-lanes.ts";
import type { WebCounters } from "./web-options.ts";
import { type PeerMaker, WebPeer, type WebPeerInit } from "./web-peer.ts";

/** Offers that are answered in a time: each may make a peer. */
const MAX_OFFERS = 8;
const OFFERS_MICROS: Micros = 15_000_000;
/** A signed offer that comes again is not answered again. */
const MAX_NONCES = 64;
/** WebTransport carriers of one guest at once: the one in use, and those that a page is about to use or has lost. */
const MAX_TRANSPORTS = 4;

/** Why the host closes a WebTransport session (spec/web.md §4). */
export const TransportClose = { noToken: 1, over: 2, replaced: 3 } as const;

/** What a guest's browser finds at the host. */
export interface WebGuestServices {
  readonly counters: WebCounters;
  readonly rate: WebPeerInit["rate"];
  addCarrier(carrier: Carrier): CarrierPort;
  /** Where the guest with this token comes in by WebTransport; undefined: nowhere. */
  placeFor(token: string): WebTransportPlace | undefined;
  /** Undefined: there is no WebRTC, or no room for another peer. */
  peerMaker(): PeerMaker | undefined;
  /** It asked for the way in. */
  coming(): void;
  say(guest: WebGuest, message: WebMessage): void;
  /** A video track opened or ended. */
  trackChanged(guest: WebGuest): void;
}

/** The browser of a granted session: what it was told, and the pipes that it opened. */
export class WebGuest implements Disposable {
  readonly session: string;
  readonly wavryId: string;
  /** Opens the WebTransport server to this guest. */
  readonly token: string;
  readonly #services: WebGuestServices;
  readonly #transports: TransportLanes[] = [];
  readonly #nonces: string[] = [];
  #offersAt: Micros[] = [];
  #peer: WebPeer | undefined;
  #peerNonce = "";
  #open = true;

  constructor(
    id: { readonly session: string; readonly wavryId: string; readonly token: string },
    services: WebGuestServices,
  ) {
    this.session = id.session;
    this.wavryId = id.wavryId;
    this.token = id.token;
    this.#services = services;
  }

  /** The peer, if there is one. */
  get peer(): WebPeer | undefined {
    return this.#peer;
  }

  /** The browser asks where it can come in. */
  offer({ nonce, wants }: WebOffer, iceServers: readonly IceServer[]): void {
    if (!this.#mayOffer(nonce)) {
      this.#services.counters.refused++;
      return;
    }
    const webtransport = wants.includes(WebWay.webtransport)
      ? this.#services.placeFor(this.token)
      : undefined;
    const answer: WebAnswer = { v: 1, nonce, ...(webtransport && { webtransport }) };
    const say = (answer: WebAnswer): void =>
      this.#services.say(this, { kind: "answer", value: answer });
    if (!wants.includes(WebWay.webrtc) || !this.#meet(nonce, iceServers, answer)) say(answer);
    // After the answer, which is on its way meanwhile.
    this.#services.coming();
  }

  /** Where the browser's end of WebRTC is, and how it is to be known. Throws WebRtcError. */
  candidate(message: WebCandidate | WebDescription): void {
    const peer = this.#peer;
    if (peer === undefined) return;
    // What belongs to a peer that is gone is late, not wrong.
    if (message.nonce !== undefined && message.nonce !== this.#peerNonce) return;
    if ("sdp" in message) peer.setRemote(message.sdp);
    else if (message.candidate !== "") peer.addCandidate(message.candidate, message.mid);
  }

  /** The browser has come by WebTransport. */
  welcome(session: TransportSession): void {
    const group = laneGroupOf(session.path);
    const known =
      group === undefined ? undefined : this.#transports.find((lanes) => lanes.group === group);
    if (known !== undefined) {
      if (!known.add(session)) session.close(TransportClose.replaced, "there are enough of it");
      return;
    }
    const lanes = new TransportLanes({
      ...{ group, first: session },
      addCarrier: (carrier) => this.#services.addCarrier(carrier),
      onOver: () => {
        const at = this.#transports.indexOf(lanes);
        if (at >= 0) this.#transports.splice(at, 1);
      },
    });
    this.#transports.push(lanes);
    if (this.#transports.length > MAX_TRANSPORTS)
      this.#transports.shift()?.close(TransportClose.replaced, "there are newer ones");
  }

  /** The certificates have changed. */
  renew(): void {
    const webtransport = this.#services.placeFor(this.token);
    if (webtransport !== undefined)
      this.#services.say(this, { kind: "answer", value: { v: 1, nonce: "", webtransport } });
  }

  /** Closes all pipes. */
  [Symbol.dispose](): void {
    if (!this.#open) return;
    this.#open = false;
    for (const lanes of [...this.#transports])
      lanes.close(TransportClose.over, "the session is over");
    this.#dropPeer();
  }

  #mayOffer(nonce: string): boolean {
    const now = monotonicMicros();
    this.#offersAt = this.#offersAt.filter((at) => now - at < OFFERS_MICROS);
    if (this.#offersAt.length >= MAX_OFFERS || this.#nonces.includes(nonce)) return false;
    this.#offersAt.push(now);
    this.#nonces.push(nonce);
    if (this.#nonces.length > MAX_NONCES) this.#nonces.shift();
    return true;
  }

  /** Makes a peer in place of the one before; its offer goes out with the answer. False: there is none. */
  #meet(nonce: string, iceServers: readonly IceServer[], answer: WebAnswer): boolean {
    this.#dropPeer();
    const make = this.#services.peerMaker();
    if (make === undefined) return false;
    const told = [...iceServers];
    try {
      this.#peerNonce = nonce;
      this.#peer = new WebPeer({
        ...{ make, iceServers: told, rate: this.#services.rate },
        addCarrier: (carrier) => this.#services.addCarrier(carrier),
        onDescription: (sdp) => {
          const webrtc = { sdp, ...(told.length > 0 && { iceServers: told }) };
          this.#services.say(this, { kind: "answer", value: { ...answer, webrtc } });
        },
        onCandidate: (candidate, mid) =>
          this.#services.say(this, { kind: "candidate", value: { v: 1, nonce, candidate, mid } }),
        onTrack: () => this.#services.trackChanged(this),
        onOver: () => {
          this.#peer = undefined;
          this.#services.trackChanged(this);
        },
      });
      return true;
    } catch {
      // Without a peer there is still WebTransport.
      return false;
    }
  }

  #dropPeer(): void {
    const peer = this.#peer;
    if (peer === undefined) return;
    this.#peer = undefined;
    peer[Symbol.dispose]();
    this.#services.trackChanged(this);
  }
}
