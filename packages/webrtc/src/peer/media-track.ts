import { randomInt } from "node:crypto";
import type { Micros } from "@wavry/rift-core";
import type { MediaHandler, PeerConnection, RtpPacketizationConfig, Track } from "node-datachannel";
import { OPUS_CLOCK_HZ, RtpClock, VIDEO_CLOCK_HZ } from "../rtp-clock.ts";
import { type Native, nativeCallback } from "./native.ts";

/** What a track sends. */
export type TrackCodec = "h264" | "av1" | "opus";

/** http://www.webrtc.org/experiments/rtp-hdrext/playout-delay, under this number in our offers. */
const PLAYOUT_DELAY_ID = 5;
const PLAYOUT_DELAY_URI = "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay";
const PAYLOAD_TYPES: Record<TrackCodec, number> = { h264: 102, av1: 45, opus: 111 };
/** Constrained baseline; a receiver goes by the parameter sets, not by this level. */
const H264_PROFILE = "profile-level-id=42e01f;packetization-mode=1;level-asymmetry-allowed=1";
const OPUS_PROFILE = "minptime=5;stereo=1;sprop-stereo=1;useinbandfec=0";
/** With RTP and its extensions, SRTP, TURN's channel header and IPv6 still under 1280 bytes. */
const MAX_FRAGMENT_BYTES = 1_180;
/** Packets that can be sent again: half a second at 25 Mbps. */
const REPEATABLE_PACKETS = 1_400;
const CNAME = "wavry";

/** What a track is made with. */
export interface MediaTrackOptions {
  readonly native: Native;
  readonly connection: PeerConnection;
  readonly codec: TrackCodec;
  /** RTCP of the other side, borrowed; once the track is open. */
  onRtcp(bytes: Uint8Array): void;
  onOpen(): void;
}

/** A track of ours that only sends. Owned by its maker, who closes it before the connection. */
export class MediaTrack {
  /** Of its packets; random. */
  readonly ssrc: number = randomInt(1, 2 ** 32 - 1);
  /** Resolves once the native side has let go. */
  readonly closed: Promise<void>;
  readonly #track: Track;
  readonly #config: RtpPacketizationConfig;
  readonly #clock: RtpClock;
  /** Kept, as the native side does not keep the bindings' objects alive. */
  protected readonly handlers: readonly MediaHandler[];

  constructor({ native, connection, codec, onRtcp, onOpen }: MediaTrackOptions) {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.closed = promise;
    const clockHz = codec === "opus" ? OPUS_CLOCK_HZ : VIDEO_CLOCK_HZ;
    const payloadType = PAYLOAD_TYPES[codec];
    this.#clock = new RtpClock(clockHz, randomInt(2 ** 32));
    this.#config = new native.RtpPacketizationConfig(this.ssrc, CNAME, payloadType, clockHz);
    const kind = codec === "opus" ? "audio" : "video";
    let media: InstanceType<Native["Video"]> | InstanceType<Native["Audio"]>;
    if (codec === "opus") {
      const audio = new native.Audio(kind, "SendOnly");
      audio.addOpusCodec(payloadType, OPUS_PROFILE);
      media = audio;
    } else {
      const video = new native.Video(kind, "SendOnly");
      if (codec === "h264") video.addH264Codec(payloadType, H264_PROFILE);
      else video.addAV1Codec(payloadType);
      video.parseSdpLine(`a=extmap:${PLAYOUT_DELAY_ID} ${PLAYOUT_DELAY_URI}`);
      this.#config.playoutDelayId = PLAYOUT_DELAY_ID;
      this.#config.playoutDelayMin = 0;
      this.#config.playoutDelayMax = 0;
      media = video;
    }
    // A stream each: a receiver that keeps sound and picture of one stream in step holds the picture back.
    media.addSSRC(this.ssrc, CNAME, `wavry-${kind}`, kind);
    this.#track = connection.addTrack(media);
    const packetizer = makePacketizer(native, codec, this.#config);
    const reporter = new native.RtcpSrReporter(this.#config);
    const responder = new native.RtcpNackResponder(REPEATABLE_PACKETS);
    packetizer.addToChain(reporter);
    packetizer.addToChain(responder);
    this.handlers = [packetizer, reporter, responder];
    this.#track.setMediaHandler(packetizer);
    this.#track.onOpen(nativeCallback(onOpen));
    this.#track.onMessage(nativeCallback(onRtcp));
    this.#track.onError(() => {});
    // Without this the binding never lets go of the track.
    this.#track.onClosed(resolve);
  }

  get isOpen(): boolean {
    return this.#track.isOpen();
  }

  /** Sends an access unit, temporal unit or packet (borrowed). False: the track is not open, or the library refused. */
  send(bytes: Uint8Array, at: Micros): boolean {
    if (!this.#track.isOpen()) return false;
    this.#config.timestamp = this.#clock.timestamp(at);
    try {
      return this.#track.sendMessageBinary(asBuffer(bytes));
    } catch {
      // The connection has just ended in a thread of the library's.
      return false;
    }
  }

  /** Lets go of everything: the binding keeps its callbacks, and with them the process, alive until then. Idempotent. */
  close(): void {
    this.#track.close();
  }

  /** The time span of this many units of the track's clock. */
  unitsToMicros(units: number): Micros {
    return Math.round((units * 1_000_000) / this.#config.clockRate);
  }
}

function makePacketizer(
  native: Native,
  codec: TrackCodec,
  config: RtpPacketizationConfig,
): MediaHandler {
  if (codec === "opus") return new native.RtpPacketizer(config);
  return codec === "h264"
    ? new native.H264RtpPacketizer("StartSequence", config, MAX_FRAGMENT_BYTES)
    : new native.AV1RtpPacketizer("TemporalUnit", config, MAX_FRAGMENT_BYTES);
}

/** The bindings take Buffers; a view costs no copy. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes)
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
