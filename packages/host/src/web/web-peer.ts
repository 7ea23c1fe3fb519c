import type { Micros } from "@wavry/rift-core";
import { type Carrier, type CarrierPort, monotonicMicros } from "@wavry/rift-udp";
import type { IceServer } from "@wavry/signaling";
import type { WebRtcPeer, WebRtcPeerOptions } from "@wavry/webrtc";
import type { VideoTrack } from "./video-track.ts";

/** A browser that wants WebRTC has answered by then. */
const ANSWER_MILLIS = 30_000;

/** As much of a WebRtcPeer as the host needs. */
export type PeerEnd = Pick<
  WebRtcPeer,
  | "onState"
  | "onKeyframeRequested"
  | "onBitrateEstimate"
  | "onDatagramsOpen"
  | "onDatagram"
  | "isVideoOpen"
  | "bitrateBps"
  | "setRemote"
  | "addCandidate"
  | "sendVideo"
  | "sendDatagram"
  | "close"
  | "closed"
>;

/** Makes peers: `@wavry/webrtc`, or a test's. Throws WebRtcError. */
export type PeerMaker = (options: WebRtcPeerOptions) => PeerEnd;

/** What a peer is made with. */
export interface WebPeerInit {
  readonly make: PeerMaker;
  readonly iceServers: readonly IceServer[];
  readonly rate: WebRtcPeerOptions["rate"];
  addCarrier(carrier: Carrier): CarrierPort;
  /** Our offer. */
  onDescription(sdp: string): void;
  onCandidate(candidate: string, mid: string): void;
  /** The video track is open. */
  onTrack(): void;
  /** It is over: it failed, or the browser never answered. Not called after dispose. */
  onOver(): void;
}

/** A WebRTC connection to one browser: its data channel is a carrier, its video track shows the screen. */
export class WebPeer implements VideoTrack, Disposable {
  onKeyframeRequested: (() => void) | undefined;
  onBitrateChanged: (() => void) | undefined;
  /** Resolves once the native side has let go. */
  readonly closed: Promise<void>;
  readonly #init: WebPeerInit;
  readonly #peer: PeerEnd;
  readonly #unanswered: NodeJS.Timeout;
  #port: CarrierPort | undefined;
  #isTrackTold = false;
  #open = true;

  /** Throws WebRtcError. */
  constructor(init: WebPeerInit) {
    this.#init = init;
    const peer = init.make({
      iceServers: init.iceServers.map(({ urls, username, credential }) => ({
        urls,
        ...(username !== undefined && { username }),
        ...(credential !== undefined && { credential }),
      })),
      video: { codec: "h264" },
      rate: init.rate,
      now: monotonicMicros,
      onDescription: (sdp) => init.onDescription(sdp),
      onCandidate: (candidate, mid) => init.onCandidate(candidate, mid),
    });
    this.#peer = peer;
    this.closed = peer.closed;
    peer.onState = (state) => {
      if (state === "failed" || state === "closed") this.#over();
    };
    peer.onDatagramsOpen = () => this.#openCarrier();
    peer.onKeyframeRequested = () => this.#keyframeWanted();
    peer.onBitrateEstimate = () => this.onBitrateChanged?.();
    this.#unanswered = setTimeout(() => this.#over(), ANSWER_MILLIS);
    this.#unanswered.unref();
  }

  /** Whether pictures reach the browser. */
  get isTrackOpen(): boolean {
    return this.#open && this.#peer.isVideoOpen;
  }

  get bitrateBps(): number {
    return this.#peer.bitrateBps;
  }

  send(accessUnit: Uint8Array, capturedAt: Micros): void {
    if (this.#open) this.#peer.sendVideo(accessUnit, capturedAt);
  }

  /** Takes the browser's answer. Throws WebRtcError. */
  setRemote(sdp: string): void {
    this.#peer.setRemote(sdp);
    clearTimeout(this.#unanswered);
  }

  /** Takes a candidate of the browser. Throws WebRtcError. */
  addCandidate(candidate: string, mid: string): void {
    this.#peer.addCandidate(candidate, mid);
  }

  [Symbol.dispose](): void {
    if (!this.#open) return;
    this.#open = false;
    clearTimeout(this.#unanswered);
    this.#port?.close();
    this.#peer.close();
  }

  #openCarrier(): void {
    if (!this.#open || this.#port !== undefined) return;
    const port = this.#init.addCarrier({
      send: (datagram) => void this.#peer.sendDatagram(datagram),
    });
    this.#port = port;
    this.#peer.onDatagram = (datagram) => port.receive(datagram);
  }

  #keyframeWanted(): void {
    if (this.isTrackOpen && !this.#isTrackTold) {
      this.#isTrackTold = true;
      this.#init.onTrack();
    }
    this.onKeyframeRequested?.();
  }

  #over(): void {
    if (!this.#open) return;
    this[Symbol.dispose]();
    this.#init.onOver();
  }
}
