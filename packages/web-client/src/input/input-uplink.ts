import type { Micros } from "@wavry/rift-core";
import { InputSender } from "@wavry/rift-core/input";
import type { InputEvent } from "./browser-input-sink.ts";

/** What carries input to the host. */
export interface InputPath {
  /** Sends one input datagram in this very turn; the bytes are borrowed. */
  sendInput(datagram: Uint8Array): void;
  /** Sends text as a control message. */
  sendText?(text: string): void;
}

/**
 * Turns a person's input into datagrams and repeats them until they are acknowledged; it needs no DOM and may live in
 * a worker. Each connection needs a new one: it starts with nothing pressed.
 */
export class InputUplink implements Disposable {
  readonly #sender = new InputSender();
  readonly #path: InputPath;
  readonly #now: () => Micros;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #timerAt: Micros | undefined;
  #open = true;

  constructor(path: InputPath, now: () => Micros) {
    this.#path = path;
    this.#now = now;
  }

  /** Sends what a person did, at once. */
  handle(events: readonly InputEvent[]): void {
    for (const event of events) this.#apply(event);
    this.#drain();
  }

  /** Releases everything that is held. */
  releaseAll(): void {
    this.#sender.releaseAll();
    this.#drain();
  }

  /** The host has received the datagram with this number. */
  onAcknowledged(sequence: number): void {
    this.#sender.onAcknowledged(sequence);
  }

  [Symbol.dispose](): void {
    this.#open = false;
    clearTimeout(this.#timer);
  }

  #apply(event: InputEvent): void {
    const sender = this.#sender;
    switch (event.type) {
      case "key":
        sender.key(event.usage, event.down);
        return;
      case "button":
        sender.button(event.button, event.down);
        return;
      case "position":
        sender.pointerAbsolute(event.x, event.y, event.display);
        return;
      case "motion":
        sender.pointerRelative(event.dx, event.dy);
        return;
      case "scroll":
        sender.scroll(event.dx, event.dy);
        return;
      case "text":
        // Keys that were pressed before the text are to arrive before it.
        this.#drain();
        if (this.#open) this.#path.sendText?.(event.text);
        return;
      case "gamepad":
        sender.gamepad(event.index, event.state);
        return;
    }
  }

  #drain(): void {
    if (!this.#open) return;
    const datagram = this.#sender.poll(this.#now());
    if (datagram !== undefined) this.#path.sendInput(datagram);
    this.#arm();
  }

  /** Keeps one timer; a deadline that moved back is found out when the timer fires. */
  #arm(): void {
    const at = this.#sender.pollTimeout();
    if (at === undefined || (this.#timerAt !== undefined && this.#timerAt <= at)) return;
    clearTimeout(this.#timer);
    this.#timerAt = at;
    this.#timer = setTimeout(
      () => {
        this.#timerAt = undefined;
        this.#drain();
      },
      Math.max(0, (at - this.#now()) / 1000),
    );
  }
}
