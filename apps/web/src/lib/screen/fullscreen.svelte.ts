class Fullscreen {
  /** Whether anything fills the display. */
  on: boolean = $state(document.fullscreenElement !== null);
  /** Phones of Apple let only films do it. */
  readonly possible: boolean = document.fullscreenEnabled === true;

  constructor() {
    document.addEventListener("fullscreenchange", () => {
      this.on = document.fullscreenElement !== null;
    });
  }

  /** Lets a part of the page fill the display. Never rejects: the browser may refuse, and the page is usable without. */
  async enter(stage: HTMLElement | undefined): Promise<void> {
    await stage?.requestFullscreen({ navigationUI: "hide" }).catch(() => {});
  }

  /** The same, or not any more. Never rejects. */
  async toggle(stage: HTMLElement): Promise<void> {
    if (this.on) await document.exitFullscreen().catch(() => {});
    else await this.enter(stage);
  }
}

/** The one of this page. */
export const fullscreen: Fullscreen = new Fullscreen();
