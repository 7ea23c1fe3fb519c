import type { WavryScreen } from "@wavry/web-client";
import { listHosts } from "../api/machines.ts";
import { dropPreview, keepPreview } from "./preview-store.ts";

/** What is taken pictures of, and for whom. */
export interface PreviewTakerOptions {
  readonly screen: Pick<WavryScreen, "state" | "takePicture" | "addEventListener">;
  readonly hostId: string;
  readonly accountId: string;
}

/** Until the first is there, as a short visit is one too. */
const FIRST_MS = 3_000;
const EVERY_MS = 30_000;

/**
 * Keeps a small picture of a screen in this browser while it is shown, and the last one when its session ends or this is
 * disposed. Only where the gateway says each time anew that the machine's owner allows it: else none is even
 * taken, and what there was is deleted.
 */
export class PreviewTaker implements Disposable {
  readonly #options: PreviewTakerOptions;
  #timer: ReturnType<typeof setTimeout>;
  #allowed = false;
  #over = false;

  constructor(options: PreviewTakerOptions) {
    this.#options = options;
    this.#timer = setTimeout(() => void this.#look(), FIRST_MS);
    // Who goes to another page takes the screen out before anybody could say so.
    options.screen.addEventListener("ended", () => this[Symbol.dispose]());
  }

  [Symbol.dispose](): void {
    if (this.#over) return;
    this.#over = true;
    clearTimeout(this.#timer);
    if (this.#allowed) void this.#keepLast(this.#options.screen.takePicture());
  }

  async #look(): Promise<void> {
    const { screen } = this.#options;
    const isShown = screen.state === "connected" && !document.hidden;
    if (isShown) this.#allowed = await this.#ask();
    if (this.#over) return;
    if (isShown && this.#allowed) await this.#keep(await screen.takePicture());
    if (!this.#over)
      this.#timer = setTimeout(() => void this.#look(), isShown ? EVERY_MS : FIRST_MS);
  }

  async #keepLast(taken: Promise<Blob | undefined>): Promise<void> {
    const [picture, allowed] = await Promise.all([taken, this.#ask()]);
    if (allowed) await this.#keep(picture);
  }

  /** What cannot be asked is not allowed now, and not forbidden either. */
  async #ask(): Promise<boolean> {
    const { hostId } = this.#options;
    try {
      const { hosts } = await listHosts();
      const allowed = hosts.some(({ id, previews }) => id === hostId && previews === true);
      if (!allowed) await dropPreview(hostId);
      return allowed;
    } catch {
      return false;
    }
  }

  async #keep(picture: Blob | undefined): Promise<void> {
    const { hostId, accountId } = this.#options;
    if (picture !== undefined)
      await keepPreview(accountId, { hostId, takenAt: Date.now(), picture });
  }
}
