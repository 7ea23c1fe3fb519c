import type { Micros } from "@wavry/rift-core";
import type { PeerConnection } from "node-datachannel";
import { AgentNetwork } from "../ice/agent-network.ts";
import { TrackRate } from "../rate/track-rate.ts";
import { fingerprintOf } from "../sdp/fingerprint.ts";
import { midsOf, readRemoteAnswer } from "../sdp/remote-answer.ts";
import { WebRtcError } from "../webrtc-error.ts";
import { CandidateGate } from "./candidate-gate.ts";
import { MediaTrack } from "./media-track.ts";
import { MessageChannel } from "./message-channel.ts";
import { loadNative, nativeCallback } from "./native.ts";
import type { WebRtcPeerOptions } from "./peer-options.ts";
import { type PeerState, type PeerStats, readPath } from "./peer-stats.ts";
import { VideoFeedback } from "./video-feedback.ts";

/** The longest datagram: a RIFT datagram's. */
export const MAX_DATAGRAM_BYTES = 1_200;
/** The longest message of the reliable channel. */
export const MAX_CONTROL_BYTES = 65_536;
/** A datagram that would wait behind more than this is dropped: later ones say more. */
const MAX_WAITING_DATAGRAM_BYTES = 64 << 10;
const MAX_WAITING_CONTROL_BYTES = 1 << 20;
const DEFAULT_RATE = { startBps: 10_000_000, minBps: 300_000, maxBps: 100_000_000 } as const;
const TICK_MILLIS = 1_000;

/**
 * One end of a WebRTC connection: it makes the offer, sends media that is encoded already, and passes datagrams.
 * All callbacks are called in later turns than the calls that cause them, and none after `close`.
 *
 * A worker with an open peer may end by itself, but must not be terminated from outside: that hangs in the native library.
 */
export class WebRtcPeer implements Disposable {
  /** SHA-256 of our DTLS certificate, as `fingerprintOf` gives it for the offer. A new one each peer. */
  readonly fingerprint: string;
  /** Resolves once the peer is closed and the native side has let go. */
  readonly closed: Promise<void>;
  /** "closed" only where the other side closed it. */
  onState: ((state: PeerState) => void) | undefined;
  /** The receiver needs a keyframe: it asked, or the track has just opened. */
  onKeyframeRequested: (() => void) | undefined;
  /** `bitrateBps` has changed by more than 3 %. */
  onBitrateEstimate: ((bitrateBps: number) => void) | undefined;
  /** The datagram channel is open. */
  onDatagramsOpen: (() => void) | undefined;
  /** A datagram came on the channel "rift"; owned by the callee. */
  onDatagram: ((datagram: Uint8Array) => void) | undefined;
  /** A message came on the channel "control"; owned by the callee. */
  onControl: ((message: Uint8Array) => void) | undefined;
  readonly #options: WebRtcPeerOptions;
  readonly #now: () => Micros;
  readonly #connection: PeerConnection;
  readonly #network: AgentNetwork;
  readonly #gate: CandidateGate;
  readonly #mids: readonly string[];
  readonly #video: MediaTrack | undefined;
  readonly #audio: MediaTrack | undefined;
  readonly #datagrams: MessageChannel | undefined;
  readonly #control: MessageChannel | undefined;
  readonly #feedback: VideoFeedback;
  readonly #tick: NodeJS.Timeout;
  readonly #connectionGone: PromiseWithResolvers<void> = Promise.withResolvers();
  #state: PeerState = "new";
  #answered = false;
  /** Ours, which are passed on once the answer is there: see `setRemote`. */
  #heldCandidates: [candidate: string, mid: string][] | undefined = [];
  #videoFrames = 0;
  #videoBytes = 0;
  #audioPackets = 0;
  #datagramsSent = 0;
  #datagramsReceived = 0;
  #datagramsDropped = 0;
  #malformed = 0;

