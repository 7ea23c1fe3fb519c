import type { InterfaceOptions } from "@wavry/discovery";
import type { HostAddress } from "@wavry/rift-crypto";

/** A host at a known address mostly answers before this; then nobody in the network is asked. */
const HEAD_START_MS = 50;

type MoreAddresses = (add: (address: HostAddress) => void) => void;

/**
 * Looks for a host in the local network for as long as an attempt to connect goes on. Who is at an address that it finds proves the handshake alone,
 * by the host's key. Dispose ends it.
 */
export class LanSearch implements Disposable {
  readonly #wavryId: string;
  readonly #waitMs: number;
  readonly #options: InterfaceOptions | undefined;
  readonly #ended = new AbortController();
  #timer: NodeJS.Timeout | undefined;

  /** `hasOthers`: whether there are known addresses, which are tried first. `options` undefined: the local network is not asked. */
  constructor(
    { wavryId, hasOthers }: { readonly wavryId: string; readonly hasOthers: boolean },
    options: InterfaceOptions | undefined,
  ) {
    this.#wavryId = wavryId;
    this.#waitMs = hasOthers ? HEAD_START_MS : 0;
    this.#options = options;
  }

  /** For `ConnectOptions.moreAddresses`: these and what is found in the local network. */
  join(others: MoreAddresses | undefined): MoreAddresses | undefined {
    if (this.#options === undefined) return others;
    return (add) => {
      others?.(add);
      this.#timer = setTimeout(() => {
        // Without it the other addresses are what there is.
        void this.#search(add).catch(() => {});
      }, this.#waitMs);
    };
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#ended.abort();
  }

  async #search(add: (address: HostAddress) => void): Promise<void> {
    const { signal } = this.#ended;
    const { findOnLan } = await import("@wavry/discovery");
    await findOnLan({ ...this.#options, wavryId: this.#wavryId, onAddress: add, signal });
  }
}
