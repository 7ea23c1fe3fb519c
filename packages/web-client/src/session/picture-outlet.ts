import { MAX_UPDATE_BYTES } from "@wavry/rift-core";
import type { PictureFeed, PictureNews } from "../show/picture-messages.ts";
import type { ShownUpdate } from "../show/update-painter.ts";

/** Updates that the other thread has not taken yet, at most. */
const MAX_WAITING = 24;
const MAX_WAITING_BYTES = 2 * MAX_UPDATE_BYTES;

/** What an outlet tells. */
export interface PictureOutletEvents {
  /** The host must be asked for a keyframe. */
  onKeyframeNeeded(): void;
  /** An update was drawn; `shownAt` by `sharedMicros`. */
  onShown(update: ShownUpdate): void;
}

/**
 * The session's end of the port to the thread that paints. Updates are moved, never queued for long: where that thread is far
 * behind they are dropped, and what follows is of no use to it before a keyframe.
 */
export class PictureOutlet implements Disposable {
  readonly #port: MessagePort;
  readonly #events: PictureOutletEvents;
  /** Lengths of what waits, the oldest first. */
  readonly #waiting: number[] = [];
  #waitingBytes = 0;
  #sent = 0;
  /** Number of the last keyframe that was sent. */
  #keyframe = 0;
  #whole = true;
  #dropped = 0;

  /** Takes the port over. */
  constructor(port: MessagePort, events: PictureOutletEvents) {
    this.#port = port;
    this.#events = events;
    port.onmessage = ({ data }: MessageEvent<PictureNews>) => this.#take(data);
  }

  /** Updates that found no room. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Hands an update (borrowed) on; `contiguous` is false where one before it was lost. */
  push(
    update: Uint8Array,
    { contiguous, keyframe }: { readonly contiguous: boolean; readonly keyframe: boolean },
  ): void {
    const { length } = update;
    if (
      this.#waiting.length >= MAX_WAITING ||
      (this.#waiting.length > 0 && this.#waitingBytes + length > MAX_WAITING_BYTES)
    ) {
      this.#whole = false;
      this.#dropped++;
      return this.#events.onKeyframeNeeded();
    }
    const bytes = new Uint8Array(update);
    this.#feed({ type: "update", bytes, contiguous: contiguous && this.#whole }, [bytes.buffer]);
    this.#whole = true;
    this.#waiting.push(length);
    this.#waitingBytes += length;
    this.#sent++;
    if (keyframe) this.#keyframe = this.#sent;
  }

  /** What was pushed is of no use any more; the next picture is a keyframe. */
  reset(): void {
    this.#feed({ type: "reset" });
  }

  [Symbol.dispose](): void {
    this.#port.onmessage = null;
    this.#port.close();
  }

  #feed(feed: PictureFeed, transfer: Transferable[] = []): void {
    this.#port.postMessage(feed, transfer);
  }

  #take(news: PictureNews): void {
    while (this.#waiting.length > 0 && this.#sent - this.#waiting.length < news.taken)
      this.#waitingBytes -= this.#waiting.shift() ?? 0;
    for (const update of news.shown) this.#events.onShown(update);
    // One that is on its way there mends it.
    if (news.keyframe && this.#keyframe <= news.taken) this.#events.onKeyframeNeeded();
  }
}