  /** Throws WebRtcError "unavailable", "malformed" (an ICE URL) or "failed". */
  constructor(options: WebRtcPeerOptions) {
    this.#options = options;
    this.#now = options.now ?? monotonicMicros;
    if (!sendsAnything(options)) throw new TypeError("a peer needs a track or a channel");
    const native = loadNative();
    const { bindAddress, portRange, tlsAuthorities } = options;
    this.#network = new AgentNetwork({
      iceServers: options.iceServers ?? [],
      relayOnly: options.iceTransportPolicy === "relay",
      ...{ bindAddress, tlsAuthorities },
    });
    const rate = new TrackRate(options.rate ?? DEFAULT_RATE);
    this.#feedback = new VideoFeedback(rate, {
      onKeyframe: () => this.onKeyframeRequested?.(),
      onBitrate: (bitrateBps) => this.onBitrateEstimate?.(bitrateBps),
    });
    let connection: PeerConnection | undefined;
    try {
      connection = new native.PeerConnection("wavry", {
        ...this.#network.config,
        ...(portRange && { portRangeBegin: portRange.first, portRangeEnd: portRange.last }),
        disableAutoNegotiation: true,
        maxMessageSize: MAX_CONTROL_BYTES,
      });
      this.#connection = connection;
      this.#listen(connection);
      if (options.video !== undefined)
        this.#video = new MediaTrack({
          ...{ native, connection, codec: options.video.codec },
          onRtcp: this.#whileOpen((bytes: Uint8Array) => this.#takeRtcp(bytes)),
          onOpen: this.#whileOpen(() => this.onKeyframeRequested?.()),
        });
      if (options.audio !== undefined && options.audio !== false)
        this.#audio = new MediaTrack({
          ...{ native, connection, codec: "opus" },
          onRtcp: () => {},
          onOpen: () => {},
        });
      if (options.dataChannel !== false)
        this.#datagrams = new MessageChannel({
          ...{ connection, label: "rift", reliable: false },
          maxMessageBytes: MAX_DATAGRAM_BYTES,
          maxBufferedBytes: MAX_WAITING_DATAGRAM_BYTES,
          onMessage: this.#whileOpen((datagram: Uint8Array) => {
            this.#datagramsReceived++;
            this.onDatagram?.(datagram);
          }),
          onRefused: () => this.#malformed++,
          onOpen: this.#whileOpen(() => this.onDatagramsOpen?.()),
        });
      if (options.controlChannel === true)
        this.#control = new MessageChannel({
          ...{ connection, label: "control", reliable: true },
          maxMessageBytes: MAX_CONTROL_BYTES,
          maxBufferedBytes: MAX_WAITING_CONTROL_BYTES,
          onMessage: this.#whileOpen((message: Uint8Array) => this.onControl?.(message)),
          onRefused: () => this.#malformed++,
          onOpen: () => {},
        });
      connection.setLocalDescription("offer");
      const offer = connection.localDescription()?.sdp ?? "";
      this.#mids = midsOf(offer);
      this.fingerprint = fingerprintOf(offer) ?? "";
    } catch (error) {
      this.#release(connection);
      if (error instanceof WebRtcError || error instanceof TypeError) throw error;
      throw new WebRtcError("failed", "a WebRTC peer cannot be made", { cause: error });
    }
    this.#gate = new CandidateGate(connection, this.#mids);
    this.#tick = setInterval(() => this.#feedback.handleTimeout(this.#now()), TICK_MILLIS);
    this.#tick.unref();
    const parts = this.#parts().map(({ closed }) => closed);
    this.closed = Promise.all([this.#connectionGone.promise, ...parts]).then(() => {});
  }

  get state(): PeerState {
    return this.#state;
  }

  /** What the video may take at present, in bits a second: of RTP payload, headers and repeats together. */
  get bitrateBps(): number {
    return this.#feedback.bitrateBps(this.#now());
  }

  /** Whether `sendVideo` reaches the network. */
  get isVideoOpen(): boolean {
    return this.#video?.isOpen === true;
  }

  /** Whether `sendDatagram` reaches the network. */
  get isDatagramsOpen(): boolean {
    return this.#datagrams?.isOpen === true;
  }

  /**
   * Takes the answer, once. Throws WebRtcError "malformed", "limit" or "closed"; after "malformed" or "limit" the right one
   * may still follow.
   */
  setRemote(sdp: string): void {
    this.#refuseClosed();
    if (this.#answered) throw new WebRtcError("malformed", "the offer has been answered already");
    const answer = readRemoteAnswer(sdp, this.#mids);
    try {
      this.#connection.setRemoteDescription(answer.sdp, "answer");
    } catch (error) {
      throw new WebRtcError("malformed", "the answer was refused", { cause: error });
    }
    this.#answered = true;
    this.#gate.open();
    for (const { candidate, mid } of answer.candidates) this.#gate.add(candidate, mid);
    // The library lets checks of the other side in before it knows its answer, and where they succeed while it takes that
    // in, it holds the right certificate for a wrong one. So the other side does not know where we are until now.
    queueMicrotask(() => {
      const held = this.#heldCandidates ?? [];
      this.#heldCandidates = undefined;
      for (const [candidate, mid] of held)
        if (this.#state !== "closed") this.#options.onCandidate(candidate, mid);
    });
  }

  /** Takes a candidate of the other side, at any time. Throws WebRtcError "malformed", "limit" or "closed". */
  addCandidate(candidate: string, mid: string): void {
    this.#refuseClosed();
    this.#gate.add(candidate, mid);
  }

  /**
   * Sends a picture: an H.264 access unit in Annex B, or an AV1 temporal unit in the low-overhead format (borrowed).
   * `capturedAt`: its time on one clock; only differences mean something. False: there is no open video track.
   */
  sendVideo(accessUnit: Uint8Array, capturedAt: Micros): boolean {
    if (this.#video?.send(accessUnit, capturedAt) !== true) return false;
    this.#videoFrames++;
    this.#videoBytes += accessUnit.length;
    this.#feedback.videoSent(accessUnit.length, this.#now());
    return true;
  }

  /** Sends an Opus packet (borrowed), in the time of `sendVideo`. False: there is no open audio track. */
  sendAudio(packet: Uint8Array, capturedAt: Micros): boolean {
    if (this.#audio?.send(packet, capturedAt) !== true) return false;
    this.#audioPackets++;
    return true;
  }

  /**
   * Sends a datagram of up to `MAX_DATAGRAM_BYTES` (borrowed), which may be lost. False: it was dropped here, for want of
   * an open channel or of room. Throws a RangeError on a longer one.
   */
  sendDatagram(datagram: Uint8Array): boolean {
    const sent = this.#datagrams?.send(datagram) === true;
    if (sent) this.#datagramsSent++;
    else this.#datagramsDropped++;
    return sent;
  }

  /**
   * Sends a message of up to `MAX_CONTROL_BYTES` (borrowed) on the reliable channel. False: no open channel or no room.
   * Throws a RangeError on a longer one.
   */
  sendControl(message: Uint8Array): boolean {
    return this.#control?.send(message) === true;
  }

  stats(): PeerStats {
    const nativeRtt = this.#state === "closed" ? -1 : this.#connection.rtt();
    return {
      ...this.#feedback.stats(this.#now()),
      path: this.#state === "closed" ? undefined : readPath(this.#connection),
      rttMicros: this.#feedback.rttMicros ?? (nativeRtt < 0 ? undefined : nativeRtt * 1_000),
      videoFrames: this.#videoFrames,
      videoBytes: this.#videoBytes,
      audioPackets: this.#audioPackets,
      datagramsSent: this.#datagramsSent,
      datagramsReceived: this.#datagramsReceived,
      datagramsDropped: this.#datagramsDropped,
      malformed: this.#malformed,
    };
  }

  /** Closes it all; nothing is called back but `closed`. Idempotent. */
  close(): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    clearInterval(this.#tick);
    this.#release(this.#connection);
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #release(connection: PeerConnection | undefined): void {
    for (const part of this.#parts()) part.close();
    connection?.close();
    this.#network[Symbol.dispose]();
  }

  #parts(): (MediaTrack | MessageChannel)[] {
    const parts = [this.#video, this.#audio, this.#datagrams, this.#control];
    return parts.filter((part) => part !== undefined);
  }

  #listen(connection: PeerConnection): void {
    connection.onLocalDescription(
      this.#whileOpen((sdp: string, type: string) => {
        // In step with the sound the picture would be held back; candidates come one by one.
        const offer = sdp.replace(/^a=(?:group:LS|candidate:|end-of-candidates).*\r\n/gm, "");
        if (type === "offer") this.#options.onDescription(offer);
      }),
    );
    connection.onLocalCandidate(
      this.#whileOpen((candidate: string, mid: string) => {
        const text = candidate.startsWith("a=") ? candidate.slice(2) : candidate;
        if (this.#heldCandidates === undefined) this.#options.onCandidate(text, mid);
        else this.#heldCandidates.push([text, mid]);
      }),
    );
    connection.onStateChange(
      nativeCallback((state) => {
        if (state === "closed") this.#connectionGone.resolve();
        if (this.#state === "closed" || this.#state === state) return;
        if (state === "closed") this.close();
        this.#state = state as PeerState;
        this.onState?.(this.#state);
      }),
    );
  }

  #takeRtcp(bytes: Uint8Array): void {
    const video = this.#video;
    if (video !== undefined && !this.#feedback.takeRtcp(bytes, video, this.#now()))
      this.#malformed++;
  }

  /** A callback for the native side, which may still call it after `close`. */
  #whileOpen<Values extends unknown[]>(
    callback: (...values: Values) => void,
  ): (...values: Values) => void {
    return nativeCallback((...values) => {
      if (this.#state !== "closed") callback(...values);
    });
  }

  #refuseClosed(): void {
    if (this.#state === "closed") throw new WebRtcError("closed", "the WebRTC peer is closed");
  }
}

/** The native library ends the process over an offer with nothing in it. */
function sendsAnything({ video, audio, dataChannel, controlChannel }: WebRtcPeerOptions): boolean {
  const hasAudio = audio !== undefined && audio !== false;
  return video !== undefined || hasAudio || dataChannel !== false || controlChannel === true;
}

function monotonicMicros(): Micros {
  return Math.round(performance.now() * 1_000);
}
