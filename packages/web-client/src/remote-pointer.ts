import type { CursorPosition, Size } from "@wavry/rift-core";
import type { CursorShape } from "@wavry/rift-core/control";

/** Browsers show no larger pointers, in CSS pixels. */
const MAX_CURSOR_SIDE = 128;
const SMALLEST_FACTOR = 0.5;

/**
 * The host's pointer. As a rule the browser's own pointer takes its shape, and so never waits for anything. Where the browser
 * shows none, or its pointer is not the host's (it is elsewhere, locked, or only watches), it is drawn where the host says.
 */
export class RemotePointer implements Disposable {
  readonly #stage: HTMLElement;
  readonly #sprite: HTMLCanvasElement;
  readonly #listening = new AbortController();
  #shape: CursorShape | undefined;
  #url = "";
  #position: CursorPosition | undefined;
  #screen: Size | undefined;
  #hovers = false;
  #relative = false;
  #steers = false;

  /** Puts a canvas into the element that shows the picture and has exactly its size. */
  constructor(stage: HTMLElement) {
    this.#stage = stage;
    this.#sprite = document.createElement("canvas");
    this.#sprite.className = "pointer";
    stage.append(this.#sprite);
    const { signal } = this.#listening;
    const hover = (hovers: boolean) => (event: PointerEvent) => {
      // A finger has no pointer of its own.
      this.#hovers = hovers && event.pointerType !== "touch";
      this.#show();
    };
    stage.addEventListener("pointerenter", hover(true), { signal });
    stage.addEventListener("pointermove", (event) => this.#hovers || hover(true)(event), {
      signal,
    });
    stage.addEventListener("pointerleave", hover(false), { signal });
  }

  onShape(shape: CursorShape): void {
    const { width, height, rgba } = shape;
    if (width < 1 || height < 1 || rgba.length !== width * height * 4) return;
    this.#shape = shape;
    this.#sprite.width = width;
    this.#sprite.height = height;
    const context = this.#sprite.getContext("2d");
    context?.putImageData(new ImageData(new Uint8ClampedArray(rgba), width, height), 0, 0);
    this.#url = this.#sprite.toDataURL();
    this.#show();
  }

  onPosition(position: CursorPosition): void {
    this.#position = position;
    this.#show();
  }

  /** The host's screen has another size. */
  set screen(screen: Size | undefined) {
    this.#screen = screen;
    this.#show();
  }

  /** Whether the browser's pointer is locked, and only its motion counts. */
  set relative(relative: boolean) {
    this.#relative = relative;
    this.#show();
  }

  /** Whether our pointer moves the host's. */
  set steers(steers: boolean) {
    this.#steers = steers;
    this.#show();
  }

  /** The stage has another size. */
  resized(): void {
    this.#show();
  }

  /** No pointer of a host's any more. */
  clear(): void {
    this.#shape = undefined;
    this.#position = undefined;
    this.#screen = undefined;
    this.#show();
  }

  [Symbol.dispose](): void {
    this.#listening.abort();
    this.#sprite.remove();
  }

  #show(): void {
    const shape = this.#shape;
    const isVisible = this.#position?.visible !== false;
    const isOurs = this.#hovers && this.#steers && !this.#relative;
    const cursor = isOurs && isVisible && shape !== undefined ? this.#cursorOf(shape) : undefined;
    const isDrawn = isVisible && shape !== undefined && cursor === undefined;
    this.#sprite.classList.toggle("shown", isDrawn && this.#place(shape));
    const hidden = isOurs && (shape === undefined ? !isVisible : true);
    this.#stage.style.setProperty("cursor", cursor ?? (hidden ? "none" : "default"));
  }

  /** The CSS of a pointer of this shape; undefined where browsers would not show it. */
  #cursorOf({ width, height, hotspotX, hotspotY }: CursorShape): string | undefined {
    // As large as in the picture, but never so small that it cannot be seen.
    const factor = Math.max(
      SMALLEST_FACTOR,
      Math.min(1 / this.#scale, Math.max(1, devicePixelRatio)),
    );
    if (Math.max(width, height) / factor > MAX_CURSOR_SIDE) return undefined;
    const hot = (value: number): number => Math.round(value / factor);
    const image = `image-set(url("${this.#url}") ${factor}x)`;
    const place = `${hot(hotspotX)} ${hot(hotspotY)}, default`;
    if (CSS.supports("cursor", `${image} 0 0, default`)) return `${image} ${place}`;
    return `url("${this.#url}") ${hotspotX} ${hotspotY}, default`;
  }

  /** CSS pixels of a pixel of the host's. */
  get #scale(): number {
    const screen = this.#screen;
    const shown = this.#stage.clientWidth;
    return screen === undefined || shown === 0 ? 1 : shown / screen.width;
  }

  /** Puts the drawn pointer where the host's is; whether there is such a place. */
  #place({ width, height, hotspotX, hotspotY }: CursorShape): boolean {
    const position = this.#position;
    if (position === undefined || this.#screen === undefined) return false;
    const scale = this.#scale;
    const { style } = this.#sprite;
    style.setProperty("width", `${width * scale}px`);
    style.setProperty("height", `${height * scale}px`);
    const x = (position.x - hotspotX) * scale;
    const y = (position.y - hotspotY) * scale;
    style.setProperty("transform", `translate(${x}px, ${y}px)`);
    return true;
  }
}
