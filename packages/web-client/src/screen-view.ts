import type { CursorPosition, Size } from "@wavry/rift-core";
import type { CursorShape } from "@wavry/rift-core/control";
import { MotionView, showsMotion } from "./motion-view.ts";
import { pictureArea } from "./picture-area.ts";
import { RemotePointer } from "./remote-pointer.ts";
import type { Route } from "./session/route.ts";
import type { ScreenStage } from "./show/picture-messages.ts";
import { SoundView } from "./sound-view.ts";
import { type TrackFigures, TrackView } from "./track-view.ts";

/** Where a host's screen is seen and heard: the stage with its canvas, or the video of a track, the host's pointer, and sound. */
export class ScreenView {
  /** Has exactly the picture's place. */
  readonly stage: HTMLElement = document.createElement("div");
  readonly #sound = new SoundView();
  readonly #element: HTMLElement;
  readonly #video = document.createElement("video");
  #canvas: HTMLCanvasElement | undefined;
  #motion: MotionView | undefined;
  #pointer: RemotePointer | undefined;
  #observer: ResizeObserver | undefined;
  #track: TrackView | undefined;
  #screen: Size | undefined;

  /** Lays the stage out in an element; the caller puts it there. */
  constructor(element: HTMLElement) {
    this.#element = element;
    this.stage.className = "stage";
    this.stage.part.add("stage");
    this.#video.muted = true;
    this.#video.playsInline = true;
    this.#video.disablePictureInPicture = true;
    this.stage.append(this.#video, this.#sound.element);
  }

  /** The host's; undefined before the first picture. */
  get screen(): Size | undefined {
    return this.#screen;
  }

  set screen({ width, height }: Size) {
    this.#screen = { width, height };
    if (this.#pointer !== undefined) this.#pointer.screen = this.#screen;
    this.#layOut();
  }

  /** What the host's sound comes out of; silent as long as the host sends none. */
  get sound(): HTMLAudioElement {
    return this.#sound.element;
  }

  /** Whether the picture comes by a track. */
  get hasTrack(): boolean {
    return this.#track !== undefined;
  }

  /** Whether the person's pointer is the host's. */
  set steers(steers: boolean) {
    if (this.#pointer !== undefined) this.#pointer.steers = steers;
  }

  /** Whether the pointer is locked. */
  set relative(relative: boolean) {
    if (this.#pointer !== undefined) this.#pointer.relative = relative;
  }

  /** The element is in a page. */
  attach(): void {
    this.#pointer = new RemotePointer(this.stage);
    this.#observer = new ResizeObserver(() => this.#layOut());
    this.#observer.observe(this.#element);
    this.#layOut();
  }

  /** It is in none any more. */
  detach(): void {
    this.#observer?.disconnect();
    this.#pointer?.[Symbol.dispose]();
    this.#pointer = undefined;
    this.#clear();
    this.#sound[Symbol.dispose]();
  }

  /** A canvas gives its control away once: each session has its own, and its own video above it. */
  newStage(): { stage: ScreenStage; motion: MotionView | undefined } {
    this.#clear();
    const canvas = document.createElement("canvas");
    canvas.className = "screen";
    canvas.part.add("screen");
    this.#video.after(canvas);
    this.#canvas = canvas;
    if (showsMotion()) this.#motion = new MotionView(this.stage, canvas);
    const motion = this.#motion;
    const stage = { canvas: canvas.transferControlToOffscreen(), video: motion?.pictures };
    return { stage, motion };
  }

  /** Shows the route's video track, if it has one; whether it has. Its sound is played. */
  useTrackOf(route: Route | undefined): boolean {
    this.#sound.use(route?.link);
    this.#track?.[Symbol.dispose]();
    this.#track = undefined;
    this.stage.classList.remove("track");
    if (route?.link === undefined || !route.videoTrack) return false;
    this.#track = new TrackView(this.#video, route.link, () => this.stage.classList.add("track"));
    return true;
  }

  /** Of the track since the last call; undefined without one. */
  async trackFigures(): Promise<TrackFigures | undefined> {
    return await this.#track?.figures();
  }

  /** What the track shows, the caller's; undefined where it shows nothing. */
  async trackPicture(): Promise<ImageBitmap | undefined> {
    const shows = this.#video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA;
    return this.hasTrack && shows ? await createImageBitmap(this.#video) : undefined;
  }

  onCursorShape(shape: CursorShape): void {
    this.#pointer?.onShape(shape);
  }

  onCursorPosition(position: CursorPosition): void {
    this.#pointer?.onPosition(position);
  }

  /** The host's pointer is gone. */
  clearCursor(): void {
    this.#pointer?.clear();
  }

  #clear(): void {
    this.#motion?.[Symbol.dispose]();
    this.#motion = undefined;
    this.#canvas?.remove();
    this.#canvas = undefined;
  }

  #layOut(): void {
    const element = { width: this.#element.clientWidth, height: this.#element.clientHeight };
    const area = pictureArea(element, this.#screen ?? element, devicePixelRatio);
    const { style } = this.stage;
    style.setProperty("left", `${area.x}px`);
    style.setProperty("top", `${area.y}px`);
    style.setProperty("width", `${area.width}px`);
    style.setProperty("height", `${area.height}px`);
    this.#pointer?.resized();
  }
}
