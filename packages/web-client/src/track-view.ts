import type { RtcLink } from "./session/rtc-link.ts";
import type { TrackTotals } from "./track-totals.ts";

/** Figures of a video track since the last time. */
export interface TrackFigures {
  readonly fps: number;
  readonly bitrateBps: number;
  readonly lossShare: number;
  readonly decodeMillis: number;
  /** From the last packet's arrival to the screen. */
  readonly showMillis: number;
  readonly isRelayed: boolean;
}

const MAX_SHOW_MILLIS = 1_000;

const NOTHING: TrackTotals = {
  ...{ at: 0, bytes: 0, frames: 0, decodeSeconds: 0, lost: 0, received: 0 },
  isRelayed: false,
};

/** Shows a WebRTC track in a `<video>` and measures it. */
export class TrackView implements Disposable {
  readonly #video: HTMLVideoElement;
  readonly #link: RtcLink;
  #totals = NOTHING;
  #showMillis = 0;
  #open = true;

  constructor(video: HTMLVideoElement, link: RtcLink, onFirstPicture: () => void) {
    this.#video = video;
    this.#link = link;
    void link.video.then((stream) => {
      if (!this.#open) return;
      video.srcObject = stream;
      video.play().catch(() => {});
    });
    let first = true;
    const onFrame = (_: number, frame: VideoFrameCallbackMetadata): void => {
      if (!this.#open) return;
      if (first) onFirstPicture();
      first = false;
      const showMillis = frame.expectedDisplayTime - (frame.receiveTime ?? frame.presentationTime);
      // After a pause Chromium tells when the picture before it came in.
      if (showMillis < MAX_SHOW_MILLIS) this.#showMillis = Math.max(0, showMillis);
      video.requestVideoFrameCallback(onFrame);
    };
    video.requestVideoFrameCallback(onFrame);
  }

  /** The figures since the last call. */
  async figures(): Promise<TrackFigures> {
    const before = this.#totals;
    const totals = (await this.#link.videoTotals()) ?? before;
    this.#totals = totals;
    const seconds = Math.max(0.001, (totals.at - before.at) / 1000);
    const frames = Math.max(0, totals.frames - before.frames);
    const lost = Math.max(0, totals.lost - before.lost);
    const packets = lost + Math.max(0, totals.received - before.received);
    return {
      fps: frames / seconds,
      bitrateBps: (Math.max(0, totals.bytes - before.bytes) * 8) / seconds,
      lossShare: packets === 0 ? 0 : lost / packets,
      decodeMillis:
        frames === 0 ? 0 : ((totals.decodeSeconds - before.decodeSeconds) * 1000) / frames,
      showMillis: this.#showMillis,
      isRelayed: totals.isRelayed,
    };
  }

  [Symbol.dispose](): void {
    this.#open = false;
    this.#video.srcObject = null;
  }
}
