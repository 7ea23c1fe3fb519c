import { ScreenError } from "./screen-error.ts";
import { inStore } from "./storage.ts";

/**
 * The static keys of the hosts that this browser has met on this site. The first one is remembered; another one is never
 * taken for it.
 */
export class PinnedHosts {
  /** The key of a host, 32 bytes; undefined for one that was never met. Rejects with ScreenError. */
  async get(wavryId: string): Promise<Uint8Array | undefined> {
    return await inStore<Uint8Array | undefined>("pinned-hosts", "readonly", (store) =>
      store.get(wavryId),
    );
  }

  /** Remembers the key of a host that has proven it. Rejects with ScreenError "key-changed" where another one is known. */
  async pin(wavryId: string, staticKey: Uint8Array): Promise<void> {
    await inStore("pinned-hosts", "readwrite", (store) => {
      const asking = store.get(wavryId);
      asking.onsuccess = () => {
        if (asking.result === undefined) store.put(new Uint8Array(staticKey), wavryId);
      };
      return asking;
    });
    const pinned = await this.get(wavryId);
    if (pinned === undefined || pinned.some((byte, index) => byte !== staticKey[index]))
      throw new ScreenError("key-changed", "this host has another key than before", {
        host: wavryId,
      });
  }

  /** Forgets a host: the next key that it shows is taken. Only for a person who knows why it changed. */
  async forget(wavryId: string): Promise<void> {
    await inStore("pinned-hosts", "readwrite", (store) => store.delete(wavryId));
  }
}
