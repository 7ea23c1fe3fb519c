import type { PortClosed } from "../carriers/port-carrier.ts";
import type { TrackTotals } from "../track-totals.ts";

/** How a WebRTC connection to a host is made. */
export interface RtcLinkInit {
  /** The host's signed offer. */
  readonly sdp: string;
  readonly iceServers: readonly RTCIceServer[];
  readonly iceTransportPolicy?: RTCIceTransportPolicy | undefined;
  /** Tells the host our answer, and where we are. */
  sendDescription(sdp: string): void;
  sendCandidate(candidate: string, mid: string): void;
}

/** What waits in a channel's buffer before datagrams are dropped. */
const MAX_BUFFERED_BYTES = 256 * 1024;
/** The label of the channel of RIFT's datagrams. */
const CHANNEL = "rift";

/** A WebRTC connection: the host's tracks, and a DataChannel as a carrier, whose far end is a port. */
export class RtcLink implements Disposable {
  /** The video, as soon as the host sends some; never where it has none. */
  readonly video: Promise<MediaStream>;
  /** The sound, by itself; never where the host offers none. */
  readonly audio: Promise<MediaStream>;
  /** The carrier's port once the channel is open. Rejects where the connection fails before. */
  readonly port: Promise<MessagePort>;
  /** Resolves once media may flow. Rejects where the connection fails before. */
  readonly connected: Promise<void>;
  /** Resolves with the reason once it is over. */
  readonly closed: Promise<string>;
  readonly #peer: RTCPeerConnection;
  readonly #video = Promise.withResolvers<MediaStream>();
  readonly #audio = Promise.withResolvers<MediaStream>();
  readonly #port = Promise.withResolvers<MessagePort>();
  readonly #connected = Promise.withResolvers<void>();
  readonly #closed = Promise.withResolvers<string>();
  readonly #described: Promise<void>;
  #near: MessagePort | undefined;
  #over = false;

  constructor(init: RtcLinkInit) {
    this.video = this.#video.promise;
    this.audio = this.#audio.promise;
    this.port = this.#port.promise;
    this.connected = this.#connected.promise;
    this.closed = this.#closed.promise;
    for (const promise of [this.port, this.connected]) promise.catch(() => {});
    const peer = new RTCPeerConnection({
      iceServers: [...init.iceServers],
      bundlePolicy: "max-bundle",
      ...(init.iceTransportPolicy && { iceTransportPolicy: init.iceTransportPolicy }),
    });
    this.#peer = peer;
    peer.ondatachannel = ({ channel }) => {
      if (channel.label === CHANNEL) this.#take(channel);
    };
    peer.ontrack = ({ track, receiver }) => {
      // Frames are shown as they come; what a jitter buffer would wait for is repaired by a keyframe.
      receiver.jitterBufferTarget = 0;
      const { resolve } = track.kind === "video" ? this.#video : this.#audio;
      resolve(new MediaStream([track]));
    };
    peer.onicecandidate = ({ candidate }) => {
      if (candidate !== null && candidate.candidate !== "")
        init.sendCandidate(candidate.candidate, candidate.sdpMid ?? "0");
    };
    peer.onconnectionstatechange = () => {
      if (peer.connectionState === "connected") this.#connected.resolve();
      if (peer.connectionState === "failed") this.#end("the WebRTC connection failed");
      if (peer.connectionState === "closed") this.#end("closed");
    };
    this.#described = peer.setRemoteDescription({ type: "offer", sdp: init.sdp });
    void this.#answer(init);
  }

  /** Whether the host offers a video track. */
  static offersVideo(sdp: string): boolean {
    return /^m=video [1-9]/m.test(sdp);
  }

  /** The host is there as well. A candidate that this browser does not take is left out. */
  addCandidate(candidate: string, mid: string): void {
    this.#described
      .then(() => this.#peer.addIceCandidate({ candidate, sdpMid: mid }))
      .catch(() => {});
  }

  /** What has come of the video; undefined before there is any. */
  async videoTotals(): Promise<TrackTotals | undefined> {
    const report = await this.#peer.getStats();
    for (const entry of report.values()) {
      const stats = entry as RTCInboundRtpStreamStats;
      if (stats.type !== "inbound-rtp" || stats.kind !== "video") continue;
      return {
        at: stats.timestamp,
        bytes: stats.bytesReceived ?? 0,
        frames: stats.framesDecoded ?? 0,
        decodeSeconds: stats.totalDecodeTime ?? 0,
        lost: stats.packetsLost ?? 0,
        received: stats.packetsReceived ?? 0,
        isRelayed: isRelayed(report),
      };
    }
    return undefined;
  }

  [Symbol.dispose](): void {
    this.#end("closed");
  }

  async #answer({ sendDescription }: RtcLinkInit): Promise<void> {
    try {
      await this.#described;
      await this.#peer.setLocalDescription();
      if (!this.#over) sendDescription(this.#peer.localDescription?.sdp ?? "");
    } catch (error) {
      this.#end((error as Error).message);
    }
  }

  #take(channel: RTCDataChannel): void {
    channel.binaryType = "arraybuffer";
    const { port1: near, port2: far } = new MessageChannel();
    this.#near = near;
    near.onmessage = ({ data }: MessageEvent<ArrayBuffer>) => {
      if (channel.readyState !== "open" || channel.bufferedAmount > MAX_BUFFERED_BYTES) return;
      channel.send(data);
    };
    channel.onmessage = ({ data }: MessageEvent<ArrayBuffer>) => near.postMessage(data, [data]);
    channel.onopen = () => this.#port.resolve(far);
    channel.onclose = () => this.#end("the channel was closed");
    if (channel.readyState === "open") this.#port.resolve(far);
  }

  #end(reason: string): void {
    if (this.#over) return;
    this.#over = true;
    const note: PortClosed = { closed: reason };
    this.#near?.postMessage(note);
    // What was posted is delivered after a close too.
    this.#near?.close();
    this.#peer.close();
    this.#port.reject(new Error(reason));
    this.#connected.reject(new Error(reason));
    this.#closed.resolve(reason);
  }
}

/** Whether either end of the path in use is at a TURN server. */
function isRelayed(report: RTCStatsReport): boolean {
  const entries = [...report.values()] as { id: string; type: string; candidateType?: string }[];
  const transport = entries.find(({ type }) => type === "transport") as
    | RTCTransportStats
    | undefined;
  const pair = report.get(transport?.selectedCandidatePairId ?? "") as
    | RTCIceCandidatePairStats
    | undefined;
  if (pair === undefined) return false;
  const ends = [pair.localCandidateId, pair.remoteCandidateId];
  return entries.some(({ id, candidateType }) => ends.includes(id) && candidateType === "relay");
}
