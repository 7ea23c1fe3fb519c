import type { PathNews } from "@wavry/rift-udp/paths";

/** News that wait while the client is being connected; more are dropped. */
const MAX_WAITING = 64;

/** Brings what a gateway says about paths to a client, also while it is still being connected. */
export class PathInbox {
  readonly #waiting: PathNews[] = [];
  #take: ((news: PathNews) => void) | undefined;

  /** Hands news over, now or when there is somebody. */
  put(news: PathNews): void {
    if (this.#take !== undefined) this.#take(news);
    else if (this.#waiting.length < MAX_WAITING) this.#waiting.push(news);
  }

  /** Gives everything to this taker from now on. */
  open(take: (news: PathNews) => void): void {
    this.#take = take;
    for (const news of this.#waiting.splice(0)) take(news);
  }
}
