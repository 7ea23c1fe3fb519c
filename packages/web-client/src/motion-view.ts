/** Chromium's; TypeScript's own types do not know it. */
declare class MediaStreamTrackGenerator extends MediaStreamTrack {
  constructor(init: { kind: "video" });
  readonly writable: WritableStream<VideoFrame>;
}

/** The class of a stage whose video lies over the canvas. */
export const MOTION_CLASS = "motion";

/** Whether the browser can show pictures of a session as a video. */
export function showsMotion(): boolean {
  return "MediaStreamTrackGenerator" in globalThis;
}

/** A `<video>` over a session's canvas, which shows what the session writes into it while the whole screen moves. */
export class MotionView implements Disposable {
  /** For the session, to be taken over. */
  readonly pictures: WritableStream<VideoFrame>;
  readonly #stage: HTMLElement;
  readonly #video = document.createElement("video");
  #run = 0;
  #open = true;

  /** Puts the video after the canvas, unseen. Throws where `showsMotion` is false. */
  constructor(stage: HTMLElement, canvas: HTMLCanvasElement) {
    this.#stage = stage;
    const track = new MediaStreamTrackGenerator({ kind: "video" });
    this.pictures = track.writable;
    // Of a thread that is gone; the video would turn black.
    track.addEventListener("ended", () => this.rest(this.#run));
    const video = this.#video;
    video.className = "screen";
    video.part.add("screen");
    video.muted = true;
    video.playsInline = true;
    video.disablePictureInPicture = true;
    video.srcObject = new MediaStream([track]);
    canvas.after(video);
    // Where it is refused the video stays unseen.
    video.play().catch(() => {});
  }

  /** Pictures come from now on: the video is uncovered with the next one, and then `onShown` is called. */
  begin(run: number, onShown: (run: number) => void): void {
    if (!this.#open) return;
    this.#run = run;
    this.#video.requestVideoFrameCallback(() => {
      if (run !== this.#run) return;
      this.#stage.classList.add(MOTION_CLASS);
      onShown(run);
    });
  }

  /** The canvas shows the same again. */
  rest(run: number): void {
    if (!this.#open || run !== this.#run) return;
    this.#run = 0;
    this.#stage.classList.remove(MOTION_CLASS);
  }

  [Symbol.dispose](): void {
    this.#open = false;
    this.#run = 0;
    this.#stage.classList.remove(MOTION_CLASS);
    this.#video.srcObject = null;
    this.#video.remove();
  }
}
