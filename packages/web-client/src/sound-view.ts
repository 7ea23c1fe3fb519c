import type { RtcLink } from "./session/rtc-link.ts";

/** What a browser takes as a person's wish to hear something. */
const GESTURES = ["pointerdown", "pointerup", "keydown"] as const;

/**
 * Plays a host's sound: the audio track of its WebRTC connection. Where the host sends none, or pictures come without WebRTC, nothing
 * sounds. A browser that wants a gesture of the person first gets the sound started with the next one.
 */
export class SoundView implements Disposable {
  /** Shows nothing; the caller puts it into the page. */
  readonly element: HTMLAudioElement = document.createElement("audio");
  #link: RtcLink | undefined;

  constructor() {
    this.element.hidden = true;
    this.element.setAttribute("playsinline", "");
  }

  /** Plays the sound of this connection (borrowed) from now on, as soon as there is some; undefined: none. */
  use(link: RtcLink | undefined): void {
    if (link === this.#link) return;
    this.#stop();
    this.#link = link;
    void link?.audio.then((stream) => {
      if (this.#link !== link) return;
      this.element.srcObject = stream;
      this.#play();
    });
  }

  [Symbol.dispose](): void {
    this.use(undefined);
  }

  #stop(): void {
    this.#listen(false);
    this.element.pause();
    this.element.srcObject = null;
  }

  readonly #play = (): void => {
    const link = this.#link;
    this.element.play().then(
      () => {
        if (this.#link === link) this.#listen(false);
      },
      () => {
        if (this.#link === link && link !== undefined) this.#listen(true);
      },
    );
  };

  #listen(wanted: boolean): void {
    for (const type of GESTURES)
      if (wanted) addEventListener(type, this.#play, { capture: true, passive: true });
      else removeEventListener(type, this.#play, { capture: true });
  }
}
