import type { CursorShape as WindowCursor } from "@wavry/media/view";
import type { CursorPosition } from "@wavry/rift-core";
import type { CursorShape } from "@wavry/rift-core/control";
import type { View } from "./view.ts";

/**
 * The host's pointer on the client's side. As a rule the system's own pointer takes its shape, and so never waits for
 * anything; in relative mouse mode, where the system shows none, it is drawn where the host says it is.
 */
export class RemotePointer {
  readonly #view: View;
  #shape: WindowCursor | undefined;
  #visible = true;
  #relative = false;

  constructor(view: View) {
    this.#view = view;
  }

  onShape({ width, height, hotspotX, hotspotY, rgba }: CursorShape): void {
    this.#shape = { width, height, hotX: hotspotX, hotY: hotspotY, rgba };
    this.#show();
  }

  onPosition({ x, y, visible }: CursorPosition): void {
    if (this.#relative) this.#view.pipeline.movePointer(x, y);
    if (visible === this.#visible) return;
    this.#visible = visible;
    this.#show();
  }

  /** The window's mouse mode changed. */
  onMode(relative: boolean): void {
    this.#relative = relative;
    this.#show();
  }

  #show(): void {
    const shape = this.#visible ? this.#shape : undefined;
    this.#view.pipeline.setPointer(this.#relative ? shape : undefined);
    this.#view.window?.setCursor(this.#visible ? (this.#shape ?? "default") : "hidden");
  }
}
