import type { ReachableHost } from "@wavry/signaling";
import { keepOnlyPreviewsOf, readPreviews } from "./preview-store.ts";

/** A picture for an `<img>`. */
export interface ShownPreview {
  /** Milliseconds since 1970. */
  readonly takenAt: number;
  /** `blob:` */
  readonly url: string;
}

/** The pictures that this browser keeps, of the machines whose owners allow it. Ends when disposed. */
export class PreviewList implements Disposable {
  #shown: ReadonlyMap<string, ShownPreview> = $state.raw(new Map());
  #over = false;

  /** Shows those of these machines, and deletes all others, of machines that are no longer open to the person too. */
  async follow(hosts: readonly ReachableHost[]): Promise<void> {
    const allowed = new Set(hosts.filter(({ previews }) => previews === true).map(({ id }) => id));
    await keepOnlyPreviewsOf(allowed);
    const kept = await readPreviews();
    if (this.#over) return;
    const before = this.#shown;
    this.#shown = new Map(
      kept
        .filter(({ hostId }) => allowed.has(hostId))
        .map(({ hostId, takenAt, picture }) => {
          const shown = before.get(hostId);
          const same = shown?.takenAt === takenAt;
          return [hostId, same ? shown : { takenAt, url: URL.createObjectURL(picture) }];
        }),
    );
    for (const [hostId, shown] of before)
      if (this.#shown.get(hostId) !== shown) URL.revokeObjectURL(shown.url);
  }

  /** Of a machine as the gateway last told of it. */
  of({ id, previews }: ReachableHost): ShownPreview | undefined {
    return previews === true ? this.#shown.get(id) : undefined;
  }

  [Symbol.dispose](): void {
    this.#over = true;
    for (const { url } of this.#shown.values()) URL.revokeObjectURL(url);
  }
}
